"""Eniris' own driver for Python reads everything from the simulator of Eniris' cloud."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    GRID_METER,
    HEAT_PUMP,
    HOUR,
    INVERTER,
    MAIN_METER,
    MINUTE,
    NAMESPACED,
    OFFICE_DATABASE,
    PASSWORD,
    ROOF,
    SUBMETERS,
    TEN_MINUTES,
    USERNAME,
    EnirisSimulator,
)
from tests.simulators.server import running
from tests.simulators.world import Meter, World

from .referee import Referee, refereeing

NOW = datetime(2026, 6, 17, 13, 0, 30, tzinfo=UTC)
"""A day in summer: everything produces, charges and discharges within the 24 hours before."""
END = NOW.replace(second=0)
WORDS: Mapping[tuple[str, str], tuple[str, str]] = {
    (GRID_METER, "imported"): ("grid", "imported"),
    (GRID_METER, "exported"): ("grid", "exported"),
    (INVERTER, "produced"): ("solar", "exported"),
    (BATTERY, "charged"): ("battery", "imported"),
    (BATTERY, "discharged"): ("battery", "exported"),
    (CHARGER, "consumed"): ("ev_charger", "imported"),
    (HEAT_PUMP, "consumed"): ("heat_pump", "imported"),
    (MAIN_METER, "imported"): ("office grid", "imported"),
    (ROOF, "produced"): ("office solar", "exported"),
    (SUBMETERS["kitchen"], "imported"): ("office kitchen", "imported"),
    (NAMESPACED, "imported"): ("office lighting", "imported"),
}
"""What counts energy, in which word: the world's meter, and which of its registers."""
DOWNSAMPLED: Mapping[str, tuple[str, str]] = {TEN_MINUTES: (GRID_METER, "imported"), HOUR: (BATTERY, "charged")}
"""A device and word with sums under a coarser policy."""
POWERS: Mapping[str, tuple[str, float]] = {
    GRID_METER: ("grid", 1),
    BATTERY: ("battery", 1),
    MAIN_METER: ("office grid", 1),
    ROOF: ("office solar", -1),
    NAMESPACED: ("office lighting", 1),
}
"""What has a power: the world's meter, and the sign that Eniris gives it."""

type Devices = Mapping[str, Mapping[str, Any]]
"""The properties of devices by `nodeId`."""


@pytest.fixture
def simulator() -> EnirisSimulator:
    """A cloud whose clock stands still."""
    return EnirisSimulator(clock=SimClock(NOW))


@asynccontextmanager
async def signing_in(simulator: EnirisSimulator) -> AsyncGenerator[Referee]:
    """Let the driver work with the usual account; it signs in only when it has to."""
    async with serving(simulator) as addresses, refereeing("eniris") as eniris:
        await eniris.ask("open", **addresses, username=USERNAME, password=PASSWORD)
        yield eniris


@asynccontextmanager
async def serving(simulator: EnirisSimulator) -> AsyncGenerator[Mapping[str, str]]:
    """Serve both hosts, and give their addresses as the driver wants them."""
    async with running(simulator.authentication) as authentication, running(simulator.api) as api:
        yield {"authUrl": authentication.url, "apiUrl": api.url}


async def listed(eniris: Referee) -> Devices:
    """Return the devices that have a `nodeId`."""
    told = await eniris.ask("post", path="/v1/device/query", json={})
    assert told["status"] == 200
    return {device["properties"]["nodeId"]: device["properties"] for device in told["body"]["device"]}


async def asked(eniris: Referee, queries: Any) -> Any:
    """Return the answer to queries for telemetry."""
    told = await eniris.ask("post", path="/v1/telemetry/query", json=queries)
    assert (told["status"], told["slept"]) == (200, [])
    assert float(told["headers"]["x-ratelimit-cost"]) > 0
    return told["body"]


def query(devices: Devices, node_id: str, fields: Sequence[str], policy: str, span: timedelta, **more: Any) -> Any:
    """Return a query for fields of a device, from the series that has them, up to the present."""
    for series in devices[node_id]["nodeInfluxSeries"]:
        place = {name: series[name] for name in ("database", "retentionPolicy", "namespace") if name in series}
        if place.get("namespace", place)["retentionPolicy"] == policy and set(fields) <= set(series["fields"]):
            times = [(">=", (END - span).isoformat()), ("<=", END.timestamp() * 1000)]
            return {
                "select": list(fields),
                "from": {**place, "measurement": series["measurement"]},
                "where": {
                    "time": [{"operator": operator, "value": value} for operator, value in times],
                    "tags": series["tags"],
                },
                **more,
            }
    raise LookupError(node_id, fields, policy)


def rows(item: Any) -> list[dict[str, Any]]:
    """Return the rows of an item of an answer."""
    return [dict(zip(one["columns"], values, strict=True)) for one in item["series"] for values in one["values"]]


def meter(world: World, name: str) -> Meter:
    where, _, of = name.rpartition(" ")
    return world.meters[of] if where else world.home.meters[of]


async def test_devices_are_read(simulator: EnirisSimulator) -> None:
    async with signing_in(simulator) as eniris:
        queried = await eniris.ask("post", path="/v1/device/query", json={})
        got = await eniris.ask("get", path="/v1/device")
        two = await eniris.ask("get", path="/v1/device", params={"id": [37_142, 51_200]})
        few = await eniris.ask(
            "post", path="/v1/device/query", json={"fields": ["name"], "filter": {"nodeId": [GRID_METER, ROOF]}}
        )
        await eniris.ask("close")
        await eniris.ask("close")
    assert {device["id"]: device["properties"] for device in queried["body"]["device"]} == {
        node.id: node.listed() for node in simulator.nodes
    }
    assert got["body"] == queried["body"]
    assert [device["id"] for device in two["body"]["device"]] == [37_142, 51_200]
    assert [device["properties"] for device in few["body"]["device"]] == [
        {"name": simulator.node(node_id).properties["name"]} for node_id in (GRID_METER, ROOF)
    ]
    assert [f"{request.method} {request.path} {request.status}" for request in simulator.requests] == [
        "POST /auth/login 200",
        "GET /auth/accesstoken 200",
        "POST /v1/device/query 200",
        "GET /v1/device 200",
        "GET /v1/device 200",
        "POST /v1/device/query 200",
        "POST /auth/logout 204",
    ]


async def test_newest_values_are_the_worlds(simulator: EnirisSimulator) -> None:
    async with signing_in(simulator) as eniris:
        devices = await listed(eniris)
        queries = [
            query(devices, node_id, ["actualPowerTot_W"], MINUTE, timedelta(minutes=10), orderBy="DESC", limit=1)
            for node_id in POWERS
        ]
        answers = await asked(eniris, queries)
        alone = await asked(eniris, queries[0])
        namespace = await eniris.ask("namespace", database=OFFICE_DATABASE, retentionPolicy=MINUTE)
    assert [item["statement_id"] for item in answers] == list(range(len(POWERS)))
    assert alone == answers[0]
    assert queries[list(POWERS).index(NAMESPACED)]["from"]["namespace"] == namespace
    for (node_id, (true, sign)), item in zip(POWERS.items(), answers, strict=True):
        [row] = rows(item)
        time, value = simulator.newest(node_id, "actualPowerTot_W") or (None, None)
        assert (datetime.fromisoformat(row["time"]), row["actualPowerTot_W"]) == (time, value)
        assert time == END
        watts = meter(simulator.world, true).power(END).total
        assert row["actualPowerTot_W"] == pytest.approx(sign * watts, abs=0.06)


async def test_a_day_of_registers_and_deltas_is_the_worlds_energy(simulator: EnirisSimulator) -> None:
    day = timedelta(days=1)
    async with signing_in(simulator) as eniris:
        devices = await listed(eniris)
        answers = await asked(
            eniris,
            [
                query(devices, node_id, [f"{word}AbsEnergyTot_Wh", f"{word}EnergyDeltaTot_Wh"], MINUTE, day)
                for node_id, word in WORDS
            ],
        )
        sums = await asked(
            eniris,
            [
                query(devices, node_id, [f"sum_{word}EnergyDeltaTot_Wh"], policy, day)
                for policy, (node_id, word) in DOWNSAMPLED.items()
            ],
        )
    for ((_, word), (true, register)), item in zip(WORDS.items(), answers, strict=True):
        table = rows(item)
        times = [datetime.fromisoformat(row["time"]) for row in table]
        assert times == [END - day + timedelta(minutes=minute) for minute in range(1441)]
        energy = getattr(simulator.world.energy(meter(simulator.world, true), times[0], times[-1]), register)
        assert energy > 100
        counted = [row[f"{word}AbsEnergyTot_Wh"] for row in table]
        assert counted[-1] - counted[0] == pytest.approx(energy, abs=0.11)
        assert sum(row[f"{word}EnergyDeltaTot_Wh"] for row in table[1:]) == pytest.approx(energy, abs=0.01)
    for (node_id, word), item in zip(DOWNSAMPLED.values(), sums, strict=True):
        true, register = WORDS[node_id, word]
        table = rows(item)
        first, last = (datetime.fromisoformat(table[index]["time"]) for index in (0, -1))
        assert last - first > timedelta(hours=22)
        energy = getattr(simulator.world.energy(meter(simulator.world, true), first, last), register)
        assert sum(row[f"sum_{word}EnergyDeltaTot_Wh"] for row in table[1:]) == pytest.approx(energy, abs=0.01)
