"""Envitron's tokens: granted for a password, valid for a time, refreshed once, limited in number."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.simulators.clock import SimClock
from tests.simulators.envitron import USER_ID, USERNAME, WAREHOUSE

from .conftest import NOON
from .envitron_client import OTHER, OTHER_PASSWORD, TWO_USERS, envitron, forged, parts

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
DOCUMENTED = {
    "refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTYxMTA1MTc5NCwianRpIjoiU"
    "nBJam9pWlRNd05XTmlZIiwidXNlcl9pZCI6MX0.LIDpBo7VcQQ4sXbeF5LeExuvHCYccA90xOeWTdUnzZk",
    "access": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxNjEwNDQ3ODk0LCJqdGkiOiJHa2l"
    "PaUpsTldVME1UTmtNRyIsInVzZXJfaWQiOjF9.M8mh2MqyBqqCXfpSFdX-YuIRswX7RRAV5HSUNxYkTeI",
}
"""The documents' example of a pair."""


def invalid(message: str = "Token is invalid or expired") -> dict[str, Any]:
    """Return the refusal of an access token."""
    return {
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": message}],
    }


BLACKLISTED = {"detail": "Token is blacklisted.", "code": "token_not_valid"}
NO_REFRESH = {"detail": "Token is invalid or expired", "code": "token_not_valid"}
TOO_MANY = {"detail": "Too many outstanding tokens."}


async def test_a_pair_is_made_as_the_documents_example(clock: SimClock) -> None:
    async with envitron(clock) as client:
        status, pair = await client.post_login()
        assert status == 200
        assert list(pair) == list(DOCUMENTED)
        for name, lifetime in (("access", 15 * MINUTE), ("refresh", 60 * DAY)):
            header, claims = parts(pair[name])
            example_header, example = parts(DOCUMENTED[name])
            assert header == example_header
            assert list(claims) == list(example)
            assert (claims["token_type"], claims["user_id"]) == (name, USER_ID)
            assert claims["exp"] == int((NOON + lifetime).timestamp())
        assert client.simulator.logins == 1


async def test_every_token_is_another(clock: SimClock) -> None:
    async with envitron(clock) as client:
        pairs = [await client.login() for _ in range(3)]
        assert len({token for pair in pairs for token in pair.values()}) == 6
        assert len({parts(token)[1]["jti"] for pair in pairs for token in pair.values()}) == 6


async def test_an_access_token_is_valid_for_15_minutes(clock: SimClock) -> None:
    async with envitron(clock) as client:
        access = (await client.login())["access"]
        clock.advance(15 * MINUTE - SECOND)
        assert await client.works(access)
        clock.advance(SECOND)
        assert await client.refused("GET", "/example/", token=access) == (401, invalid())


@pytest.mark.parametrize("days", [60, 7])
async def test_a_refresh_token_is_valid_for_60_days_or_7(clock: SimClock, days: int) -> None:
    async with envitron(clock, refresh_days=days) as client:
        early, late = [(await client.login())["refresh"] for _ in range(2)]
        assert parts(late)[1]["exp"] == int((NOON + days * DAY).timestamp())
        clock.set(NOON + days * DAY - SECOND)
        pair = await client.refresh(early)
        assert parts(pair["refresh"])[1]["exp"] == int((clock() + days * DAY).timestamp())
        clock.advance(SECOND)
        assert await client.post_refresh(late) == (401, NO_REFRESH)


async def test_a_refresh_token_works_once(clock: SimClock) -> None:
    async with envitron(clock) as client:
        simulator = client.simulator
        first = await client.login()
        second = await client.refresh(first["refresh"])
        assert set(second.values()).isdisjoint(first.values())
        assert await client.post_refresh(first["refresh"]) == (401, BLACKLISTED)
        assert simulator.blacklisted_uses == 1
        assert await client.works(first["access"]), "access tokens live on until they expire"
        third = await client.refresh(second["refresh"])
        assert await client.works(third["access"])
        assert (simulator.logins, simulator.refreshes) == (1, 2)


@pytest.mark.parametrize(
    ("switches", "body"),
    [
        ({"blacklisted_dot": False}, BLACKLISTED | {"detail": "Token is blacklisted"}),
        ({"token_error_code": False}, {"detail": "Token is blacklisted."}),
        ({"error_key": "message", "token_error_code": False}, {"message": "Token is blacklisted."}),
        ({"error_key": "error", "token_error_code": False}, {"error": "Token is blacklisted."}),
        (
            {"error_key": "non_field_errors", "token_error_code": False},
            {"non_field_errors": ["Token is blacklisted."]},
        ),
    ],
)
async def test_wordings_of_a_blacklisted_token(clock: SimClock, switches: dict[str, Any], body: dict[str, Any]) -> None:
    async with envitron(clock, **switches) as client:
        used = (await client.login())["refresh"]
        await client.refresh(used)
        assert await client.post_refresh(used) == (401, body)


async def test_newest_wordings_tell_expired_from_invalid(clock: SimClock) -> None:
    async with envitron(clock, token_texts="split") as client:
        pair = await client.login()
        assert (await client.post_refresh("garbage"))[1]["detail"] == "Token is invalid"
        assert (await client.refused("GET", "/example/", token="x.y.z"))[1] == invalid("Token is invalid")
        clock.advance(61 * DAY)
        assert (await client.post_refresh(pair["refresh"]))[1]["detail"] == "Token is expired"
        assert (await client.refused("GET", "/example/", token=pair["access"]))[1] == invalid("Token is expired")


async def test_only_the_simulators_own_tokens_are_valid(clock: SimClock) -> None:
    async with envitron(clock) as client, envitron(clock) as stranger:
        own, foreign = await client.login(), await stranger.login()
        later = int((NOON + 400 * DAY).timestamp())
        unsigned = own["access"].rpartition(".")[0] + "."
        for token in (
            foreign["access"],
            own["refresh"],
            forged(own["access"], exp=later),
            unsigned,
            DOCUMENTED["access"],
            "garbage",
        ):
            assert await client.refused("GET", "/example/", token=token) == (401, invalid())
        for token in (
            foreign["refresh"],
            own["access"],
            forged(own["refresh"], exp=later),
            forged(own["access"], token_type="refresh"),
            DOCUMENTED["refresh"],
            "garbage",
        ):
            assert await client.post_refresh(token) == (401, NO_REFRESH)
        assert client.simulator.blacklisted_uses == 0
        assert await client.works(own["access"])
        assert await client.refresh(own["refresh"])


async def test_at_most_50_refresh_tokens_are_outstanding(clock: SimClock) -> None:
    async with envitron(clock, users=TWO_USERS) as client:
        simulator = client.simulator
        pairs = []
        for number in range(50):
            assert simulator.outstanding(USERNAME) == number
            pairs.append(await client.login())
        assert await client.post_login() == (403, TOO_MANY)
        assert (simulator.outstanding(USERNAME), simulator.logins) == (50, 50)
        await client.login(OTHER, OTHER_PASSWORD)
        assert simulator.outstanding(OTHER) == 1
        await client.refresh(pairs[0]["refresh"])
        assert (simulator.outstanding(USERNAME), simulator.most_outstanding) == (50, 50)
        clock.advance(60 * DAY)
        assert simulator.outstanding(USERNAME) == 0
        assert await client.login()
        assert (simulator.outstanding(USERNAME), simulator.most_outstanding) == (1, 50)


async def test_rotation_keeps_one_token_outstanding(clock: SimClock) -> None:
    async with envitron(clock) as client:
        pair = await client.login()
        for _ in range(60):
            clock.advance(15 * MINUTE)
            pair = await client.refresh(pair["refresh"])
        assert client.simulator.outstanding(USERNAME) == 1
        assert client.simulator.most_outstanding == 1


@pytest.mark.parametrize("status", [200, 201])
async def test_success_is_200_or_201(clock: SimClock, status: int) -> None:
    async with envitron(clock, token_status=status) as client:
        granted, pair = await client.post_login()
        refreshed, _ = await client.post_refresh(pair["refresh"])
        assert (granted, refreshed) == (status, status)


async def test_the_user_id_may_be_a_string(clock: SimClock) -> None:
    async with envitron(clock, user_id_as_string=True) as client:
        pair = await client.login()
        assert parts(pair["access"])[1]["user_id"] == str(USER_ID)
        assert await client.works((await client.refresh(pair["refresh"]))["access"])
        assert client.simulator.outstanding(USERNAME) == 1


async def test_opaque_tokens_behave_as_jwts_do(clock: SimClock) -> None:
    async with envitron(clock, opaque_tokens=True) as client:
        first = await client.login()
        assert all("." not in token for token in first.values())
        second = await client.refresh(first["refresh"])
        assert await client.post_refresh(first["refresh"]) == (401, BLACKLISTED)
        assert await client.works(second["access"])
        assert not await client.works(second["refresh"])
        clock.advance(15 * MINUTE)
        assert not await client.works(second["access"])


async def test_revoking_ends_all_tokens_of_one_user(clock: SimClock) -> None:
    async with envitron(clock, users=TWO_USERS) as client:
        pairs = [await client.login() for _ in range(2)]
        other = await client.login(OTHER, OTHER_PASSWORD)
        client.simulator.revoke(USERNAME)
        assert client.simulator.outstanding(USERNAME) == 0
        for pair in pairs:
            assert await client.refused("GET", "/example/", token=pair["access"]) == (401, invalid())
            assert await client.post_refresh(pair["refresh"]) == (401, BLACKLISTED)
        assert client.simulator.blacklisted_uses == 2
        assert await client.works(other["access"])
        assert await client.works((await client.login())["access"])


async def test_a_changed_password_counts_at_the_next_login(clock: SimClock) -> None:
    async with envitron(clock) as client:
        pair = await client.login()
        client.simulator.change_password(USERNAME, "new")
        assert await client.works((await client.refresh(pair["refresh"]))["access"])
        assert (await client.post_login())[0] == 401
        assert (await client.post_login(password="new"))[0] == 200


async def test_tokens_of_a_deleted_user_are_refused(clock: SimClock) -> None:
    async with envitron(clock) as client:
        pair = await client.login()
        del client.simulator.users[USERNAME]
        gone = (401, {"detail": "User not found", "code": "user_not_found"})
        assert await client.refused("GET", "/example/", token=pair["access"]) == gone
        assert await client.post_refresh(pair["refresh"]) == gone


def challenge(response: aiohttp.ClientResponse) -> str | None:
    return response.headers.get("WWW-Authenticate")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, {"detail": "Authentication credentials were not provided."}),
        ("", {"detail": "Authentication credentials were not provided."}),
        ("Token abc", {"detail": "Authentication credentials were not provided."}),
        (
            "Bearer",
            {
                "detail": "Authorization header must contain two space-delimited values",
                "code": "bad_authorization_header",
            },
        ),
        ("Bearer abc", invalid()),
    ],
)
@pytest.mark.parametrize("path", ["/example/", "/buildings/", f"/buildings/{WAREHOUSE}/electricity/actual/"])
async def test_data_need_a_bearer_token(clock: SimClock, path: str, header: str | None, body: dict[str, Any]) -> None:
    async with envitron(clock) as client:
        headers = {} if header is None else {"Authorization": header}
        assert await client.refused("GET", path, headers=headers) == (401, body)
        assert challenge((await client.ask("GET", path, headers=headers))[0]) == 'Bearer realm="api"'
