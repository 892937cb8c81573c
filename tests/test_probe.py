"""`scripts/probe` against every vendor's simulator: what it prints, and what it never does."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import signal
import sys
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest

from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget
from custom_components.energy_clouds.vendors.model import Inventory
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators import enapter, enectiva, eniris, enpact, envitron
from tests.simulators.faults import Answer, Fault, HtmlPage, RateLimited, Slow, Status
from tests.simulators.server import Server, running
from tests.simulators.simulator import Simulator

ROOT = Path(__file__).parents[1]
PROBE = ("-m", "tools.probe")
NOTHING: Mapping[str, str] = MappingProxyType({})
LONG_ENOUGH = 5
"""Shorter ids and names may stand in a report by chance, as a number or a part of a word."""


@dataclass(frozen=True, slots=True)
class Case:
    """A vendor's simulator, what a person enters for it, and what of that is secret."""

    simulator: Callable[[], Simulator]
    entered: Mapping[str, str]
    secrets: Sequence[str]
    wrong: Mapping[str, str]
    """What is entered instead when the credential is wrong."""
    addresses: Sequence[str] = ("url",)
    sign_in: int = 1
    """How many requests signing in takes."""
    path: str = ""
    """What the address ends in."""


CASES: Mapping[str, Case] = {
    "enapter": Case(
        enapter.EnapterSimulator,
        {"token": enapter.TOKEN},
        [enapter.TOKEN],
        {"token": enapter.EXPIRED_TOKEN},
        path="/v3",
    ),
    "enectiva": Case(
        enectiva.EnectivaSimulator,
        {"token": enectiva.LOGIN_TOKEN},
        [enectiva.LOGIN_TOKEN],
        {"token": enectiva.REVOKED_LOGIN_TOKEN},
    ),
    "eniris": Case(
        eniris.EnirisSimulator,
        {"username": eniris.USERNAME, "password": eniris.PASSWORD},
        [eniris.USERNAME, eniris.PASSWORD],
        {"password": "not the pass word"},
        ("url", "auth_url"),
        sign_in=3,
    ),
    "enpact": Case(
        enpact.EnpactSimulator,
        {"api_key": enpact.PRODUCTION_KEY},
        [enpact.PRODUCTION_KEY],
        {"api_key": enpact.REVOKED_KEY},
    ),
    "envitron": Case(
        envitron.EnvitronSimulator,
        {"username": envitron.USERNAME, "password": envitron.PASSWORD},
        [envitron.USERNAME, envitron.PASSWORD],
        {"password": "not the pass word"},
    ),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What a probe printed, and how it ended."""

    code: int | None
    out: str
    err: str

    @property
    def shapes(self) -> dict[str, Any]:
        """The JSON at the end."""
        found = re.search(r"```json\n(.*)\n```\n\Z", self.out, re.DOTALL)
        assert found is not None, self.out
        shapes: dict[str, Any] = json.loads(found[1])
        return shapes

    def rows(self, section: str) -> list[dict[str, str]]:
        """A section's table."""
        lines = self.out.partition(f"### {section}\n\n")[2].partition("\n\n")[0].splitlines()
        titles, _, *rows = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
        return [dict(zip(titles, row, strict=True)) for row in rows]


async def probe(
    *arguments: str, environment: Mapping[str, str], python: Sequence[str] = PROBE, interrupted_at: str | None = None
) -> Printed:
    """Run it as the script does, without a terminal."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *python,
        *arguments,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    before = b""
    if interrupted_at is not None:
        assert process.stderr is not None
        while interrupted_at.encode() not in before:
            before += await asyncio.wait_for(process.stderr.readline(), 20)
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Printed(process.returncode, out.decode(), (before + err).decode())


def environment_of(vendor: str, url: str, changed: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """The environment variables for a vendor's simulator."""
    entered = {**CASES[vendor].entered, **dict.fromkeys(CASES[vendor].addresses, url + CASES[vendor].path), **changed}
    return {f"{vendor}_{key}".upper(): value for key, value in entered.items()}


async def probed(
    vendor: str, *arguments: str, fault: Fault | None = None, skip: int = 0, changed: Mapping[str, str] = NOTHING
) -> tuple[Printed, Simulator]:
    """Probe a simulator, perhaps one with a fault."""
    simulator = CASES[vendor].simulator()
    if fault is not None:
        simulator.faults.add(fault, skip=skip)
    async with running(simulator) as server:
        environment = environment_of(vendor, server.url, changed)
        return await probe(vendor, "--pause", "0", *arguments, environment=environment), simulator


async def private_words(vendor: str, server: Server) -> set[str]:
    """The ids, names and keys that are ids of everything in the account."""
    entered = {**CASES[vendor].entered, **dict.fromkeys(CASES[vendor].addresses, server.url + CASES[vendor].path)}
    vendor_class = VENDORS[vendor]
    entered |= {
        field.key: field.default
        for field in vendor_class.credential_fields
        if field.key not in entered and isinstance(field.default, str)
    }
    async with aiohttp.ClientSession() as session:
        budgets = Budget(vendor_class.limit(entered)), Budget(vendor_class.login_limit)
        connection = Connection(
            credentials=entered,
            session=session,
            budget=budgets[0],
            login_budget=budgets[1],
            vault=Vault(),
            user_agent="EnergyClouds/0 tests",
        )
        client = vendor_class(connection, Inventory())
        account, inventory = await client.login(), await client.discover()
        inventory = (await client.read(inventory.points)).inventory or inventory
    words: list[str | None] = [account.id]
    for site in inventory.sites:
        words += [site.id, site.name]
    for device in inventory.devices:
        words += [device.id, device.name, device.serial]
    for point in inventory.points:
        words += [point.name, point.id.key if re.search(r"\d{3}", point.id.key) else None]
    return {word for word in words if word is not None and len(word) >= LONG_ENOUGH}


def leaked(printed: Printed, words: Sequence[str] | set[str]) -> list[str]:
    """Those of the words that were printed anywhere."""
    return [word for word in words if word in printed.out or word in printed.err]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_every_vendor_is_shown_without_a_name_or_a_secret(vendor: str) -> None:
    case = CASES[vendor]
    simulator = case.simulator()
    async with running(simulator) as server:
        environment = environment_of(vendor, server.url)
        printed = await probe(vendor, "--pause", "0", environment=environment)
        agents = {request.headers["user-agent"] for request in simulator.requests}
        sent = len(simulator.requests)
        words = await private_words(vendor, server)
    assert printed.code == 0, printed.err
    assert printed.out.startswith(f"## Energy Clouds probe: {VENDORS[vendor].title}\n")
    assert "- account: [redacted], named" in printed.out
    assert [agent for agent in agents if not re.fullmatch(r"EnergyClouds-probe/\d+\.\d+\.\d+", agent)] == []
    points = printed.rows("Points")
    assert points
    assert all(row["quantity"] and row["nature"] for row in points)
    assert [row for row in points if row["value"]] == [row for row in points if row["age in s"]] != []
    assert {row["device"] for row in points} <= {row["device"] for row in printed.rows("Devices")}
    assert sum(int(row["requests sent"]) for row in printed.rows("Requests")) == sent
    assert printed.shapes
    assert words
    assert leaked(printed, {*words, *case.secrets, server.url, f"127.0.0.1:{server.port}"}) == []


@pytest.mark.parametrize("vendor", VENDORS)
async def test_names_are_shown_to_who_asks_for_them_but_no_secret_ever(vendor: str) -> None:
    async with running(CASES[vendor].simulator()) as server:
        words = await private_words(vendor, server)
        environment = environment_of(vendor, server.url)
        printed = await probe(vendor, "--pause", "0", "--names", "--all", "--no-values", environment=environment)
    assert printed.code == 0, printed.err
    shown = leaked(printed, words)
    assert len(shown) > len(words) / 2
    assert leaked(printed, CASES[vendor].secrets) == []
    assert "value" not in printed.rows("Points")[0]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_home_assistant_is_not_imported(vendor: str) -> None:
    async with running(CASES[vendor].simulator()) as server:
        environment = environment_of(vendor, server.url)
        printed = await probe(vendor, "--pause", "0", environment=environment, python=("-X", "importtime", *PROBE))
    assert printed.code == 0
    imported = re.findall(r"^import time:.*\| +([\w.]+)$", printed.err, re.MULTILINE)
    assert f"vendors.{vendor}" in imported
    assert {name.partition(".")[0] for name in imported} & {"homeassistant", "custom_components", "voluptuous"} == set()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_wrong_credential(vendor: str) -> None:
    case = CASES[vendor]
    printed, _ = await probed(vendor, changed=case.wrong)
    assert printed.code == 1
    assert "error: invalid_auth: This is not accepted" in printed.err
    assert "- ended early: invalid_auth (InvalidCredentials" in printed.out
    assert "- devices:" not in printed.out
    assert leaked(printed, [*case.secrets, *case.wrong.values()]) == []


FAULTS = [
    (
        RateLimited(seconds=77),
        "rate_limited: The service takes no more requests at the moment. Try again in 78 seconds.",
    ),
    (HtmlPage(), "cannot_connect: The service could not be reached."),
    (HtmlPage(200), "cannot_connect: The service could not be reached."),
    (Status(503, "down"), "cannot_connect: The service could not be reached."),
]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=["429", "html 502", "html 200", "503"])
async def test_a_failure_after_the_sign_in(vendor: str, fault: Fault, reason: str) -> None:
    printed, _ = await probed(vendor, fault=fault, skip=CASES[vendor].sign_in)
    assert printed.code == 1
    assert printed.err.splitlines()[-1].startswith(f"error: {reason}")
    assert f"- ended early: {reason.partition(':')[0]} (" in printed.out
    assert "- account: [redacted]" in printed.out
    assert leaked(printed, [*CASES[vendor].secrets, "nginx", "Traceback"]) == []


async def test_a_failure_of_the_reading_leaves_what_was_listed() -> None:
    simulator = enpact.EnpactSimulator()
    simulator.faults.add(Status(503, "down"), method="POST")
    async with running(simulator) as server:
        printed = await probe("enpact", environment=environment_of("enpact", server.url))
    assert (printed.code, "error: cannot_connect: " in printed.err) == (1, True)
    assert printed.rows("Devices")
    assert printed.shapes.keys() == {"GET /devices", "GET /meters"}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_wait_that_the_service_asks_for_is_printed(vendor: str) -> None:
    printed, simulator = await probed(vendor, fault=RateLimited(seconds=77))
    assert printed.code == 1
    assert re.search(r"in 7[78] s", printed.out)
    assert "### Devices" not in printed.out
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_service_that_is_down(vendor: str) -> None:
    server = Server(CASES[vendor].simulator())
    await server.start()
    await server.stop()
    printed = await probe(vendor, environment=environment_of(vendor, server.url))
    assert printed.code == 1
    assert "error: cannot_connect: The service could not be reached." in printed.err
    assert "1 x ClientConnectorError" in printed.out
    assert leaked(printed, ["Traceback", str(server.port), *CASES[vendor].secrets]) == []


async def test_an_answer_that_nobody_expects_is_shown_by_its_shape() -> None:
    printed, _ = await probed("enpact", fault=Answer({"surprise": {"inner": 1}}))
    assert printed.code == 1
    assert "error: unknown: the service answered in a way that no document describes" in printed.err
    assert list(printed.shapes.values()) == [{"surprise": {"inner": "integer"}}]


async def test_history() -> None:
    printed, _ = await probed("enpact", "--history", "2")
    assert printed.code == 0
    history = printed.rows("History\n\n2 h asked for, the first 3 batches (at most 6) looked at.")
    assert {row["key"] for row in history} == {"`imp`", "`exp`"}
    assert all(float(row["oldest in h"]) <= 2 for row in history)


async def test_a_service_without_history() -> None:
    printed, _ = await probed("envitron", "--history", "2")
    assert "### History\n\nThis service gives no history.\n" in printed.out


async def test_a_session_left_behind_is_named() -> None:
    printed, _ = await probed("envitron")
    assert "signed in 1 x (POST /public-api/token/)" in printed.err
    assert "expires at the service by itself in 60.0 days" in printed.err


async def test_an_address_that_is_none() -> None:
    printed = await probe("envitron", environment=environment_of("envitron", "ftp://someone:something@portal.example/"))
    assert (printed.code, "error: invalid_url: " in printed.err) == (1, True)
    assert leaked(printed, ["something", "portal.example", "Traceback"]) == []


@pytest.fixture
def heeded_ctrl_c() -> Iterator[None]:
    """Tests that run in the background were told to ignore it, and would pass that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


async def test_ctrl_c(heeded_ctrl_c: None) -> None:
    simulator = enpact.EnpactSimulator()
    simulator.faults.add(Slow(30))
    async with running(simulator) as server:
        environment = environment_of("enpact", server.url)
        printed = await probe("enpact", environment=environment, interrupted_at="signing in")
    assert (printed.code, printed.out) == (130, "")
    assert printed.err.endswith("interrupted\n")
    assert "Traceback" not in printed.err


def vendors_and_variables() -> Iterator[tuple[str, str]]:
    for vendor in VENDORS.values():
        for field in vendor.credential_fields:
            yield vendor.key, f"{vendor.key}_{field.key}".upper()


@pytest.mark.parametrize("arguments", [(), ("pasted-secret",), ("enpact", "pasted-secret"), ("enpact", "--key=secret")])
async def test_misuse_lists_the_vendors_and_their_variables(arguments: Sequence[str]) -> None:
    printed = await probe(*arguments, environment={})
    assert (printed.code, printed.out) == (2, "")
    assert [one for one in vendors_and_variables() if not set(one) <= set(re.findall(r"\w+", printed.err))] == []
    assert "secret" not in printed.err


async def test_help() -> None:
    printed = await probe("--help", environment={})
    assert (printed.code, printed.err) == (0, "")
    assert "what is printed:" in printed.out


@pytest.mark.parametrize("vendor", VENDORS)
async def test_without_a_terminal_what_is_missing_is_named(vendor: str) -> None:
    printed = await probe(vendor, environment={})
    assert (printed.code, printed.out) == (2, "")
    first = next(field.key for field in VENDORS[vendor].credential_fields if field.required and field.default is None)
    assert f"set {vendor.upper()}_{first.upper()}," in printed.err


async def test_a_choice_is_checked() -> None:
    printed, simulator = await probed("enpact", changed={"environment": "staging"})
    assert (printed.code, printed.err) == (2, "error: ENPACT_ENVIRONMENT must be one of: production, sandbox\n")
    assert simulator.requests == []
