"""Envitron's data: what it lists, what its values are, how old they may be, and when there are none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.envitron import OFFICE, WAREHOUSE, Hub, Sensor

from .conftest import NOON
from .envitron_client import (
    ACTUAL,
    DELIVERY,
    FLOW,
    LAST_VALUES,
    LATEST,
    POINT_1,
    POINT_2,
    PRODUCTION,
    RETURN,
    TOGETHER,
    VALUES,
    VOLUME,
    by_uuid,
    envitron,
    silence_office,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SUNNY_SUNDAY = datetime(2026, 6, 28, 12, tzinfo=UTC)


async def test_buildings(clock: SimClock) -> None:
    async with envitron(clock) as client:
        assert await client.get("/buildings/") == [
            {"uuid": OFFICE, "name": "Office", "id": 12},
            {"uuid": WAREHOUSE, "name": "Warehouse", "id": 31},
        ]


async def test_sensors_have_a_uuid_that_is_not_their_id(clock: SimClock) -> None:
    async with envitron(clock) as client:
        rows = await client.get(f"/buildings/{OFFICE}/sensors/")
        assert rows[0] == {
            "id": 345,
            "uuid": DELIVERY,
            "name": "Main meter delivery",
            "type": "delivery",
            "unit": "W",
            "sensor_hub": {"id": 77, "uuid": "0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701", "name": "Smart meter"},
        }
        everywhere = rows + await client.get(f"/buildings/{WAREHOUSE}/sensors/")
        assert {row["uuid"] for row in everywhere} == set(client.simulator.sensors)
        assert all(str(UUID(row["uuid"], version=4)) == row["uuid"] for row in everywhere)
        assert len({row["id"] for row in everywhere}) == len(everywhere)


async def test_hubs_collect_the_sensors_of_a_device(clock: SimClock) -> None:
    async with envitron(clock) as client:
        hubs: dict[str | None, list[tuple[str, str]]] = {}
        for row in await client.get(f"/buildings/{OFFICE}/sensors/"):
            hub = row["sensor_hub"] and row["sensor_hub"]["name"]
            hubs.setdefault(hub, []).append((row["type"], row["unit"]))
        assert hubs == {
            "Smart meter": [("delivery", "W"), ("return_delivery", "W")],
            "Solar inverter": [("production", "W")],
            "EV chargers": 3 * [("consumption", "W")],
            "Heat pump": [("consumption", "W"), ("temperature", "°C"), ("energy", "kWh")],
            "Water meter": [("water_volume", "m3"), ("water_flow", "L/h")],
            None: [("consumption", "W")],
        }
        assert len(await client.get(f"/buildings/{WAREHOUSE}/sensors/")) == 2


async def test_a_buildings_electricity_is_what_its_sensors_measured(clock: SimClock) -> None:
    async with envitron(clock) as client:
        sensors = client.simulator.sensors
        main, solar = NOON - 7 * SECOND, NOON - 43 * SECOND
        electricity = await client.get(ACTUAL)
        assert electricity == {
            "timestamp": int(solar.timestamp()),
            "consumption": sensors[DELIVERY].value(main) - sensors[RETURN].value(main),
            "production": sensors[PRODUCTION].value(solar),
        }
        assert electricity == client.simulator.actual(OFFICE, NOON) == await client.get(LATEST)
        assert electricity["production"] > 0
        grid = client.simulator.world.meter("grid").power(main).total
        assert electricity["consumption"] == pytest.approx(grid, abs=1)


async def test_a_building_without_production_has_none(clock: SimClock) -> None:
    async with envitron(clock) as client:
        electricity = await client.get(f"/buildings/{WAREHOUSE}/electricity/actual/")
        assert list(electricity) == ["timestamp", "consumption"]


async def test_consumption_is_negative_while_the_building_exports(clock: SimClock) -> None:
    clock.set(SUNNY_SUNDAY)
    async with envitron(clock) as client:
        assert (await client.get(ACTUAL))["consumption"] < 0
        values = by_uuid(await client.get(VALUES))
        assert values[DELIVERY]["value"] == 0
        assert values[RETURN]["value"] > 0


async def test_the_inverter_draws_a_little_at_night(clock: SimClock) -> None:
    clock.set(NOON + 12 * HOUR)
    async with envitron(clock) as client:
        assert -50 < (await client.get(ACTUAL))["production"] < 0


@pytest.mark.parametrize(("age", "heard"), [(120, True), (121, False)])
async def test_the_timestamp_is_the_oldest_of_the_last_120_seconds(clock: SimClock, *, age: int, heard: bool) -> None:
    async with envitron(clock) as client:
        main, simulator = NOON - 7 * SECOND, client.simulator
        since = main - age * SECOND
        simulator.silence(PRODUCTION, since)
        electricity = await client.get(ACTUAL)
        assert electricity["timestamp"] == int((since if heard else main).timestamp())
        assert ("production" in electricity) is heard
        simulator.wake(PRODUCTION)
        assert (await client.get(ACTUAL))["timestamp"] == int((NOON - 43 * SECOND).timestamp())


@pytest.mark.parametrize("path", [ACTUAL, VALUES])
async def test_without_measurements_of_the_last_hour_there_is_no_content(clock: SimClock, path: str) -> None:
    async with envitron(clock) as client:
        silence_office(client.simulator, NOON)
        clock.set(NOON + HOUR)
        assert (await client.read(path))[0] == 200
        clock.advance(SECOND)
        response, text = await client.ask("GET", path, token=await client.access())
        assert (response.status, text) == (204, "")
        assert "Content-Type" not in response.headers
        assert client.simulator.actual(OFFICE, clock()) is None


async def test_latest_remembers_for_ever(clock: SimClock) -> None:
    async with envitron(clock) as client:
        silence_office(client.simulator, NOON)
        electricity, values = await client.get(LATEST), await client.get(LAST_VALUES)
        clock.advance(timedelta(days=100))
        assert await client.get(LATEST) == electricity
        assert await client.get(LAST_VALUES) == values
        assert {row["timestamp"] for row in values} == {int(NOON.timestamp())}


@pytest.mark.parametrize("path", [VALUES, LAST_VALUES])
async def test_values_are_what_the_sensors_measured(clock: SimClock, path: str) -> None:
    clock.advance(timedelta(seconds=31.5))
    async with envitron(clock) as client:
        simulator = client.simulator
        values = by_uuid(await client.get(path))
        office = simulator.buildings[OFFICE].sensors
        assert set(values) == {uuid for uuid, sensor in office.items() if sensor.unit == "W"}
        for uuid, row in values.items():
            assert list(row) == ["sensor_uuid", "timestamp", "value"]
            measured = simulator.measured_at(uuid, clock())
            assert row["timestamp"] == int(measured.timestamp())
            assert row["value"] == office[uuid].value(measured)
            assert isinstance(row["value"], int), "whole watts"


async def test_sensors_measure_at_their_own_times(clock: SimClock) -> None:
    async with envitron(clock) as client:
        simulator = client.simulator
        for uuid, sensor in simulator.sensors.items():
            before = simulator.measured_at(uuid, NOON)
            assert 0 <= (NOON - before).total_seconds() < sensor.interval
            assert simulator.measured_at(uuid, before + sensor.interval * SECOND - SECOND) == before
            assert simulator.measured_at(uuid, before + sensor.interval * SECOND) == before + sensor.interval * SECOND
        assert {sensor.interval for sensor in simulator.sensors.values()} == {10, 60}
        row = by_uuid(await client.get(VALUES))[DELIVERY]
        clock.advance(2 * SECOND)
        assert by_uuid(await client.get(VALUES))[DELIVERY] == row, "times repeat between two measurements"
        clock.advance(SECOND)
        assert by_uuid(await client.get(VALUES))[DELIVERY]["timestamp"] == row["timestamp"] + 10


async def test_a_silent_sensor_disappears_after_an_hour_and_comes_back(clock: SimClock) -> None:
    async with envitron(clock) as client:
        simulator = client.simulator
        simulator.silence(DELIVERY)
        last = by_uuid(await client.get(VALUES))[DELIVERY]
        assert last["timestamp"] == int((NOON - 7 * SECOND).timestamp())
        clock.advance(HOUR - 7 * SECOND)
        assert by_uuid(await client.get(VALUES))[DELIVERY] == last
        clock.advance(SECOND)
        values = by_uuid(await client.get(VALUES))
        assert DELIVERY not in values
        assert RETURN in values
        assert by_uuid(await client.get(LAST_VALUES))[DELIVERY] == last
        simulator.wake(DELIVERY)
        assert by_uuid(await client.get(VALUES))[DELIVERY]["timestamp"] > last["timestamp"] + 3500


async def test_a_sensor_may_fall_silent_later(clock: SimClock) -> None:
    async with envitron(clock) as client:
        client.simulator.silence(DELIVERY, NOON + MINUTE)
        assert client.simulator.measured_at(DELIVERY, NOON) == NOON - 7 * SECOND
        clock.advance(2 * MINUTE)
        last = by_uuid(await client.get(VALUES))[DELIVERY]
        assert last["timestamp"] == int((NOON + MINUTE).timestamp())
        assert last["value"] == client.simulator.sensors[DELIVERY].value(NOON + MINUTE)


async def test_a_combined_sensor_is_the_sum_of_its_contributors(clock: SimClock) -> None:
    async with envitron(clock) as client:
        values = by_uuid(await client.get(VALUES))
        assert values[TOGETHER]["value"] == values[POINT_1]["value"] + values[POINT_2]["value"] > 0
        assert values[TOGETHER]["timestamp"] == values[POINT_1]["timestamp"] == values[POINT_2]["timestamp"]


@pytest.mark.parametrize(("age", "together"), [(120, True), (121, False)])
async def test_contributors_must_have_reported_within_120_seconds(clock: SimClock, *, age: int, together: bool) -> None:
    async with envitron(clock) as client:
        newest = client.simulator.measured_at(POINT_2, NOON)
        client.simulator.silence(POINT_1, newest - age * SECOND)
        values, last = by_uuid(await client.get(VALUES)), by_uuid(await client.get(LAST_VALUES))
        assert (TOGETHER in values) is together
        assert last[TOGETHER]["timestamp"] == values[POINT_1]["timestamp"] == int(newest.timestamp()) - age
        assert last[TOGETHER]["value"] == values[POINT_1]["value"] + values[POINT_2]["value"]


async def test_a_combined_sensor_needs_all_its_contributors(clock: SimClock) -> None:
    async with envitron(clock) as client:
        client.simulator.remove_sensor(POINT_1)
        for path in (VALUES, LAST_VALUES):
            assert set(by_uuid(await client.get(path))) & {POINT_1, POINT_2, TOGETHER} == {POINT_2}


async def test_sensors_come_and_go(clock: SimClock) -> None:
    new = "11111111-2222-4333-8444-555555555555"
    hub = Hub("99999999-2222-4333-8444-555555555555", 500, "Battery")
    truth: Callable[[datetime], float] = lambda moment: 1234.4 if moment >= NOON - MINUTE else 0.0  # noqa: E731
    async with envitron(clock) as client:
        simulator = client.simulator
        simulator.add_sensor(Sensor(new, 501, "Battery power", "battery", "W", WAREHOUSE, truth, hub))
        assert simulator.sensors[new].name == "Battery power"
        listed = await client.get(f"/buildings/{WAREHOUSE}/sensors/")
        assert (listed[-1]["uuid"], listed[-1]["sensor_hub"]["name"]) == (new, "Battery")
        row = by_uuid(await client.get(f"/buildings/{WAREHOUSE}/electricity/sensors/actual/"))[new]
        assert row == {"sensor_uuid": new, "timestamp": int(NOON.timestamp()), "value": 1234}
        simulator.remove_sensor(new)
        assert new not in simulator.sensors
        assert len(await client.get(f"/buildings/{WAREHOUSE}/sensors/")) == 2


async def test_water_is_the_worlds(clock: SimClock) -> None:
    async with envitron(clock) as client:
        sensors, water = client.simulator.sensors, client.simulator.world.utilities["water"]
        assert sensors[VOLUME].value(NOON) == pytest.approx(water.register(NOON), abs=5e-4)
        assert sensors[FLOW].value(NOON) == pytest.approx(1000 * water.rate(NOON), abs=5e-4)
        assert sensors[FLOW].value(NOON) > 0
