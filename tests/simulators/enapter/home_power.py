"""The home's electricity as Enapter sees it: hybrid inverter, battery, a second solar inverter, and a power meter.

The hybrid inverter has the battery and the whole roof. The second inverter is on a garage's roof under the same sky,
whose production goes to the grid through a connection of its own: it is in none of the home's other values.
`battery_power` is positive while discharging (enapter.md B10), the opposite of the world's meter.
"""

from datetime import datetime
from typing import Any, Final

from ..world import World
from .blueprints import compiled_v3
from .channels import Channel, Source, alerts, number, other, steps, whole
from .inventory import Device, Link, set_up
from .readings import daily, exported, frequency, imported, phases, produced, total, watts

GATEWAY: Final = "019909b8-5222-7000-acd3-1e5fed6fb600"
LINK_MASTER: Final = "019909b8-5222-7001-9c1f-20d4a6b83e11"
HYBRID_INVERTER: Final = "019909b8-5222-7002-8a44-5bd07c1f9e02"
BATTERY: Final = "019909b8-5222-7003-b7e9-64c2f0a8d513"
PV_INVERTER: Final = "019909b8-5222-7004-a05d-93e1b74c6f24"
POWER_METER: Final = "019909b8-5222-7005-8f36-c8a92d5e0b35"

GARAGE_SHARE = 0.25
"""How large the garage's roof is, measured by the home's."""
_PROPERTIES = {
    "vendor": {"type": "string", "display_name": "Vendor"},
    "model": {"type": "string", "display_name": "Model"},
    "serial_number": {"type": "string", "display_name": "Serial Number"},
    "firmware_version": {"type": "string", "display_name": "Firmware Version"},
    "battery_nameplate_capacity": {"type": "float", "display_name": "Battery Capacity", "unit": "watt_hour"},
}


def power_devices(world: World, timezone: str) -> list[Device]:
    """Return the devices, reporting every 10 or 30 seconds."""
    return [
        _device(
            HYBRID_INVERTER,
            "Hybrid inverter",
            "LUA",
            "energy.hybrid_inverter.3_phase",
            _hybrid(world, timezone),
            link=Link("UCM_LUA", GATEWAY),
            cadence=10,
        ),
        _device(
            BATTERY,
            "Battery",
            "CHILD",
            "energy.battery",
            _battery(world),
            link=Link("LINK", HYBRID_INVERTER, channel_id="battery"),
            cadence=30,
            phase=3,
        ),
        _device(
            PV_INVERTER,
            "PV inverter",
            "VIRTUAL_UCM",
            "energy.pv_inverter.3_phase",
            _pv_inverter(world, timezone),
            link=Link("MQTT_V1_LOCALHOST", GATEWAY, "VF0A71B2C3", "pv"),
            cadence=30,
            phase=7,
        ),
        _device(
            POWER_METER,
            "Power meter",
            "LINK_SLAVE_UCM",
            "energy.power_meter.ac.3_phase",
            _meter(world),
            link=Link("LINK", LINK_MASTER, "3C71BF0000A5", "meter"),
            cadence=10,
            phase=4,
        ),
    ]


def _device(device_id: str, name: str, kind: str, profile: str, channels: list[Channel], **fields: Any) -> Device:
    manifest = compiled_v3(name, channels, implements=[profile], properties=_PROPERTIES, alerts=_ALERTS)
    return set_up(device_id, name, kind, manifest, channels, **fields)


_ALERTS = {
    "low_voltage": {
        "display_name": "Low voltage",
        "severity": "warning",
        "code": "E12",
        "description": "The voltage is below its limit.",
        "troubleshooting": ["Check the wiring.", "Call an installer."],
    },
    "grid_lost": {"display_name": "Grid lost", "severity": "error", "code": "E30"},
    "update_available": {"display_name": "Firmware update available", "severity": "info"},
}


def _hybrid(world: World, timezone: str) -> list[Channel]:
    """Return the fields of a hybrid inverter; the balance is pv + battery + grid = load."""
    solar, battery, grid = (world.home.meters[name] for name in ("solar", "battery", "grid"))
    sun, discharge = produced(solar), watts(battery, -1.0)
    yielded = exported(solar)
    delivered = total(yielded, exported(battery))
    return [
        number("ac_total_power", "AC Total Power", "watt", total(sun, discharge), implements=["ac_total_power"]),
        number("ac_energy_daily", "AC Energy Daily", "watt_hour", daily(delivered, timezone)),
        number("ac_energy_lifetime", "AC Energy Lifetime", "watt_hour", delivered),
        number("ac_frequency", "AC Frequency", "hertz", frequency(grid), 3),
        *(channel for channel in phases(grid, "ac_") if channel.name.endswith("_voltage")),
        number("grid_total_power", "Grid Total Power", "watt", watts(grid), implements=["grid_total_power"]),
        number("load_total_power", "Load Total Power", "watt", total(sun, discharge, watts(grid))),
        number("pv_total_power", "PV Total Power", "watt", sun, implements=["pv_total_power"]),
        number("pv_energy_daily", "PV Energy Daily", "watt_hour", daily(yielded, timezone)),
        number("pv_energy_lifetime", "PV Energy Lifetime", "watt_hour", yielded),
        number("pv_string_1_voltage", "PV String 1 Voltage", "volt", _string_voltage(sun)),
        number("battery_power", "Battery Power", "watt", discharge, description="Positive while discharging"),
        number("battery_soc", "Battery SOC", "percent", _soc(world)),
        other(
            "string",
            "inverter_status",
            "Inverter Status",
            steps(("idle", "operating"), total(sun, lambda moment: abs(discharge(moment))), 5.0),
            enum=["idle", "operating", "warning", "fault"],
        ),
        other(
            "string",
            "grid_status",
            "Grid Status",
            lambda _moment: "connected",
            enum={"connected": {"display_name": "Connected", "color": "green"}, "lost": {"display_name": "Lost"}},
        ),
        alerts(),
        other("json", "alert_details", "Alert Details", lambda _moment: {}),
    ]


def _battery(world: World) -> list[Channel]:
    meter = world.home.meters["battery"]
    power = watts(meter, -1.0)
    return [
        number("battery_power", "Battery Power", "watt", power, implements=["battery_power"]),
        number("battery_soc", "Battery SOC", "%", _soc(world), implements=["battery_soc"]),
        number("battery_soh", "Battery SOH", "%", lambda _moment: 98.0),
        number("battery_voltage", "Battery Voltage", "volt", lambda moment: 48 + 6 * _soc(world)(moment) / 100, 2),
        number(
            "battery_current",
            "Battery Current",
            "ampere",
            lambda moment: power(moment) / (48 + 6 * _soc(world)(moment) / 100),
            2,
        ),
        number("battery_temperature", "Battery Temperature", "Cel", world.home.battery.temperature),
        number("battery_energy_in_lifetime", "Battery Energy In Lifetime", "watt_hour", imported(meter)),
        number("battery_energy_out_lifetime", "Battery Energy Out Lifetime", "watt_hour", exported(meter)),
        number("battery_charge_in_lifetime", "Battery Charge In Lifetime", "Ah", imported(meter, 1 / 51)),
        other(
            "string",
            "battery_status",
            "Battery Status",
            steps(("charging", "idle", "discharging"), power, -5.0, 5.0),
            enum=["idle", "charging", "discharging"],
        ),
        alerts(),
    ]


def _pv_inverter(world: World, timezone: str) -> list[Channel]:
    solar = world.home.meters["solar"]
    sun, yielded = produced(solar, GARAGE_SHARE), exported(solar, GARAGE_SHARE)
    return [
        number("ac_total_power", "AC Total Power", "watt", sun),
        number("ac_energy_daily", "AC Energy Daily", "watt_hour", daily(yielded, timezone)),
        number("ac_energy_lifetime", "AC Energy Lifetime", "watt_hour", yielded),
        number("ac_frequency", "AC Frequency", "hertz", frequency(solar), 3),
        number("pv_total_power", "PV Total Power", "watt", sun),
        number("pv_energy_daily", "PV Energy Daily", "watt_hour", daily(yielded, timezone)),
        number("pv_energy_lifetime", "PV Energy Lifetime", "watt_hour", yielded),
        number("inverter_temperature", "Inverter Temperature", "Cel", lambda moment: 24 + sun(moment) / 150),
        whole("error_code", "Error Code", None, lambda _moment: 0, enum=[0, 1, 2, 17]),
        alerts(),
    ]


def _meter(world: World) -> list[Channel]:
    grid = world.home.meters["grid"]
    return [
        number("total_power", "Total Power", "watt", watts(grid), implements=["total_power"]),
        number("energy_lifetime", "Energy Lifetime", "watt_hour", imported(grid), implements=["energy_lifetime"]),
        number("energy_exported_lifetime", "Energy Exported Lifetime", "watt_hour", exported(grid)),
        number("frequency", "Frequency", "hertz", frequency(grid), 3),
        *phases(grid),
        alerts(),
    ]


def _soc(world: World) -> Source:
    def percent(moment: datetime) -> float:
        return 100 * world.home.battery.state_of_charge(moment)

    return percent


def _string_voltage(sun: Source) -> Source:
    return lambda moment: 360 + sun(moment) / 60 if sun(moment) else 0.0
