"""Envitron's pairs: rotated when they must be, never used twice, never asked for without need."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
import re

from aiohttp import web
from aiohttp.typedefs import Handler
import pytest

from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidCredentials, RateLimited, VendorError
from tests.simulators import faults
from tests.simulators.envitron import USERNAME

from .conftest import Bench, MakeBench

REFRESH = re.compile("/refresh/$")
TOKEN = re.compile("/token/$")


async def test_pair_is_rotated_every_quarter_of_an_hour_and_nobody_signs_in_again(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    for _ in range(4 * 60):
        assert (await bench.poll()).samples
    simulator = bench.simulator
    # A token of 15 minutes is used for 14.
    assert simulator.refreshes == 4 * 60 // 14
    assert (simulator.logins, simulator.outstanding(USERNAME), simulator.blacklisted_uses) == (1, 1, 0)


async def test_restart_uses_the_tokens_that_were_kept(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    for _ in range(5):
        bench.restarted()
        assert (await bench.poll()).samples
    assert bench.asked("token") == ["POST /public-api/token/"]


@pytest.mark.parametrize("days", [7, 60])
async def test_refresh_token_lives_as_long_as_it_says(make_bench: MakeBench, days: int) -> None:
    bench = await make_bench(refresh_days=days)
    await bench.vendor.login()
    await bench.discover()
    await bench.poll((days * 24 - 1) * 60)
    assert (bench.simulator.refreshes, bench.simulator.logins) == (1, 1)
    # Expired while Home Assistant was off: it is not even shown.
    await bench.poll((days * 24 + 1) * 60)
    assert (bench.simulator.refreshes, bench.simulator.logins) == (1, 2)


@pytest.mark.parametrize(
    "switches", [{}, {"blacklisted_dot": False}, {"token_error_code": False}, {"token_texts": "split"}]
)
async def test_revoked_pair_costs_one_sign_in(make_bench: MakeBench, switches: dict[str, object]) -> None:
    bench = await make_bench(**switches)
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.revoke(USERNAME)
    assert (await bench.poll()).samples
    assert (bench.simulator.logins, bench.simulator.blacklisted_uses) == (2, 1)


async def test_changed_password_shows_when_the_pair_is_dead(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.change_password(USERNAME, "another")
    assert (await bench.poll(30)).samples
    bench.simulator.revoke(USERNAME)
    with pytest.raises(InvalidCredentials):
        await bench.poll()


async def test_lost_answer_to_a_refresh_is_survived(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.faults.add(faults.LostAnswer(), REFRESH, times=1)
    with pytest.raises(CannotConnect):
        await bench.poll(20)
    assert (await bench.poll()).samples
    simulator = bench.simulator
    assert (simulator.logins, simulator.blacklisted_uses, simulator.outstanding(USERNAME)) == (2, 1, 2)


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(500),
        faults.HtmlPage(502),
        faults.HtmlPage(200),
        faults.HtmlPage(404),
        faults.Status(403, {"detail": "You do not have permission."}),
        faults.ConnectionReset(share=None),
        faults.RateLimited(5),
        faults.Redirect("/elsewhere/"),
        faults.Answer({}),
        faults.Answer({"access": 5}),
        faults.Answer({"access": "with space"}),
    ],
    ids=repr,
)
async def test_refresh_that_fails_costs_no_sign_in(bench: Bench, fault: faults.Fault) -> None:
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.faults.add(fault, REFRESH, times=3)
    for _ in range(3):
        with pytest.raises(VendorError):
            await bench.poll(20)
    bench.simulator.faults.clear()
    assert (await bench.poll(20)).samples
    assert (bench.simulator.logins, bench.simulator.blacklisted_uses) == (1, 0)


class LateGateway:
    """The service does what it is asked, and a gateway says that it took too long."""

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        await handler(request)
        return web.Response(status=504, text="<html>", content_type="text/html")


@pytest.mark.parametrize("fault", [faults.LostAnswer(), LateGateway()], ids=["lost", "late"])
async def test_lost_answers_to_sign_ins_do_not_pile_up_tokens(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, TOKEN)
    for _ in range(8 * 60):
        with pytest.raises((CannotConnect, RateLimited)):
            await bench.poll()
    # One after a minute, two, four ... then one an hour.
    assert bench.simulator.outstanding(USERNAME) <= 14


async def test_too_many_tokens_at_a_refresh_are_waited_out(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.faults.add(faults.Status(403, {"detail": "Too many outstanding tokens."}), REFRESH, times=1)
    with pytest.raises(RateLimited) as refusal:
        await bench.poll(20)
    assert refusal.value.reason == "too_many_tokens"
    assert [notice.key for notice in bench.vendor.notices()] == ["too_many_tokens"]
    sent = len(bench.simulator.requests)
    for _ in range(59):
        with pytest.raises(RateLimited):
            await bench.poll()
    assert len(bench.simulator.requests) == sent
    bench.clock.advance(timedelta(minutes=2))
    assert (await bench.poll()).samples
    assert not bench.vendor.notices()
    assert bench.simulator.logins == 1


async def test_service_without_rotation_lets_the_refresh_token_live(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    refresh = bench.connection.vault.grant.refresh  # type: ignore[union-attr]
    without = faults.Rewritten(lambda body: {"access": body["access"]})
    bench.simulator.faults.add(without, REFRESH, times=1)
    assert (await bench.poll(20)).samples
    assert bench.connection.vault.grant.refresh == refresh  # type: ignore[union-attr]


@pytest.mark.parametrize("minutes", [-40, -10, 10, 40])
async def test_wrong_clock_of_this_machine_costs_no_tokens(make_bench: MakeBench, minutes: int) -> None:
    bench = await make_bench(clock_error=timedelta(minutes=minutes))
    await bench.vendor.login()
    await bench.discover()
    for _ in range(60):
        assert (await bench.poll()).samples
    assert bench.simulator.logins == 1
    assert bench.simulator.refreshes <= 6


async def test_data_endpoint_that_refuses_every_token_does_not_wear_them_out(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    bench.simulator.faults.add(faults.Status(401, {"detail": "no"}), re.compile("electricity"))
    for _ in range(60):
        with pytest.raises(CannotConnect):
            await bench.poll()
    assert bench.simulator.logins == 1
    assert bench.simulator.refreshes <= 12


async def test_poll_that_is_cancelled_loses_no_pair(bench: Bench) -> None:
    """Home Assistant cancels a poll when the account is reloaded, and the vault survives that."""
    await bench.vendor.login()
    await bench.discover()
    bench.clock.advance(timedelta(minutes=20))
    for rounds in range(1, 40):
        before = bench.simulator.refreshes
        bench.simulator.faults.add(faults.Slow(0.01), REFRESH, times=1)
        poll = asyncio.ensure_future(bench.read())
        while bench.simulator.refreshes == before and not poll.done():
            await asyncio.sleep(0)
        for _ in range(rounds):
            await asyncio.sleep(0)
        poll.cancel()
        with suppress(asyncio.CancelledError):
            await poll
        bench.restarted()
        assert (await bench.read()).samples
        bench.clock.advance(timedelta(minutes=20))
    assert (bench.simulator.logins, bench.simulator.blacklisted_uses) == (1, 0)
