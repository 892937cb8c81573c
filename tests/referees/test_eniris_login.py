"""Eniris' own driver for Python signs in, renews what it was given, is refused, and waits as it is told."""

from collections.abc import Mapping
from datetime import timedelta
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    INVITED,
    MAIN_METER,
    MINUTE,
    PASSWORD,
    SECOND,
    USERNAME,
    EnirisSimulator,
    EnirisSwitches,
)

from .referee import Raised, Referee, refereeing
from .test_eniris import NOW, listed, query, serving, signing_in

ACCEPTED = [EnirisSwitches(refresh_jwt=True, access_opaque=True), EnirisSwitches(access_user=True)]
"""Variants of signing in that the driver does not notice."""
REJECTED: Mapping[EnirisSwitches, str] = {
    EnirisSwitches(login_body="quoted"): "Unable to collect an access token: .*INVALID_TOKEN",
    EnirisSwitches(login_body="json"): "Unable to collect an access token: .*INVALID_TOKEN",
    EnirisSwitches(two_factor="token_refused"): "Unable to collect an access token: .*2FA_REQUIRED",
    EnirisSwitches(two_factor="json_object"): "Unable to collect an access token: .*INVALID_TOKEN",
    EnirisSwitches(two_factor="json_401"): "Unable to login: .*2FA_REQUIRED",
}
"""Variants of signing in that the driver cannot do, and what it says: the service is not like the first two."""


class Time:
    """The clocks of driver and simulator, which go together."""

    def __init__(self, eniris: Referee, clock: SimClock) -> None:
        """Begin where they stand."""
        self._eniris = eniris
        self._clock = clock

    async def passes(self, by: timedelta) -> None:
        """Put both forward."""
        self._clock.advance(by)
        await self._eniris.ask("later", seconds=by.total_seconds())


async def test_how_the_driver_can_sign_in() -> None:
    async with refereeing("eniris") as eniris:
        for switches in ACCEPTED:
            await sign_in(eniris, switches)
        for switches, reason in REJECTED.items():
            with pytest.raises(Raised, match=f"AuthenticationFailure: {reason}"):
                await sign_in(eniris, switches)


async def sign_in(eniris: Referee, switches: EnirisSwitches) -> None:
    async with serving(EnirisSimulator(clock=SimClock(NOW), switches=switches)) as addresses:
        await eniris.ask("open", **addresses, username=USERNAME, password=PASSWORD)
        assert await listed(eniris)


@pytest.mark.parametrize("switches", [EnirisSwitches(), EnirisSwitches(renewal_revokes=True)])
async def test_tokens_are_renewed(switches: EnirisSwitches) -> None:
    clock = SimClock(NOW)
    simulator = EnirisSimulator(clock=clock, switches=switches)
    async with signing_in(simulator) as eniris:
        time, asked = Time(eniris, clock), []
        for by in (0, 220, 90, 86_400 * 8, 86_400 * 8, 86_400 * 13.5):
            await time.passes(timedelta(seconds=by))
            before = len(simulator.requests)
            await listed(eniris)
            asked.append([request.path.rpartition("/")[2] for request in simulator.requests[before:-1]])
        simulator.revoke_access_tokens()
        refused = await eniris.ask("post", path="/v1/device/query", json={})
        await eniris.ask("close")
    assert asked == [
        ["login", "accesstoken"],
        [],
        ["accesstoken"],
        ["refreshtoken", "accesstoken"],
        ["refreshtoken", "accesstoken"],
        ["login", "accesstoken"],
    ]
    assert (simulator.logins, simulator.renewals) == (2, 2)
    assert refused["status"] == 401
    assert [request.status for request in simulator.requests[-2:]] == [401, 204]
    assert {request.status for request in simulator.requests[:-2]} == {200}


async def test_refused_logins() -> None:
    simulator = EnirisSimulator(clock=SimClock(NOW))
    wrong: list[tuple[str, str]] = [(USERNAME, "wrong")] * 6
    told = []
    async with serving(simulator) as addresses, refereeing("eniris") as eniris:
        for username, password in [("nobody@home.example", PASSWORD), (INVITED, PASSWORD), *wrong]:
            await eniris.ask("open", **addresses, username=username, password=password)
            with pytest.raises(Raised, match="AuthenticationFailure: Unable to login: ") as raised:
                await listed(eniris)
            refusal = json.loads(raised.value.message.removeprefix("Unable to login: "))
            told.append((refusal["statusCode"], refusal["message"], raised.value.slept))
    assert told == [
        (401, "PASSWORD_INCORRECT", []),
        (500, "NO_PASSWORD_INFO", [60, 60, 60, 60]),
        *[(401, "PASSWORD_INCORRECT", [])] * 5,
        # It reads no `retryAfter` of a body.
        (429, "TOO_MANY_FAILED_PASSWORD_CHECKS", [1, 2, 4, 8]),
    ]
    assert {request.path for request in simulator.requests} == {"/auth/login"}


async def test_the_driver_waits_as_it_is_told() -> None:
    simulator = EnirisSimulator(clock=SimClock(NOW), tier="free")
    async with signing_in(simulator) as eniris:
        devices = await listed(eniris)

        async def spend(days: int, policy: str) -> Any:
            wanted = query(devices, MAIN_METER, ["actualPowerTot_W"], policy, timedelta(days=days))
            return await eniris.ask("post", path="/v1/telemetry/query", json=wanted)

        too_much = await spend(2, SECOND)
        answers = [await spend(2, MINUTE) for _ in range(5)]
        banned = await spend(2, MINUTE)
    assert (too_much["status"], too_much["slept"], too_much["body"]["maximumCapacity"]) == (422, [], 100)
    assert [told["status"] for told in answers] == [200, 200, 200, 429, 429]
    wait = answers[-1]["body"]["retryAfter"]
    assert answers[-1]["slept"] == [wait] * 4 == [int(answers[-1]["headers"]["retry-after"])] * 4
    assert 0 < wait < 60
    # The simulator's clock stands still, so that it takes the driver for one that does not wait.
    assert (banned["status"], banned["body"]["retryAfter"], "cost" in banned["body"]) == (429, 300, False)
    # No wait is longer for it.
    assert banned["slept"] == [60] * 4
