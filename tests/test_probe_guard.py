"""`scripts/probe` with a vendor that nobody has heard of, which does everything to betray its account."""

from collections.abc import Mapping

import pytest

from tests.test_probe import Printed, probe

SIXTH = """
from datetime import UTC, datetime, timedelta
import json, os, runpy
from types import MappingProxyType

import tools.probe
import vendors
from yarl import URL
from vendors.base import CredentialField, FieldKind, OptionField, OptionKind, Vendor
from vendors.budget import Limit
from vendors.errors import CannotConnect
from vendors.model import *
from vendors.tokens import Grant, Token

NOW = datetime(2026, 11, 17, 10, 0, 30, tzinfo=UTC)
METER, KEY = "meter-4711", "flow.4711"


class Sixth(Vendor):
    key, title = "sixth", "Sixth"
    credential_fields = (
        CredentialField(key="user", kind=FieldKind.USERNAME),
        CredentialField(key="secret", kind=FieldKind.SECRET),
        CredentialField(key="region", kind=FieldKind.CHOICE, default="EU", choices=("EU", "US")),
        CredentialField(key="verify_ssl", kind=FieldKind.SWITCH, required=False, default=True, advanced=True),
    )
    identity = "user"
    option_fields = (OptionField(key="extra", kind=OptionKind.IDS),)
    cadence, history_reach = timedelta(minutes=1), None

    def __init__(self, connection, inventory):
        self.connection, self.polls = connection, 0

    @classmethod
    def limit(cls, credentials):
        return Limit(requests=10, window=timedelta(seconds=1))

    @classmethod
    def service(cls, credentials):
        return URL("https://sixth.example")

    async def login(self):
        access, refresh = (
            Token(text=text, expires=NOW + timedelta(days=2)) for text in ("token-of-access", "token-of-refresh")
        )
        await self.connection.vault.put(Grant(access=access, refresh=refresh))
        return Account(id="account-1", title="Anna's account", named=True)

    async def discover(self):
        extra = [Device(id=one, kind=DeviceKind.SENSOR) for one in self.connection.options.get("extra", ())]
        secret = self.connection.credentials["secret"]
        return Inventory(
            sites=(Site(id="site-1", name="Anna's villa", timezone="Europe/Prague"),),
            devices=(Device(id=METER, kind=DeviceKind.METER, name=f"Anna | {secret}", site_id="site-1"), *extra),
            points=(self.point(KEY, Quantity.NUMBER, unit="Anna's own"), self.point("word", Quantity.MODE)),
        )

    def point(self, key, quantity, **more):
        return Point(id=PointId(device_id=METER, key=key), quantity=quantity, nature=Nature.STATE, **more)

    async def read(self, points):
        self.polls += 1
        if "FAILURE" in os.environ:
            failure = {"bug": ZeroDivisionError, "known": CannotConnect}[os.environ["FAILURE"]]
            credentials = self.connection.credentials
            raise failure(f"{credentials['secret']} {credentials['user']} token-of-access of {METER}, Anna's villa")
        samples = {
            PointId(device_id=METER, key=KEY): Sample(time=NOW - timedelta(seconds=9), value="see Anna, 2nd floor"),
            PointId(device_id=METER, key="word"): Sample(time=NOW - timedelta(seconds=9), value="cooling"),
        }
        problems = {METER: Problem.UNREACHABLE}
        return Readings(samples=samples, broken=frozenset(), problems=problems, inventory=None, requests=0)

    async def history(self, points, start, end):
        yield ()

    def requests_per_poll(self, points):
        return 7

    def notices(self):
        return (Notice(key="too_many_tokens", about="Anna", words=(("who", "Anna's villa"),)),)

    def now(self):
        return NOW

    def last_answers(self):
        credentials = self.connection.credentials
        keys = [METER, "Anna's villa", credentials["user"], "token-of-access", "verdict"]
        return {f"GET /{METER}": json.dumps(dict.fromkeys(keys, credentials["secret"])).encode()}


vendors.VENDORS = MappingProxyType({**vendors.VENDORS, "sixth": Sixth})
runpy.run_module("tools.probe", run_name="__main__")
"""
SECRET, USER = "p4ss|w*rd", "anna@villa.example"
TOKENS = ("token-of-access", "token-of-refresh")
PRIVATE = (SECRET, "p4ss", USER, "villa", *TOKENS, "Anna", "4711", "account-1", "site-1", "Prague")


async def sixth(*arguments: str, **more: str) -> Printed:
    """Probe the sixth vendor."""
    environment: Mapping[str, str] = {"SIXTH_USER": USER, "SIXTH_SECRET": SECRET, **more}
    return await probe("sixth", "--pause", "0", *arguments, environment=environment, python=("-c", SIXTH))


async def test_a_sixth_vendor_needs_no_change_and_betrays_nothing() -> None:
    printed = await sixth(SIXTH_REGION="us", SIXTH_EXTRA="one-1, two-2,one-1")
    assert printed.code == 0, printed.err
    assert [word for word in (*PRIVATE, "one-1", "two-2") if word in printed.out + printed.err] == []
    assert [(row["device"], row["points"]) for row in printed.rows("Devices")] == [
        ("meter 1", "2"),
        ("sensor 1", "0"),
        ("sensor 2", "0"),
    ]
    assert [(row["key"], row["unit"], row["value"], row["age in s"]) for row in printed.rows("Points")] == [
        ("…", "…", "a text", "9"),
        ("`word`", "", "cooling", "9"),
    ]
    assert printed.shapes == {"GET /…": {"*": "string", "verdict": "string"}}
    assert "- problems: 1 x unreachable\n" in printed.out
    assert "- `too_many_tokens`, 1 x\n" in printed.out
    assert "- a poll takes: 7 requests\n" in printed.out


async def test_with_names_only_secrets_are_left_out() -> None:
    printed = await sixth("--names")
    assert printed.code == 0
    assert [word for word in (SECRET, "p4ss", USER, *TOKENS) if word in printed.out + printed.err] == []
    assert printed.rows("Devices")[0]["name"] == "Anna \\| [redacted]"
    assert [row["value"] for row in printed.rows("Points")] == ["see Anna, 2nd floor", "cooling"]
    assert "Anna's villa" in printed.out


async def test_without_values() -> None:
    printed = await sixth("--no-values")
    assert "cooling" not in printed.out
    assert [row["age in s"] for row in printed.rows("Points")] == ["9", "9"]


@pytest.mark.parametrize("names", [False, True])
async def test_a_mistake_of_the_integration_shows_where_it_is_and_no_more(names: bool) -> None:
    printed = await sixth(*(["--names"] if names else []), FAILURE="bug")
    assert printed.code == 1
    assert "error: unknown: ZeroDivisionError, which is a mistake of this integration\n" in printed.err
    assert "  tools/probe/course.py:" in printed.err
    assert "in read" in printed.err
    assert "- ended early: unknown (ZeroDivisionError)\n" in printed.out
    assert printed.rows("Devices")
    private = (SECRET, "p4ss", USER, *TOKENS) if names else PRIVATE
    assert [word for word in private if word in printed.out + printed.err] == []


async def test_an_error_that_quotes_what_it_must_not() -> None:
    printed = await sixth(FAILURE="known")
    assert printed.code == 1
    last = printed.err.splitlines()[-1]
    assert last.startswith("error: cannot_connect: The service could not be reached.")
    assert last.endswith("([redacted] [redacted] [redacted] of …, …)")
    assert [word for word in PRIVATE if word in printed.out + printed.err] == []


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("SIXTH_REGION", "MARS", "SIXTH_REGION must be one of: EU, US"),
        ("SIXTH_VERIFY_SSL", "maybe", "SIXTH_VERIFY_SSL must be yes or no"),
        ("SIXTH_SECRET", "  ", "secret is missing: set SIXTH_SECRET, or start this on a terminal to be asked for it"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_variable(variable: str, text: str, complaint: str) -> None:
    printed = await sixth(**{variable: text})
    assert (printed.code, printed.out, printed.err) == (2, "", f"error: {complaint}\n")
