"""Eniris' tokens: renewed in good time, kept before they are used, sent to their own host, and believed to be alive."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
import re
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidCredentials, VendorError
from custom_components.energy_clouds.vendors.tokens import Grant, Vault
from tests.simulators import faults
from tests.simulators.eniris import PASSWORD

from .conftest import Bench, MakeBench, added, grant_of, kept

ACCESS = "/auth/accesstoken"
RENEWAL = re.compile("/auth/refreshtoken$")
DAY = timedelta(days=1)


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor without a password, of an account with one meter."""
    made: Bench = await made_with(make_bench)
    return made


async def made_with(make_bench: MakeBench, **switches: Any) -> Bench:
    bench = await added(await make_bench(meters=1, **switches))
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    return bench


def shown(bench: Bench, path: str) -> list[str]:
    """The tokens that were shown to an endpoint, in order."""
    return [
        one.headers["authorization"].removeprefix("Bearer ") for one in bench.simulator.requests if path in one.path
    ]


def refresh_of(bench: Bench) -> str:
    refresh = grant_of(bench).refresh
    assert refresh is not None
    return refresh.text


@pytest.mark.parametrize(
    ("switches", "seconds"),
    [({}, 225), ({"access_opaque": True}, 225), ({"access_seconds": 600}, 450), ({"access_seconds": 3600}, 2700)],
)
async def test_access_token_is_used_for_three_quarters_of_its_life(
    make_bench: MakeBench, switches: dict[str, Any], seconds: int
) -> None:
    bench = await made_with(make_bench, **switches)
    issued = bench.clock()
    await bench.poll((seconds - 1) / 60)
    assert bench.asked("/auth/") == []
    await bench.poll(1 / 60)
    assert bench.clock() == issued + timedelta(seconds=seconds)
    assert bench.asked("/auth/") == [f"GET {ACCESS}"]
    assert all(one.status == 200 for one in bench.simulator.requests)


async def test_access_token_that_lives_shorter_than_told_is_replaced_at_once(make_bench: MakeBench) -> None:
    bench = await made_with(make_bench, access_opaque=True, access_seconds=120)
    for _ in range(6):
        assert (await bench.poll(2)).samples
    assert bench.asked("/auth/") == [f"GET {ACCESS}"] * 6


async def test_password_is_needed_no_more(bench: Bench) -> None:
    assert "password" not in bench.connection.credentials
    for _ in range(4):
        assert (await bench.poll(60)).samples
    bench.restarted(vault=kept(bench))
    assert (await bench.poll()).samples
    assert bench.simulator.logins == 1
    assert bench.asked("login") == []


async def test_only_the_refresh_token_is_kept(bench: Bench) -> None:
    written: list[Grant] = []

    async def keep(grant: Grant) -> None:
        written.append(grant.to_keep())

    grant = grant_of(bench)
    bench.restarted(vault=Vault(grant, keep))
    await bench.poll(10)
    assert grant_of(bench).access.text in bench.simulator.granted
    assert [(one.access.text, one.refresh) for one in written] == [("", grant.refresh)]
    # What is kept is the same as before: nothing has to be written.
    assert written == [grant.to_keep()]


@pytest.mark.parametrize("refresh_jwt", [False, True])
async def test_refresh_token_is_renewed_after_a_week_and_the_old_one_shown_no_more(
    make_bench: MakeBench, refresh_jwt: bool
) -> None:
    bench = await made_with(make_bench, refresh_jwt=refresh_jwt)
    old = refresh_of(bench)
    await bench.poll((7 * DAY - timedelta(hours=1)) / timedelta(minutes=1))
    assert bench.simulator.renewals == 0
    await bench.poll(61)
    assert bench.simulator.renewals == 1
    new = refresh_of(bench)
    assert new != old
    bench.simulator.requests.clear()
    for _ in range(6):
        assert (await bench.poll(24 * 60)).samples
    assert set(shown(bench, "/auth/")) == {new}
    assert bench.simulator.renewals == 1
    bench.restarted(vault=kept(bench))
    # Months on end, the session does not end.
    for _ in range(12):
        assert (await bench.poll(6 * 24 * 60)).samples
    assert bench.simulator.logins == 1


@pytest.mark.parametrize(
    "switches", [{}, {"renewal_revokes": True}, {"renewal_revokes": True, "revoked_access_dies": True}]
)
async def test_new_refresh_token_is_kept_before_it_is_used(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await made_with(make_bench, **switches)
    order: list[str] = []

    async def keep(grant: Grant) -> None:
        await asyncio.sleep(0)
        assert grant.refresh is not None
        if not order or order[-1] != grant.refresh.text:
            order.append(grant.refresh.text)
            # Nobody has seen it yet.
            assert grant.refresh.text not in shown(bench, "")

    bench.restarted(vault=Vault(grant_of(bench).to_keep(), keep))
    old = refresh_of(bench)
    assert (await bench.poll(8 * 24 * 60)).samples
    assert order == [refresh_of(bench)] != [old]
    assert (await bench.poll(60)).samples
    assert shown(bench, "/auth/")[-1] == refresh_of(bench)


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(400, {"statusCode": 400, "error": "Bad Request", "message": "id_token is too long"}),
        faults.Status(401, {"statusCode": 401, "error": "Unauthorized", "message": "NO_TOKEN_PROVIDED"}),
        faults.Status(500),
        faults.HtmlPage(200),
        faults.EmptyBody(),
        faults.ConnectionReset(share=None),
    ],
    ids=repr,
)
async def test_renewal_that_fails_is_tried_again_each_day(bench: Bench, fault: faults.Fault) -> None:
    old = refresh_of(bench)
    bench.simulator.faults.add(fault, RENEWAL)
    bench.clock.advance(7 * DAY)
    for _ in range(3 * 24 + 1):
        assert (await bench.poll(60)).samples
    # Read on with the old one all the while.
    assert refresh_of(bench) == old
    # (aiohttp itself sends a GET once more on another connection, should the first be cut.)
    assert len({one.time for one in bench.simulator.requests if RENEWAL.search(one.path)}) == 4
    bench.simulator.faults.clear()
    assert (await bench.poll(24 * 60)).samples
    assert refresh_of(bench) != old
    assert bench.simulator.renewals == 1


async def test_one_stray_refusal_costs_no_session_and_two_in_a_row_do(bench: Bench) -> None:
    for _ in range(3):
        # A refusal, a success, and another refusal are not two in a row.
        bench.simulator.faults.add(faults.Status(401, {"statusCode": 401, "message": "stray"}), ACCESS, times=1)
        with pytest.raises(CannotConnect):
            await bench.poll(10)
        assert (await bench.poll()).samples
    bench.simulator.revoke_refresh_tokens()
    with pytest.raises(CannotConnect):
        await bench.poll(10)
    for _ in range(3):
        with pytest.raises(InvalidCredentials) as refusal:
            await bench.poll()
        assert refusal.value.reason == "invalid_auth"
    # It was shown twice, and is dead from then on: nothing is sent any more.
    assert shown(bench, ACCESS)[-2:] == [bench.simulator.granted[0]] * 2
    assert bench.asked()[-1] == f"GET {ACCESS}"
    sent = len(bench.simulator.requests)
    with pytest.raises(InvalidCredentials):
        await bench.vendor.discover()
    assert len(bench.simulator.requests) == sent
    # Signing in mends it.
    bench.restarted(credentials={**bench.connection.credentials, "password": PASSWORD})
    await bench.vendor.login()
    assert (await bench.poll()).samples


async def test_refusals_of_a_reloaded_account_are_in_a_row_too(bench: Bench) -> None:
    bench.simulator.revoke_refresh_tokens()
    with pytest.raises(CannotConnect):
        await bench.poll(10)
    bench.restarted()
    with pytest.raises(InvalidCredentials):
        await bench.poll()


async def test_session_that_ended_while_home_assistant_was_off_is_believed_to_have_ended_when_said_twice(
    bench: Bench,
) -> None:
    bench.clock.advance(15 * DAY)
    bench.restarted(vault=kept(bench))
    with pytest.raises(CannotConnect):
        await bench.read()
    with pytest.raises(InvalidCredentials):
        await bench.poll()


@pytest.mark.parametrize(
    "fault",
    [
        faults.HtmlPage(401),
        faults.HtmlPage(403),
        faults.HtmlPage(200),
        faults.EmptyBody(401),
        faults.Status(401, [1]),
        faults.Status(404),
        faults.Status(500),
        faults.RateLimited(5, "header"),
        faults.Redirect("/elsewhere"),
        faults.LostAnswer(),
    ],
    ids=repr,
)
async def test_service_that_stumbles_costs_no_session(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, ACCESS)
    for _ in range(4):
        with pytest.raises(VendorError) as refusal:
            await bench.poll(10)
        assert not isinstance(refusal.value, InvalidCredentials)
    bench.simulator.faults.clear()
    assert (await bench.poll(10)).samples
    assert bench.simulator.logins == 1


async def test_access_token_that_is_refused_is_replaced_once(bench: Bench) -> None:
    bench.simulator.revoke_access_tokens()
    assert (await bench.poll()).samples
    assert [one.status for one in bench.simulator.requests] == [401, 200, 200]
    bench.simulator.faults.add(faults.Status(401), "/v1/")
    for _ in range(20):
        with pytest.raises(CannotConnect):
            await bench.poll()
    assert len(bench.asked(ACCESS)) <= 12


async def test_poll_that_is_cancelled_loses_no_token(make_bench: MakeBench) -> None:
    bench = await made_with(make_bench, renewal_revokes=True)
    bench.clock.advance(8 * DAY)
    bench.simulator.faults.add(faults.Slow(0.05), RENEWAL)
    poll = asyncio.create_task(bench.read())
    await asyncio.sleep(0.03)
    poll.cancel()
    with suppress(asyncio.CancelledError):
        await poll
    await asyncio.sleep(0.1)
    assert (await bench.poll(60)).samples
    assert bench.simulator.renewals == 1


@pytest.mark.parametrize("minutes", [-40, -3, 3, 40])
async def test_wrong_clock_of_this_machine_costs_no_session(make_bench: MakeBench, minutes: int) -> None:
    bench = await made_with(make_bench, clock_error=timedelta(minutes=minutes))
    for _ in range(30):
        assert (await bench.poll()).samples
    assert len(bench.asked(ACCESS)) <= 10
    assert bench.simulator.logins == 1


async def test_vault_that_is_shared_renews_once(bench: Bench) -> None:
    other = type(bench.vendor)(replace(bench.connection), bench.inventory)
    bench.clock.advance(timedelta(minutes=10))
    await asyncio.gather(*(one.read(bench.inventory.points) for one in (bench.vendor, other) for _ in range(3)))
    assert bench.asked(ACCESS) == [f"GET {ACCESS}"]


async def test_expiry_that_a_token_names_is_believed(make_bench: MakeBench) -> None:
    bench = await made_with(make_bench, refresh_jwt=True, refresh_days=5)
    refresh = grant_of(bench).refresh
    assert refresh is not None
    assert refresh.expires - bench.clock() <= 5 * DAY
    assert isinstance(refresh.expires, datetime)
    # It would not live for a week: it is renewed when half of its life is over.
    for _ in range(6):
        assert (await bench.poll(24 * 60)).samples
    assert bench.simulator.renewals == 2
    assert bench.simulator.logins == 1


async def test_token_of_a_day_is_renewed_in_time(make_bench: MakeBench) -> None:
    bench = await made_with(make_bench, refresh_jwt=True, refresh_days=1)
    for _ in range(24 * 4):
        assert (await bench.poll(60)).samples
    assert 6 <= bench.simulator.renewals <= 8
    assert bench.simulator.logins == 1


async def test_session_that_is_forbidden_has_ended(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(403, {"statusCode": 403, "message": "no"}), ACCESS)
    with pytest.raises(CannotConnect):
        await bench.poll(10)
    with pytest.raises(InvalidCredentials):
        await bench.poll()
