"""Enapter's latest telemetry: what is asked how, what is too old, and what a bad device does to the call."""

from datetime import timedelta
import json
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BARE,
    BATTERY,
    ELECTROLYSER,
    HOME,
    NOT_FOUND,
    NOT_RELEVANT,
    OFFICE,
    POWER_METER,
)

from .conftest import NOON
from .enapter_client import UNKNOWN, Client, enapter

LATEST = "/v3/telemetry/latest"
INVALID = (400, "invalid_query_parameter_format")


async def told(client: Client, *devices: str) -> Any:
    """Return the answer for the attribute `battery_soc` of some devices."""
    return await client.get(LATEST, **{f"devices[{device}]": "battery_soc" for device in devices})


async def test_several_devices_at_once(clock: SimClock) -> None:
    async with enapter(clock) as client:
        query = {f"devices[{BATTERY}]": "battery_soc,battery_power", f"devices[{POWER_METER}]": "total_power"}
        body = await client.get(LATEST, relevance_interval="30s", **query)
        expected: dict[str, Any] = {BATTERY: {}, POWER_METER: {}}
        for device, name in ((BATTERY, "battery_soc"), (BATTERY, "battery_power"), (POWER_METER, "total_power")):
            row = client.simulator.truth(device, name, NOON)
            assert row is not None
            expected[device][name] = {"timestamp": int(row.time.timestamp()), "value": row.value}
        assert body == {"telemetry": expected}


@pytest.mark.parametrize("brackets", ["[]", "%5B%5D"])
@pytest.mark.parametrize("comma", [",", "%2C"])
async def test_brackets_and_commas_are_raw_or_encoded(clock: SimClock, brackets: str, comma: str) -> None:
    begin, end = brackets[: len(brackets) // 2], brackets[len(brackets) // 2 :]
    async with enapter(clock) as client:
        path = f"{LATEST}?devices{begin}{BATTERY}{end}=battery_soc{comma}battery_power"
        async with client.session.get(
            URL(f"{client.url}{path}", encoded=True),
            headers={"X-Enapter-Auth-Token": next(iter(client.simulator.tokens))},
        ) as response:
            assert (await response.json())["telemetry"][BATTERY].keys() == {"battery_soc", "battery_power"}
        assert path.endswith(client.simulator.requests[-1].query_string)


async def test_an_attribute_that_does_not_exist_has_a_warning(clock: SimClock) -> None:
    async with enapter(clock) as client:
        entries = await client.latest(BATTERY, "battery_soc", "nope")
        assert entries["nope"] == {"warning": "Telemetry attribute is not found."} == {"warning": NOT_FOUND}
        assert entries["battery_soc"].keys() == {"timestamp", "value"}


async def test_values_older_than_the_relevance_interval_are_not_told(clock: SimClock) -> None:
    async with enapter(clock) as client:
        row = client.simulator.truth(AMBIENT_SENSOR, "ambient_temperature", NOON)
        assert row is not None
        assert NOON - row.time == timedelta(seconds=39)
        for relevance, fresh in ((None, False), ("30s", False), ("38s", False), ("39s", True), ("5m", True)):
            entry = await client.latest(AMBIENT_SENSOR, "ambient_temperature", relevance=relevance)
            expected = (
                {"timestamp": int(row.time.timestamp()), "value": row.value} if fresh else {"warning": NOT_RELEVANT}
            )
            assert entry == {"ambient_temperature": expected}


async def test_a_declared_attribute_without_values_has_a_warning(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.change_attribute(BATTERY, "battery_dod", type="float")
        assert await client.latest(BATTERY, "battery_dod") == {"battery_dod": {"warning": NOT_RELEVANT}}


async def test_a_device_without_a_manifest_has_telemetry(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert (await client.latest(BARE, "power"))["power"]["value"] > 0


@pytest.mark.parametrize("interval", ["30", "x", "", "1d", "-5s", "5 m"])
async def test_durations_are_gos(clock: SimClock, interval: str) -> None:
    async with enapter(clock) as client:
        query = {f"devices[{BATTERY}]": "battery_soc", "relevance_interval": interval}
        assert await client.refused(LATEST, **query) == INVALID


@pytest.mark.parametrize("interval", ["0", "0s", "1h30m", "1.5h", "90m", "5400s", "5400000ms"])
async def test_durations_have_many_forms(clock: SimClock, interval: str) -> None:
    async with enapter(clock) as client:
        entry = (await client.latest(BATTERY, "battery_soc", relevance=interval))["battery_soc"]
        assert ("timestamp" in entry) is (interval not in ("0", "0s"))


@pytest.mark.parametrize("query", [{}, {"devices": "a"}, {"devices[]": "a"}, {"devices[a][b]": "a"}])
async def test_devices_have_to_be_named(clock: SimClock, query: dict[str, str]) -> None:
    async with enapter(clock) as client:
        assert await client.refused(LATEST, **query) == INVALID


async def test_silent_devices(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.silence(BATTERY)
        assert "timestamp" in (await client.latest(BATTERY, "battery_soc"))["battery_soc"]
        clock.advance(timedelta(minutes=5))
        assert await client.latest(BATTERY, "battery_soc") == {"battery_soc": {"warning": NOT_RELEVANT}}
        client.simulator.wake(BATTERY)
        clock.advance(timedelta(seconds=30))
        assert "timestamp" in (await client.latest(BATTERY, "battery_soc"))["battery_soc"]


@pytest.mark.parametrize(
    ("missing", "expected"), [("absent", {}), ("null", {"nope": {"timestamp": int(NOON.timestamp()), "value": None}})]
)
async def test_missing_values_may_look_otherwise(clock: SimClock, missing: str, expected: Any) -> None:
    async with enapter(clock, missing=missing) as client:
        assert await client.latest(BATTERY, "nope") == expected


async def test_a_silent_device_may_be_absent(clock: SimClock) -> None:
    async with enapter(clock, silent_device="absent") as client:
        client.simulator.silence(BATTERY, NOON - timedelta(hours=1))
        assert await told(client, BATTERY) == {"telemetry": {}}


async def test_there_may_be_no_wrapper(clock: SimClock) -> None:
    async with enapter(clock, wrapper=False) as client:
        assert (await told(client, BATTERY)).keys() == {BATTERY}


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_an_unknown_device_fails_the_whole_call(clock: SimClock, status: int) -> None:
    async with enapter(clock, unknown_device=status) as client:
        query = {f"devices[{device}]": "battery_soc" for device in (BATTERY, UNKNOWN)}
        assert await client.refused(LATEST, **query) == (status, "DEVICE_NOT_FOUND")
        assert await told(client, BATTERY)


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_a_forbidden_device_fails_the_whole_call(clock: SimClock, status: int) -> None:
    async with enapter(clock, forbidden_device=status) as client:
        client.simulator.forbid(BATTERY)
        query = {f"devices[{device}]": "total_power" for device in (POWER_METER, BATTERY)}
        assert await client.refused(LATEST, **query) == (status, "forbidden")
        assert (await client.device(BATTERY))["id"] == BATTERY, "only its telemetry is forbidden"
        client.simulator.allow(BATTERY)
        assert await told(client, BATTERY)


async def test_bad_devices_may_just_be_absent(clock: SimClock) -> None:
    async with enapter(clock, unknown_device="absent", forbidden_device="absent") as client:
        client.simulator.forbid(POWER_METER)
        assert (await told(client, BATTERY, POWER_METER, UNKNOWN))["telemetry"].keys() == {BATTERY}


async def test_addresses_above_8_kb_are_414(clock: SimClock) -> None:
    async with enapter(clock) as client:
        start = f"{LATEST}?devices%5B{BATTERY}%5D="
        for length, status in ((8192, 200), (8193, 414), (30_000, 414)):
            names = ",".join(["battery_soc"] * 5000)
            path = (start + names)[:length]
            response, _ = await client.ask("GET", path)
            assert response.status == status
            assert len(client.simulator.requests[-1].query_string) + len(LATEST) + 1 == length


async def test_the_limit_of_addresses_is_a_switch(clock: SimClock) -> None:
    async with enapter(clock, address_limit=1000) as client:
        for length, status in ((1000, 200), (1001, 414)):
            response, _ = await client.ask("GET", f"{LATEST}?devices%5B{BATTERY}%5D=".ljust(length, "x"))
            assert response.status == status


async def test_one_device_under_its_site(clock: SimClock) -> None:
    async with enapter(clock) as client:
        path = f"/v3/sites/{HOME}/devices/{BATTERY}/telemetry"
        body = await client.get(path, **{"attribute.in": "battery_soc,nope", "relevance_interval": "60s"})
        assert body == {"telemetry": await client.latest(BATTERY, "battery_soc", "nope")}
        assert await client.refused(path, relevance_interval="x") == INVALID
        for nothing in (path.replace(HOME, OFFICE), path.replace(BATTERY, UNKNOWN)):
            assert await client.refused(nothing) == (404, "DEVICE_NOT_FOUND")
        client.simulator.forbid(BATTERY)
        assert await client.refused(path) == (403, "forbidden")


async def test_values_of_every_type(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.raise_alert(ELECTROLYSER, "leak")
        clock.advance(timedelta(seconds=30))
        names = ("running", "status", "mode", "gas_lel", "warnings", "stack", "firmware", "alerts")
        values = {name: entry["value"] for name, entry in (await client.latest(ELECTROLYSER, *names)).items()}
        kinds = [type(values[name]) for name in names]
        assert kinds == [bool, str, int, float, list, dict, dict, list]
        assert values["alerts"] == ["leak"]


async def test_values_that_no_manifest_foresees(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for value in ("exploded", 17, None, True, ["a"], {"a": 1}):
            client.simulator.set_value(ELECTROLYSER, "status", value)
            clock.advance(timedelta(seconds=30))
            assert (await client.latest(ELECTROLYSER, "status"))["status"]["value"] == value
        client.simulator.restore(ELECTROLYSER, "status")
        assert (await client.latest(ELECTROLYSER, "status"))["status"]["value"] == "steady"


async def test_attributes_are_named_in_any_script(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.change_attribute(BATTERY, "température é", type="float")
        _, text = await client.ask("GET", f"{LATEST}?devices[{BATTERY}]={quote('température é')}")
        assert json.loads(text)["telemetry"][BATTERY] == {"température é": {"warning": NOT_RELEVANT}}
