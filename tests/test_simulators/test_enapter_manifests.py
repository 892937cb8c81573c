"""Enapter's manifests: those of the account's devices, and those of the marketplace."""

import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BARE,
    BATTERY,
    ELECTROLYSER,
    EV_CHARGER,
    GATEWAY,
    HEAT_PUMP,
    HYBRID_INVERTER,
    LINK_MASTER,
    OLD_METER,
    POWER_METER,
    PV_INVERTER,
    Device,
    EnapterSimulator,
    marketplace_manifests,
)
from tests.simulators.enapter.vocabulary import MEASURES

from .enapter_client import enapter

TYPED = "celsuis"  # codespell:ignore
TYPES = {"boolean", "string", "integer", "float", "array_of_strings", "json", "object", "alerts"}
SECTIONS = {"properties", "telemetry", "alerts", "units", "implements", "vendor", "display_name", "commands"}


@pytest.fixture
def devices(clock: SimClock) -> dict[str, Device]:
    return EnapterSimulator(clock=clock).devices


def declared(device: Device, key: str) -> dict[str, Any]:
    """Return what a manifest says about each attribute under a key, where it says anything."""
    return {name: about[key] for name, about in device.manifest["telemetry"].items() if key in about}


def test_manifests_are_of_all_ages(devices: dict[str, Device]) -> None:
    assert {device_id: (devices[device_id].manifest or {}).get("blueprint_spec") for device_id in devices} == {
        GATEWAY: None,
        LINK_MASTER: "device_compiled/3.0",
        **dict.fromkeys((HYBRID_INVERTER, BATTERY, PV_INVERTER, POWER_METER, AMBIENT_SENSOR), "device_compiled/3.0"),
        **dict.fromkeys((ELECTROLYSER, HEAT_PUMP), "device_compiled/3.0"),
        EV_CHARGER: "device_compiled/1.0",
        OLD_METER: "device/1.0",
        BARE: None,
        **{device_id: "device_compiled/3.0" for device_id in devices if device_id.startswith("01990a44")},
    }
    assert devices[GATEWAY].manifest == {}
    assert devices[LINK_MASTER].manifest["telemetry"] is devices[LINK_MASTER].manifest["alerts"] is None
    assert devices[BARE].manifest is None


def test_profiles(devices: dict[str, Device]) -> None:
    assert {device_id: devices[device_id].manifest["implements"] for device_id in (HYBRID_INVERTER, BATTERY)} == {
        HYBRID_INVERTER: ["energy.hybrid_inverter.3_phase"],
        BATTERY: ["energy.battery"],
    }
    assert devices[POWER_METER].manifest["implements"] == ["energy.power_meter.ac.3_phase"]
    assert declared(devices[BATTERY], "implements") == {
        "battery_power": ["battery_power"],
        "battery_soc": ["battery_soc"],
    }


def test_compiled_units_are_explained(devices: dict[str, Device]) -> None:
    manifest = devices[HYBRID_INVERTER].manifest
    assert manifest["units"]["watt"] == {"display_name": "Watt", "symbol": "W", "type": "ucum"}
    assert set(declared(devices[HYBRID_INVERTER], "unit").values()) == manifest["units"].keys()
    assert "units" not in devices[OLD_METER].manifest


def test_attributes_of_every_type(devices: dict[str, Device]) -> None:
    assert set(declared(devices[ELECTROLYSER], "type").values()) == TYPES


def test_enumerations_are_lists_or_maps(devices: dict[str, Device]) -> None:
    status = devices[HYBRID_INVERTER].manifest["telemetry"]["inverter_status"]
    assert status["enum"] == ["idle", "operating", "warning", "fault"]
    assert status["enum_with_metainfo"][0] == {"value": "idle", "display_name": "Idle"}
    status = devices[ELECTROLYSER].manifest["telemetry"]["status"]
    assert status["enum"]["steady"] == {"display_name": "Producing", "color": "green"}
    assert status["enum_with_metainfo"][2] == {"value": "steady", "display_name": "Producing", "color": "green"}
    assert devices[PV_INVERTER].manifest["telemetry"]["error_code"]["enum"] == [0, 1, 2, 17]


def test_alerts_of_every_severity_and_that_of_the_compiler(devices: dict[str, Device]) -> None:
    alerts = devices[ELECTROLYSER].manifest["alerts"]
    assert {alert["severity"] for alert in alerts.values()} == {"info", "warning", "error"}
    assert "not_configured" in alerts
    assert "not_configured" not in devices[OLD_METER].manifest["alerts"]
    assert devices[HYBRID_INVERTER].manifest["alerts"]["low_voltage"]["code"] == "E12"


def test_an_old_manifest_as_its_author_typed_it(devices: dict[str, Device]) -> None:
    device = devices[OLD_METER]
    assert device.manifest["vendor"] == "Powercell"
    assert declared(device, "display_name") == {}
    assert declared(device, "enum") == {"status": ["ok", "fault"]}
    assert not declared(device, "enum_with_metainfo")
    units = set(declared(device, "unit").values())
    assert units >= {
        TYPED,
        "kwatth",
        "voltampreact",
        "voltamp",
        "volts",
        "amps",
        "Watt",
        "percentage",
        "1",
        "C",
    }


async def test_a_broken_manifest(clock: SimClock) -> None:
    async with enapter(clock) as client:
        whole = (await client.device(HEAT_PUMP, "manifest"))["manifest"]
        assert whole["telemetry"]["power"] == {"type": "float", "display_name": "Power", "unit": "W"}
    async with enapter(clock, broken_manifest=True) as client:
        broken = (await client.device(HEAT_PUMP, "manifest"))["manifest"]
        assert broken == (await client.get(f"/v3/devices/{HEAT_PUMP}/manifest"))["manifest"]
        assert broken["telemetry"]["power"] == "watt"
        assert isinstance(broken["alerts"], list)
        assert (await client.latest(HEAT_PUMP, "power"))["power"]["value"] > 0
        assert (await client.device(BATTERY, "manifest"))["manifest"]["telemetry"]["battery_soc"]["unit"] == "%"


def test_the_marketplaces_manifests_are_the_same_for_the_same_seed() -> None:
    assert marketplace_manifests(30, 7) == marketplace_manifests(30, 7) != marketplace_manifests(30, 8)
    assert [len(marketplace_manifests(count)) for count in (0, 1, 7, 250)] == [0, 1, 7, 250]
    assert json.loads(json.dumps(marketplace_manifests(100)))


@pytest.mark.parametrize("seed", range(3))
def test_the_marketplace_has_everything_that_occurs(seed: int) -> None:
    manifests = marketplace_manifests(100, seed)
    assert {manifest["blueprint_spec"] for manifest in manifests} == {
        f"device{compiled}/{version}" for compiled in ("", "_compiled") for version in ("1.0", "3.0")
    }
    telemetry = [(name, about) for manifest in manifests for name, about in (manifest.get("telemetry") or {}).items()]
    assert {about["type"] for _, about in telemetry} > TYPES
    units = {about.get("unit") for _, about in telemetry}
    assert units > {unit for _, spellings in MEASURES for unit in spellings}
    assert units > {
        TYPED,
        "kwatth",
        "voltampreact",
        "%LEL",
        "1",
        "",
        None,
        "day",
        "date",
        "gCO2eq/kWh",
        "furlong",
    }
    assert {name for names, _ in MEASURES for name in names} <= {name for name, _ in telemetry}
    enums = [about["enum"] for _, about in telemetry if "enum" in about]
    assert {type(enum) for enum in enums} == {list, dict}
    assert any("display_name" not in about for _, about in telemetry)
    for section in SECTIONS:
        assert any(section not in manifest for manifest in manifests), section
        assert any(section in manifest and manifest[section] is None for manifest in manifests), section
