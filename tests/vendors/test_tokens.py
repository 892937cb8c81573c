"""Tokens: what they say of themselves, and one renewal for all who need one."""

import asyncio
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
import gc
import json
from typing import Any, override

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.budget import Priority
from custom_components.energy_clouds.vendors.clock import ServiceClock
from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidCredentials
from custom_components.energy_clouds.vendors.http import Answer, Http
from custom_components.energy_clouds.vendors.tokens import Grant, Issuer, Token, Tokens, Vault, claims_of, issued

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
LIFE = timedelta(minutes=14)
DOCUMENTED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxNjEwNDQ3ODk0LCJqdGkiOiJHa2lPaUpsTldV"
    "ME1UTmtNRyIsInVzZXJfaWQiOjF9.M8mh2MqyBqqCXfpSFdX-YuIRswX7RRAV5HSUNxYkTeI"
)


def jwt(**claims: Any) -> str:
    parts = ({"alg": "HS256"}, claims)
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def token(text: str, minutes: float) -> Token:
    return Token(text=text, expires=NOW + timedelta(minutes=minutes))


def test_claims_are_read_without_verification() -> None:
    assert claims_of(DOCUMENTED)["exp"] == 1610447894
    assert claims_of(DOCUMENTED)["user_id"] == 1
    assert claims_of(DOCUMENTED)["token_type"] == "access"


@pytest.mark.parametrize("text", ["", "opaque", "a.b", "a.b.c", "a.W10.c", "a.e30.c.d", "a.é.c", "a.eyJ4.c"])
def test_what_is_no_token_claims_nothing(text: str) -> None:
    assert claims_of(text) == {}


@pytest.mark.parametrize("length", range(20))
def test_claims_of_any_length_are_read(length: int) -> None:
    assert claims_of(jwt(sub="x" * length)) == {"sub": "x" * length}


@given(st.text(), st.binary())
def test_any_text_claims_something_or_nothing(text: str, payload: bytes) -> None:
    for one in (text, f"a.{urlsafe_b64encode(payload).decode()}.b", f"a.{text}.b"):
        assert issued(one, NOW, LIFE).expires > NOW


@pytest.mark.parametrize(
    ("expires", "lifetime"),
    [
        (NOW.timestamp() + 900, timedelta(minutes=15)),
        (NOW.timestamp() + 7 * 86400, timedelta(days=7)),
        (NOW.timestamp() + 900.5, timedelta(seconds=900.5)),
        (NOW.timestamp() + 61, timedelta(seconds=61)),
        (NOW.timestamp() + 3660 * 86400 - 1, timedelta(days=3660, seconds=-1)),
        (NOW.timestamp() + 3660 * 86400, LIFE),
        (NOW.timestamp() - 900, LIFE),
        (NOW.timestamp() + 30, LIFE),
        (NOW.timestamp() + 60, LIFE),
        (1e300, LIFE),
        (True, LIFE),
        ("soon", LIFE),
        (None, LIFE),
    ],
)
def test_expiry_is_the_tokens_own_unless_it_cannot_be(expires: object, lifetime: timedelta) -> None:
    assert issued(jwt(exp=expires), NOW, LIFE).expires == NOW + lifetime


def test_tokens_do_not_show_what_they_are() -> None:
    grant = Grant(access=token("secret-access", 15), refresh=token("secret-refresh", 60))
    assert "secret" not in f"{grant!r} {grant}"


class Office(Issuer):
    """Gives out numbered tokens, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.login_error: Exception | None = None
        self.answers_after = 1

    @override
    async def log_in(self) -> Grant:
        self.asked.append("log in")
        for _ in range(self.answers_after):
            await asyncio.sleep(0)
        if self.login_error is not None:
            raise self.login_error
        return self._grant()

    @override
    async def renew(self, refresh: Token) -> Grant:
        self.asked.append(refresh.text)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self._grant()

    def _grant(self) -> Grant:
        number = len(self.asked)
        return Grant(access=token(f"access {number}", 15), refresh=token(f"refresh {number}", 1000))


class Desk:
    """Tokens, their vault, and what was put in there in order."""

    def __init__(self, grant: Grant | None = None) -> None:
        self.now = NOW
        self.office = Office()
        self.kept: list[Grant] = []
        self.vault = Vault(grant, self._keep)
        self.tokens = Tokens(self.vault, self.office, ServiceClock(lambda: self.now))

    async def _keep(self, grant: Grant) -> None:
        await asyncio.sleep(0)
        assert self.vault.grant is not grant, "kept before it is there for use"
        self.kept.append(grant)


async def test_access_token_is_used_until_a_minute_before_it_expires() -> None:
    desk = Desk(Grant(access=token("old", 15), refresh=token("refresh", 1000)))
    desk.now = NOW + timedelta(minutes=13, seconds=59)
    assert await desk.tokens.access() == "old"
    desk.now = NOW + timedelta(minutes=14)
    assert await desk.tokens.access() == "access 1"
    assert desk.office.asked == ["refresh"]
    assert [grant.access.text for grant in desk.kept] == ["access 1"]


async def test_all_who_need_a_token_share_one_renewal() -> None:
    desk = Desk(Grant(access=token("old", 0), refresh=token("refresh", 1000)))
    other = Tokens(desk.vault, desk.office, ServiceClock(lambda: desk.now))
    got = await asyncio.gather(*(tokens.access() for tokens in (desk.tokens, other) for _ in range(20)))
    assert set(got) == {"access 1"}
    assert desk.office.asked == ["refresh"]


async def test_dead_refresh_token_is_shown_once_and_one_sign_in_follows() -> None:
    desk = Desk(Grant(access=token("old", 0), refresh=token("refresh", 1000)))
    desk.office.error = InvalidCredentials("blacklisted")
    desk.office.login_error = CannotConnect("down")
    for _ in range(3):
        with pytest.raises(CannotConnect):
            await desk.tokens.access()
    desk.office.login_error = None
    assert await desk.tokens.access() == "access 5"
    assert desk.office.asked == ["refresh", *["log in"] * 4]
    assert desk.kept[0] == Grant(access=token("old", 0))


@pytest.mark.parametrize(
    "grant", [None, Grant(access=token("a", 0)), Grant(access=token("a", 0), refresh=token("b", 0))]
)
async def test_without_a_living_refresh_token_one_signs_in(grant: Grant | None) -> None:
    desk = Desk(grant)
    await desk.tokens.access()
    assert desk.office.asked == ["log in"]


async def test_service_that_stumbles_costs_no_sign_in() -> None:
    desk = Desk(Grant(access=token("old", 0), refresh=token("refresh", 1000)))
    desk.office.error = CannotConnect("502")
    for _ in range(3):
        with pytest.raises(CannotConnect):
            await desk.tokens.access()
    assert desk.office.asked == ["refresh"] * 3
    assert desk.kept == []


async def test_token_that_cannot_be_kept_is_not_used() -> None:
    async def broken(_grant: Grant) -> None:
        raise OSError("disk full")

    desk = Desk()
    vault = Vault(None, broken)
    with pytest.raises(OSError, match="disk full"):
        await Tokens(vault, desk.office, ServiceClock(lambda: NOW)).access()
    assert vault.grant is None


def answer(status: int) -> Answer:
    return Answer(endpoint="GET /x", status=status, body=b"")


async def test_refused_token_is_renewed_once() -> None:
    desk = Desk(Grant(access=token("old", 15), refresh=token("refresh", 1000)))
    sent: list[str] = []

    async def send(text: str) -> Answer:
        sent.append(text)
        return answer(401 if text == "old" else 200)

    assert (await desk.tokens.authorized(send)).status == 200
    assert sent == ["old", "access 1"]
    assert (await desk.tokens.authorized(send)).status == 200
    assert desk.office.asked == ["refresh"]


async def test_service_that_refuses_its_own_tokens_is_not_asked_for_more_and_more() -> None:
    desk = Desk(Grant(access=token("old", 15), refresh=token("refresh", 1000)))

    async def send(_text: str) -> Answer:
        return answer(401)

    for _ in range(9):
        with pytest.raises(CannotConnect) as error:
            await desk.tokens.authorized(send)
        assert error.value.answered
        desk.now += timedelta(minutes=1)
    assert desk.office.asked == ["refresh"]
    desk.now += timedelta(minutes=1)
    with pytest.raises(CannotConnect):
        await desk.tokens.authorized(send)
    assert desk.office.asked == ["refresh", "refresh 1"]


async def test_token_is_replaced_when_it_says_so() -> None:
    life = Token(text="old", expires=NOW + timedelta(minutes=5), replace_from=NOW + timedelta(minutes=3, seconds=45))
    assert life.is_fresh(NOW + timedelta(minutes=3, seconds=44))
    assert not life.is_fresh(NOW + timedelta(minutes=3, seconds=45))
    desk = Desk(Grant(access=life, refresh=token("refresh", 1000)))
    desk.now = NOW + timedelta(minutes=3, seconds=44)
    assert await desk.tokens.access() == "old"
    desk.now = NOW + timedelta(minutes=3, seconds=45)
    assert await desk.tokens.access() == "access 1"


@pytest.mark.parametrize(("seconds", "is_fresh"), [(0, True), (239, True), (240, False), (300, False), (9999, False)])
def test_token_that_says_nothing_is_fresh_until_a_minute_before_it_expires(seconds: int, is_fresh: bool) -> None:
    assert token("x", 5).is_fresh(NOW + timedelta(seconds=seconds)) is is_fresh


async def test_access_token_that_passes_is_not_on_disk() -> None:
    refresh = token("refresh", 1000)
    grant = Grant(access=token("access", 15), refresh=refresh, passes=True)
    kept = grant.to_keep()
    assert (kept.access.text, kept.refresh, kept.passes) == ("", refresh, True)
    assert kept == kept.to_keep()
    # It is never used: another one is had from the refresh token.
    desk = Desk(kept)
    assert await desk.tokens.access() == "access 1"
    assert desk.office.asked == ["refresh"]


def test_pair_that_works_once_is_kept_whole() -> None:
    grant = Grant(access=token("access", 15), refresh=token("refresh", 1000))
    assert grant.to_keep() is grant
    assert grant.passes is False


async def test_vault_that_is_closed_keeps_nothing_more() -> None:
    desk = Desk()
    desk.vault.close()
    assert await desk.tokens.access() == "access 1"
    assert desk.kept == []
    assert await desk.tokens.access() == "access 1"


async def given_up(desk: Desk) -> asyncio.Task[Any]:
    """The exchange that is under way when whoever wants the token goes away."""
    desk.office.answers_after = 5
    waiting = asyncio.create_task(desk.tokens.access())
    while not desk.office.asked:
        await asyncio.sleep(0)
    [exchange] = desk.tokens._exchanges
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    return exchange


async def test_exchange_is_finished_for_nobody() -> None:
    desk = Desk()
    await (await given_up(desk))
    await asyncio.sleep(0)
    assert [grant.access.text for grant in desk.kept] == ["access 1"]
    assert not desk.tokens._exchanges


async def test_error_that_nobody_waits_for_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.office.login_error = CannotConnect("down")
    exchange = await given_up(desk)
    await asyncio.wait([exchange])
    await asyncio.sleep(0)
    del exchange
    gc.collect()
    assert not desk.tokens._exchanges
    assert caplog.records == []


async def test_exchange_that_is_cancelled_itself_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    exchange = await given_up(desk)
    exchange.cancel()
    await asyncio.wait([exchange])
    await asyncio.sleep(0)
    assert not desk.tokens._exchanges
    assert caplog.records == []


async def test_get_is_sent_with_the_token_and_all_that_it_is_to_say() -> None:
    sent: list[object] = []

    class Wire(Http):
        def __init__(self) -> None:
            pass

        @override
        async def request(self, method: str, path: str, **said: Any) -> Answer:
            sent.append((method, path, said))
            return answer(200)

    desk = Desk()
    query = [("from", "1")]
    got = await desk.tokens.get(Wire(), "/x/{id}", priority=Priority.HISTORY, ids={"id": "7"}, query=query)
    assert got == answer(200)
    headers = {"Authorization": "Bearer access 1"}
    assert sent == [
        ("GET", "/x/{id}", {"priority": Priority.HISTORY, "ids": {"id": "7"}, "query": query, "headers": headers})
    ]


async def test_doubt_of_a_clock_that_was_ahead_does_not_outlast_it() -> None:
    desk = Desk(Grant(access=token("old", 240), refresh=token("refresh", 1000)))

    async def send(text: str) -> Answer:
        return answer(401 if text == "old" else 200)

    desk.office.error = CannotConnect("away")
    desk.now += timedelta(hours=2)
    with pytest.raises(CannotConnect):
        await desk.tokens.authorized(send)
    desk.office.error = None
    desk.now -= timedelta(hours=2)
    assert (await desk.tokens.authorized(send)).status == 200


async def test_grant_that_a_person_signed_in_for_is_not_doubted_for_the_one_before() -> None:
    vault, grant = Vault(), Grant(access=Token(text="new", expires=NOW + timedelta(hours=1)))
    vault.doubted_until = NOW
    doubts = []
    for keep in (vault.put, vault.begin):
        await keep(grant)
        doubts.append(vault.doubted_until)
    assert vault.grant == grant
    assert doubts == [NOW, None]
