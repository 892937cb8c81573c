"""The shapes that Envitron's public documents leave open."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.envitron import OFFICE, WAREHOUSE

from .conftest import NOON
from .envitron_client import (
    ACTUAL,
    DELIVERY,
    LAST_VALUES,
    PRODUCTION,
    TOGETHER,
    VALUES,
    VOLUME,
    by_uuid,
    envitron,
    silence_office,
)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SENSORS = f"/buildings/{OFFICE}/sensors/"
SOLAR_TIME, MAIN_TIME = int(NOON.timestamp()) - 43, int(NOON.timestamp()) - 7
ABSENT = object()


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("guid", {"guid": OFFICE, "name": "Office", "id": 12}),
        ("id", {"id": OFFICE, "name": "Office"}),
    ],
)
async def test_keys_of_a_buildings_uuid(clock: SimClock, key: str, first: dict[str, Any]) -> None:
    async with envitron(clock, building_key=key) as client:
        assert (await client.get("/buildings/"))[0] == first


async def test_lists_in_pages(clock: SimClock) -> None:
    async with envitron(clock) as client:
        everything = await client.get(SENSORS)
    async with envitron(clock, envelope="page", page_size=5) as client:
        pages = [await client.get(SENSORS, page=number) for number in (1, 2, 3)]
        assert {page["count"] for page in pages} == {len(everything)} == {12}
        assert [row for page in pages for row in page["results"]] == everything
        assert [len(page["results"]) for page in pages] == [5, 5, 2]
        url = f"{client.url}/public-api{SENSORS}"
        assert [page["next"] for page in pages] == [f"{url}?page=2", f"{url}?page=3", None]
        assert [page["previous"] for page in pages] == [None, url, f"{url}?page=2"]
        assert await client.get(SENSORS) == pages[0]
        assert await client.get(SENSORS, page="last") == pages[2]
        for page in ("0", "4", "x"):
            assert await client.read(SENSORS, page=page) == (404, {"detail": "Invalid page."})
        assert len(await client.get(VALUES)) == 8, "values are no list of objects"


async def test_pages_have_two_rows_unless_told_otherwise(clock: SimClock) -> None:
    async with envitron(clock, envelope="page", paged_rows=True) as client:
        for path, count in (("/buildings/", 2), (SENSORS, 12), (VALUES, 8)):
            page = await client.get(path)
            assert (page["count"], len(page["results"])) == (count, 2)
        for uuid in list(client.simulator.buildings):
            client.simulator.remove_building(uuid)
        assert await client.get("/buildings/") == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("switches", "key", "value"),
    [
        ({"hub": "uuid"}, "sensor_hub", "0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701"),
        ({"hub": "id"}, "sensor_hub", 77),
        ({"hub": "absent"}, "sensor_hub", ABSENT),
        ({"hub": "id", "hub_key": "sensorhub"}, "sensorhub", 77),
        ({"hub_key": "sensorhub"}, "sensor_hub", ABSENT),
        ({"sensor_type_key": "sensor_type"}, "sensor_type", "delivery"),
        ({"sensor_type_key": "kind"}, "kind", "delivery"),
        ({"sensor_type_key": "kind"}, "type", ABSENT),
        ({"units": False}, "unit", ABSENT),
    ],
)
async def test_fields_of_a_listed_sensor(clock: SimClock, switches: dict[str, Any], key: str, value: Any) -> None:
    async with envitron(clock, **switches) as client:
        assert (await client.get(SENSORS))[0].get(key, ABSENT) == value


async def test_electricity_with_a_time_per_quantity(clock: SimClock) -> None:
    async with envitron(clock, electricity="nested") as client:
        truth = client.simulator.actual(OFFICE, NOON)
        assert truth is not None
        assert await client.get(ACTUAL) == {
            "electricity": {
                "consumption": {"timestamp": MAIN_TIME, "value": truth["consumption"]},
                "production": {"timestamp": SOLAR_TIME, "value": truth["production"]},
            }
        }


@pytest.mark.parametrize("path", [VALUES, LAST_VALUES])
async def test_values_by_uuid(clock: SimClock, path: str) -> None:
    async with envitron(clock, sensor_rows="by_uuid") as client:
        values = await client.get(path)
        assert len(values) == 8
        produced = client.simulator.sensors[PRODUCTION].value(NOON - 43 * SECOND)
        assert values[PRODUCTION] == {"timestamp": SOLAR_TIME, "value": produced}


async def test_a_single_value_is_an_object(clock: SimClock) -> None:
    async with envitron(clock, sensor_rows="single") as client:
        assert (await client.get(VALUES, sensor_uuid=DELIVERY))["sensor_uuid"] == DELIVERY
        assert len(await client.get(VALUES)) == 8
    async with envitron(clock) as client:
        assert [row["sensor_uuid"] for row in await client.get(VALUES, sensor_uuid=DELIVERY)] == [DELIVERY]


@pytest.mark.parametrize(
    ("key", "reference"),
    [("uuid", DELIVERY), ("sensor", {"id": 345, "uuid": DELIVERY, "name": "Main meter delivery"})],
)
async def test_how_values_name_their_sensor(clock: SimClock, key: str, reference: Any) -> None:
    async with envitron(clock, uuid_key=key) as client:
        row = (await client.get(VALUES))[0]
        assert list(row) == [key, "timestamp", "value"]
        assert row[key] == reference


@pytest.mark.parametrize("value_key", ["power", "watt"])
@pytest.mark.parametrize("time_key", ["time", "ts", "datetime"])
async def test_keys_of_values_and_times(clock: SimClock, value_key: str, time_key: str) -> None:
    async with envitron(clock, value_key=value_key, time_key=time_key) as client:
        row = (await client.get(VALUES))[0]
        value = client.simulator.sensors[DELIVERY].value(NOON - 7 * SECOND)
        assert row == {"sensor_uuid": DELIVERY, time_key: MAIN_TIME, value_key: value}
        assert list(await client.get(ACTUAL)) == [time_key, "consumption", "production"]


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("seconds", 1_781_697_557),
        ("milliseconds", 1_781_697_557_000),
        ("string", "1781697557"),
        ("iso", "2026-06-17T11:59:17Z"),
    ],
)
async def test_forms_of_times(clock: SimClock, form: str, written: Any) -> None:
    async with envitron(clock, time_format=form) as client:
        assert (await client.get(ACTUAL))["timestamp"] == written
        assert by_uuid(await client.get(VALUES))[PRODUCTION]["timestamp"] == written


@pytest.mark.parametrize("path", [VALUES, LAST_VALUES])
async def test_sensors_must_be_named(clock: SimClock, path: str) -> None:
    async with envitron(clock, requires_sensor_uuid=True) as client:
        assert await client.read(path) == (400, {"sensor_uuid": ["This field is required."]})
        assert list(by_uuid(await client.get(path, sensor_uuid=DELIVERY))) == [DELIVERY]
        assert (await client.read(ACTUAL))[0] == 200


async def test_several_sensors_may_be_named(clock: SimClock) -> None:
    async with envitron(clock) as client:
        for query in (f"?sensor_uuid={PRODUCTION}&sensor_uuid={DELIVERY}", f"?sensor_uuid={PRODUCTION},{DELIVERY}"):
            assert list(by_uuid(await client.get(VALUES + query))) == [DELIVERY, PRODUCTION]
        warehouse_sensor = next(iter(client.simulator.buildings[WAREHOUSE].sensors))
        assert await client.read(VALUES, sensor_uuid=warehouse_sensor) == (404, {"detail": "Not found."})
        assert await client.read(VALUES, sensor_uuid="345") == (400, {"sensor_uuid": ["Must be a valid UUID."]})
        assert await client.read(VALUES, sensor_uuid=VOLUME) == (204, None)


async def test_values_in_other_units(clock: SimClock) -> None:
    async with envitron(clock, all_sensors=True) as client:
        simulator = client.simulator
        values = by_uuid(await client.get(VALUES))
        office = simulator.buildings[OFFICE].sensors
        assert set(values) == set(office)
        for uuid, sensor in office.items():
            assert values[uuid]["value"] == sensor.value(simulator.measured_at(uuid, NOON))
            decimals = 0 if sensor.unit == "W" else 3
            assert values[uuid]["value"] == round(values[uuid]["value"], decimals)
        assert {sensor.unit for sensor in office.values()} == {"W", "°C", "kWh", "m3", "L/h"}


async def test_nothing_is_null(clock: SimClock) -> None:
    async with envitron(clock, null_values=True) as client:
        warehouse = await client.get(f"/buildings/{WAREHOUSE}/electricity/actual/")
        assert (warehouse["production"], warehouse["consumption"] is None) == (None, False)
        client.simulator.silence(DELIVERY, NOON - 2 * HOUR)
        values = by_uuid(await client.get(VALUES))
        assert values[DELIVERY] == {"sensor_uuid": DELIVERY, "timestamp": None, "value": None}
        assert len(values) == 8
        silence_office(client.simulator, NOON - 2 * HOUR)
        values = by_uuid(await client.get(VALUES))
        assert {row["value"] for row in values.values()} == {None}
        assert (await client.read(ACTUAL))[0] == 204


async def test_null_by_uuid_and_nested(clock: SimClock) -> None:
    async with envitron(clock, null_values=True, sensor_rows="by_uuid", electricity="nested") as client:
        client.simulator.silence(PRODUCTION, NOON - 2 * HOUR)
        nothing = {"timestamp": None, "value": None}
        assert (await client.get(VALUES))[PRODUCTION] == nothing
        assert (await client.get(VALUES))[TOGETHER]["value"] > 0
        assert (await client.get(ACTUAL))["electricity"]["production"] == nothing
