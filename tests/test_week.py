"""A week of an Envitron account: tokens expire and rotate, Home Assistant restarts, the service stumbles."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random
import re
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.energy_clouds.vaults import async_get_vaults
from custom_components.energy_clouds.vendors.envitron import Envitron
from custom_components.energy_clouds.vendors.errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer
from tests.simulators import faults
from tests.simulators.envitron import PASSWORD, USERNAME, WAREHOUSE, EnvitronSimulator, User
from tests.vendors.bench import Bench, make_bench

STEP = timedelta(minutes=3)
DAYS = 7
REFRESH = re.compile("/refresh/$")
LOST_ANSWERS = 2
PASSING = (
    faults.Status(500),
    faults.HtmlPage(502),
    faults.HtmlPage(200),
    faults.RateLimited(120, "header"),
    faults.RateLimited(0, "none"),
    faults.ConnectionReset(share=None),
    faults.EmptyBody(),
    faults.Answer([]),
    faults.Status(401, {"detail": "Given token not valid for any token type"}),
    faults.Status(403, {"detail": "no"}),
)
"""Faults in which the service does nothing of what it was asked."""

type Account = Bench[EnvitronSimulator, Envitron]


@pytest.fixture
async def account(hass: HomeAssistant, socket_enabled: None) -> AsyncIterator[Account]:
    def simulator(clock: Any) -> EnvitronSimulator:
        users = {USERNAME: User(PASSWORD, 7, (WAREHOUSE,))}
        return EnvitronSimulator(clock=clock, users=users)

    async with AsyncExitStack() as stack:
        bench = await make_bench(
            stack, Envitron, simulator, lambda url: {"url": url, "username": USERNAME, "password": PASSWORD}
        )
        await restart(hass, bench)
        yield bench


async def restart(hass: HomeAssistant, account: Account) -> None:
    """Forget everything but what is on disk."""
    for key in [key for key in hass.data if str(key).startswith("energy_clouds.")]:
        del hass.data[key]
    vault = (await async_get_vaults(hass)).of(Envitron, account.connection.credentials)
    account.restarted(vault=vault)


@pytest.mark.parametrize("seed", range(2))
async def test_week(hass: HomeAssistant, account: Account, seed: int) -> None:
    random, simulator = Random(seed), account.simulator
    await account.vendor.login()
    await account.discover()
    polls = int(timedelta(days=DAYS) / STEP)
    lost_at = set(random.sample(range(100, polls, 100), LOST_ANSWERS))
    read = failed = 0
    for number in range(polls):
        account.clock.advance(STEP)
        if number in lost_at:
            simulator.faults.add(faults.LostAnswer(), REFRESH, times=1)
        elif random.random() < 0.04:
            # A 401 to the refresh itself would be a definite answer, if a false one: it is none of the passing faults.
            fault = random.choice(PASSING)
            path = None if not isinstance(fault, faults.Status) or fault.status < 401 else re.compile("electricity")
            simulator.faults.add(fault, path, times=random.randint(1, 4))
        if random.random() < 0.01:
            await restart(hass, account)
        try:
            readings = await account.read()
        except CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer:
            failed += 1
        else:
            read += bool(readings.samples)
    # Whatever else had been raised (a bad credential, above all) would have ended this test.
    assert read > 0.8 * polls
    assert failed > 20
    assert simulator.refreshes > DAYS * 24 * 3
    assert simulator.blacklisted_uses <= LOST_ANSWERS
    assert simulator.logins <= 1 + LOST_ANSWERS
    assert simulator.most_outstanding <= 3
