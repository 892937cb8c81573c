"""The devices of the usual account: two controllers, and what a client has to bear with (eniris.md A3.3, A3.4, A5)."""

from collections.abc import Mapping
import re
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    DATABASE,
    GATEWAY,
    GRID_METER,
    HEAT_PUMP,
    HOUR,
    INACTIVE,
    INVERTER,
    MAIN_METER,
    MINUTE,
    NAMESPACED,
    OFFICE_CONTROLLER,
    OFFICE_DATABASE,
    OFFICE_SITE,
    OPTIMIZER,
    ORPHAN,
    ROOF,
    SECOND,
    SITE,
    STRING,
    SUBMETERS,
    SWITCHBOARD,
    TEN_MINUTES,
    UNKNOWN,
    WITHOUT_SERIES,
    EnirisSimulator,
)

from .eniris_client import eniris, serve

SEEN = {
    *("smartgridController", "smartgridControllerSite", "switchboard", "powerMeter", "hybridInverter", "battery"),
    *("solarOptimizer", "solarString", "solarInverter", "evCharger", "heatPump"),
}
UNITS = {"W", "Wh", "V", "A", "Hz", "VAr", "frac", "s", "perkWh", "degC"}


def series_of(properties: Mapping[str, Any], policy: str) -> dict[str, list[str]]:
    """Return the fields of a device's series of a policy, by measurement."""
    return {
        one["measurement"]: one["fields"]
        for one in properties["nodeInfluxSeries"]
        if one.get("namespace", one)["retentionPolicy"] == policy
    }


async def test_the_tree_of_the_home(clock: SimClock) -> None:
    async with eniris(clock) as client:
        devices = await client.properties()
        parents = {node_id: device["nodeParentsIds"] for node_id, device in devices.items()}
        assert parents[CONTROLLER] == []
        assert parents[SITE] == [CONTROLLER]
        assert [parents[node_id] for node_id in (GRID_METER, INVERTER, CHARGER, HEAT_PUMP)] == [[SITE]] * 4
        assert [parents[node_id] for node_id in (BATTERY, OPTIMIZER, STRING)] == [[INVERTER]] * 3
        assert devices[INVERTER]["nodeChildrenIds"] == [BATTERY, OPTIMIZER, STRING]
        assert {device["nodeType"] for device in devices.values()} > SEEN


async def test_the_tree_of_the_office(clock: SimClock) -> None:
    async with eniris(clock) as client:
        devices = await client.properties()
        assert devices[OFFICE_SITE]["nodeParentsIds"] == [OFFICE_CONTROLLER]
        assert devices[SWITCHBOARD]["nodeParentsIds"] == [OFFICE_SITE]
        assert all(devices[one]["nodeParentsIds"] == [SWITCHBOARD] for one in (MAIN_METER, ROOF, *SUBMETERS.values()))
        databases = {one["database"] for node_id in (OFFICE_SITE, ROOF) for one in devices[node_id]["nodeInfluxSeries"]}
        assert databases == {OFFICE_DATABASE} != {DATABASE}


async def test_a_series_as_real_metadata_have_it(clock: SimClock) -> None:
    async with eniris(clock) as client:
        meter = (await client.properties())[GRID_METER]
        assert meter["nodeInfluxSeries"][0] == {
            "database": "beauvent",
            "retentionPolicy": "rp_one_m",
            "measurement": "getMeasStats",
            "fields": ["getMeasTime_s"],
            "tags": {"gatewayMAC": GATEWAY, "nodeId": GRID_METER},
        }
        assert meter["info"] == {"manufacturer": "LGF", "model": "Digital Smart Meter", "serialNumber": "E360"}


async def test_the_same_fields_are_in_seconds_and_minutes(clock: SimClock) -> None:
    async with eniris(clock) as client:
        meter = (await client.properties())[GRID_METER]
        fields = series_of(meter, SECOND)["submeteringMetrics"]
        assert fields == series_of(meter, MINUTE)["submeteringMetrics"]
        assert {
            *("actualPowerTot_W", "actualPowerL1_W", "importedAbsEnergyTot_Wh", "exportedEnergyDeltaTot_Wh"),
            *("voltageL1N_V", "currentL1_A", "frequency_Hz", "powerFactorTot", "reacPowerTot_VAr"),
        } <= set(fields)


async def test_downsampled_fields_have_prefixes(clock: SimClock) -> None:
    async with eniris(clock) as client:
        devices = await client.properties()
        assert series_of(devices[SITE], TEN_MINUTES) == {
            "installationMetrics": [
                "sum_childrenProducedEnergyDeltaTot_Wh",
                "sum_childrenConsumedEnergyDeltaTot_Wh",
                "sum_childrenStorageChargedEnergyDeltaTot_Wh",
                "sum_childrenStorageDischargedEnergyDeltaTot_Wh",
                "sum_autoconsumedEnergyDeltaTot_Wh",
            ],
            "planning": ["buyPrice_perkWh", "sellPrice_perkWh"],
        }
        assert "mean_chargedAbsEnergyTot_Wh" in series_of(devices[BATTERY], HOUR)["batteryMetrics"]


async def test_sites_have_the_sums_of_their_children(clock: SimClock) -> None:
    async with eniris(clock) as client:
        site = (await client.properties())[SITE]
        minutes, seconds = (series_of(site, policy)["installationMetrics"] for policy in (MINUTE, SECOND))
        assert set(minutes) - set(seconds) > {"childrenConsumedPower_W"}, "the consumption is in the minutes only"
        assert "childrenProducedPower_W" in seconds


async def test_units_are_suffixes(clock: SimClock) -> None:
    async with eniris(clock) as client:
        devices = await client.properties()
        fields = {
            field
            for node_id, device in devices.items()
            if node_id != UNKNOWN
            for one in device.get("nodeInfluxSeries", ())
            for field in one["fields"]
        }
        plain = {"status", "operationMode", "policy", "strategy", "faultCodes1", "evRequiringCharge", "signalActive"}
        factors = {"powerFactorTot", "powerFactorL1", "powerFactorL2", "powerFactorL3"}
        suffixes = {field.rpartition("_")[2] for field in fields - plain - factors - {"constraint_ph0_label"}}
        assert suffixes == UNITS
        assert fields > plain | factors
        assert all(re.fullmatch(r"[a-zA-Z0-9_ \-\+\*/\.²³%\(\)]+", field) for field in fields)


async def test_odd_devices(clock: SimClock) -> None:
    async with eniris(clock) as client:
        devices = await client.properties()
        assert devices[UNKNOWN]["nodeType"] == "hydrogenElectrolyser"
        assert devices[ORPHAN]["nodeParentsIds"][0] not in devices
        assert devices[INACTIVE]["isActive"] is False
        assert "nodeInfluxSeries" not in devices[WITHOUT_SERIES]
        assert devices[OFFICE_CONTROLLER]["nodeInfluxSeries"] == []


async def test_a_series_by_namespace(clock: SimClock) -> None:
    async with eniris(clock) as client:
        for one in (await client.properties())[NAMESPACED]["nodeInfluxSeries"]:
            assert set(one) == {"namespace", "measurement", "fields", "tags"}
            assert (one["namespace"]["version"], one["namespace"]["database"]) == ("1", OFFICE_DATABASE)


async def test_a_cycle(clock: SimClock) -> None:
    async with eniris(clock, cycle=True) as client:
        devices = await client.properties()
        assert devices[OFFICE_SITE]["nodeParentsIds"] == [SWITCHBOARD]
        assert devices[SWITCHBOARD]["nodeParentsIds"] == [OFFICE_SITE]


async def test_two_devices_of_one_node_id(clock: SimClock) -> None:
    async with eniris(clock, duplicate_node_ids=True) as client:
        twins = await client.devices(filter={"nodeId": [HEAT_PUMP]})
        assert len({one["id"] for one in twins}) == 2
        assert len({one["properties"]["name"] for one in twins}) == 2


async def test_a_device_without_a_node_id(clock: SimClock) -> None:
    async with eniris(clock, missing_node_ids=True) as client:
        [device] = await client.devices(filter={"nodeType": ["heatPump"]})
        assert "nodeId" not in device["properties"]
        assert device["id"] > 0
        assert device["properties"]["nodeInfluxSeries"][0]["tags"]["nodeId"] == HEAT_PUMP


@pytest.mark.parametrize("count", [1, 60])
async def test_a_campus(clock: SimClock, count: int) -> None:
    async with serve(EnirisSimulator.campus(count, clock=clock)) as client:
        devices = await client.properties()
        meters = [device for device in devices.values() if device["nodeType"] == "powerMeter"]
        assert (len(devices), len(meters)) == (count + 2, count)
        for meter in meters:
            assert 18 <= len(series_of(meter, MINUTE)["submeteringMetrics"]) <= 22
        assert len({meter["name"] for meter in meters}) == count
