"""The home's other devices: a gateway and a bus, a sensor, an electrolyser, and devices with manifests of all ages."""

from typing import Final

from ..world import World
from .blueprints import compiled_v1, compiled_v3, raw_v1
from .channels import alerts, number, other, steps, whole
from .home_power import GATEWAY, LINK_MASTER
from .inventory import Device, Link, set_up
from .readings import daily, imported, phases, produced, watts

AMBIENT_SENSOR: Final = "019909b8-5222-7006-b2c8-07f5e39a1d46"
ELECTROLYSER: Final = "019909b8-5222-7007-97da-4e20b8c6f357"
OLD_METER: Final = "019909b8-5222-7008-8d71-b5a3c09e2468"
BARE: Final = "019909b8-5222-7009-a6be-f19c47d03579"
HEAT_PUMP: Final = "019909b8-5222-700a-9e02-2d84f6b1c68a"
EV_CHARGER: Final = "019909b8-5222-700b-b48f-8c7e1a5d079b"


def other_devices(world: World, timezone: str) -> list[Device]:
    """Return the devices, reporting every 30 or 60 seconds."""
    return [
        set_up(GATEWAY, "Gateway", "GATEWAY", {}, [], link=Link("MQTT_V1_TLS"), blueprint_id=""),
        set_up(LINK_MASTER, "Link master", "LINK_MASTER_UCM", _EMPTY, [], link=Link("LINK", GATEWAY, "3C71BF000001")),
        _ambient_sensor(),
        _electrolyser(world),
        _old_meter(world),
        _bare(world),
        _heat_pump(world),
        _ev_charger(world, timezone),
    ]


_EMPTY = {"blueprint_spec": "device_compiled/3.0", "display_name": "Enapter Link", "telemetry": None, "alerts": None}


def _ambient_sensor() -> Device:
    """Return a sensor that reports once a minute: too seldom for some relevance intervals."""
    channels = [
        number(
            "ambient_temperature", "Ambient Temperature", "Cel", lambda moment: 17 + 6 * _swing(moment.timestamp()), 2
        ),
        number("relative_humidity", "Relative Humidity", "%", lambda moment: 58 - 12 * _swing(moment.timestamp())),
        whole("rssi", "Signal Strength", "dBm", lambda _moment: -67),
    ]
    manifest = compiled_v3("Ambient sensor", channels, implements=["sensor.ambient_temperature"], category="sensors")
    link = Link("MQTT_V1_TLS", None, "7C9EBDF2A104")
    return set_up(AMBIENT_SENSOR, "Ambient sensor", "HARDWARE_UCM", manifest, channels, link=link, phase=21)


def _electrolyser(world: World) -> Device:
    """Return an electrolyser that runs while the sun shines: its attributes are of every type there is."""
    sun = produced(world.home.meters["solar"], 0.25)
    states = {
        "idle": {"display_name": "Idle", "description": "Waiting for the sun"},
        "ramp_up": {"display_name": "Ramping up", "color": "yellow-lighter"},
        "steady": {"display_name": "Producing", "color": "green"},
    }
    channels = [
        other(
            "string",
            "status",
            "Status",
            steps(("idle", "ramp_up", "steady"), sun, 50.0, 300.0),
            enum=states,
            access_level="readonly",
        ),
        other("boolean", "running", "Running", lambda moment: sun(moment) >= 50),
        number("gas_lel", "Hydrogen Level", "%LEL", lambda moment: sun(moment) / 4000, 2, implements=["gas_lel"]),
        number("gas_ppm", "Hydrogen Concentration", "ppm", lambda moment: sun(moment) / 10),
        number("outlet_pressure", "Outlet Pressure", "bar", lambda moment: 2 + sun(moment) / 100, 2),
        number("h2_flow", "Hydrogen Flow", "NL/h", lambda moment: sun(moment) / 5),
        number("conductivity", "Electrolyte Conductivity", "μS/cm", lambda moment: 480 - sun(moment) / 50),
        number("run_time", "Run Time", "h", lambda moment: (moment - world.epoch).total_seconds() / 7200, 2),
        whole("mode", "Mode", None, lambda moment: int(sun(moment) >= 50), enum=[0, 1, 2]),
        other("array_of_strings", "warnings", "Warnings", lambda moment: ["low_load"] if sun(moment) < 300 else []),
        other("json", "stack", "Stack", lambda moment: {"cells": 20, "on": sun(moment) >= 50}),
        other("object", "firmware", "Firmware", lambda _moment: {"version": "1.12.0", "channel": "stable"}),
        number("production_rate", "Production Rate Setpoint", "%", lambda _moment: 85.0, access_level="owner"),
        whole("service_counter", "Service Counter", "", lambda _moment: 12, access_level="installer"),
        alerts(),
    ]
    warned = {
        "water_low": {"display_name": "Water low", "severity": "warning", "code": "WR_20"},
        "leak": {"display_name": "Hydrogen leak", "severity": "error", "code": "FE_01"},
        "maintenance_due": {"display_name": "Maintenance due", "severity": "info"},
    }
    manifest = compiled_v3("Electrolyser", channels, implements=["sensor.gas.hydrogen"], alerts=warned)
    link = Link("MQTT_V1_TLS", None, "5002915DEC20")
    return set_up(ELECTROLYSER, "Electrolyser", "STANDALONE", manifest, channels, link=link, cadence=30, phase=11)


def _old_meter(world: World) -> Device:
    """Return a device with a raw manifest of version 1: no display names, and units as their authors typed them."""
    household = world.home.meters["household"]
    channels = [
        *phases(household, units=("volts", "amps", "Watt"), titled=False),
        number("total_power", None, "kwatth", lambda moment: household.imported(moment) / 1000, 3),
        number("reactive", None, "voltampreact", lambda moment: 0.33 * household.power(moment).total),
        number("apparent", None, "voltamp", lambda moment: 1.06 * household.power(moment).total),
        number(
            "internal_temp",
            None,
            "celsuis",  # codespell:ignore
            lambda moment: 31 + household.power(moment).total / 400,
        ),
        number("board_temp", None, "C", lambda moment: 29 + household.power(moment).total / 500),
        number("nominal_full_pack_energy", None, "kwatth", lambda _moment: 13.5),
        number("soc", None, "percentage", lambda _moment: 64.0),
        number("power_factor", None, "1", lambda moment: household.at(moment).power_factor.l1, 3),
        whole("uptime", None, "seconds", lambda moment: (moment - world.epoch).total_seconds()),
        other("string", "last_service", None, lambda _moment: "2026-01-14", unit="date"),
        other("string", "work_day", None, lambda _moment: "tuesday", unit="day"),
        other("string", "status", None, lambda _moment: "ok", enum=["ok", "fault"]),
        alerts(),
    ]
    manifest = raw_v1(
        "Old meter", channels, vendor="Powercell", alerts={"over_temp": {"severity": "warning"}, "fault": {}}
    )
    link = Link("UCM_EMBEDDED", GATEWAY)
    return set_up(OLD_METER, "Old meter", "EMBEDDED_UCM", manifest, channels, link=link, phase=35, properties=None)


def _bare(world: World) -> Device:
    """Return a device without a manifest, which sends telemetry all the same."""
    household = world.home.meters["household"]
    channels = [number("power", None, None, watts(household))]
    return set_up(BARE, "Bare device", "NATIVE", None, channels, phase=47, slug="", blueprint_id="", properties=None)


def _heat_pump(world: World) -> Device:
    """Return the device whose manifest the switch `broken_manifest` breaks."""
    meter = world.home.meters["heat_pump"]
    channels = [
        number("power", "Power", "W", watts(meter)),
        number("energy_total", "Energy Total", "kWh", lambda moment: meter.imported(moment) / 1000, 3),
        number("flow_temperature", "Flow Temperature", "°C", lambda moment: 28 + meter.power(moment).total / 300),
        other("string", "status", "Status", steps(("off", "heating"), watts(meter), 100.0), enum=["off", "heating"]),
        other("boolean", "defrosting", "Defrosting", lambda _moment: False),
    ]
    manifest = compiled_v3("Heat pump", channels)
    link = Link("MQTT_V1_PLAINTEXT", GATEWAY, "VHP01")
    return set_up(HEAT_PUMP, "Heat pump", "VIRTUAL_UCM", manifest, channels, link=link, cadence=30, phase=19)


def _ev_charger(world: World, timezone: str) -> Device:
    """Return a device with a compiled manifest of version 1, whose attributes follow no profile."""
    meter = world.home.meters["ev_charger"]
    counted = imported(meter)
    channels = [
        number("ac_power", "Charging Power", "kW", lambda moment: meter.power(moment).total / 1000, 3),
        number("charge_energy", "Charged", "kWh", lambda moment: counted(moment) / 1000, 3),
        number("ac_energy_today", "Charged Today", "watth", daily(counted, timezone)),
        other("boolean", "plugged", "Plugged In", lambda moment: meter.power(moment).total > 500),
        other("string", "state", "State", steps(("A", "C"), watts(meter), 500.0), enum=["A", "B", "C"]),
    ]
    manifest = compiled_v1("EV charger", channels, vendor="Simulator")
    return set_up(
        EV_CHARGER, "EV charger", "LUA", manifest, channels, link=Link("UCM_LUA", GATEWAY), cadence=30, phase=26
    )


def _swing(timestamp: float) -> float:
    """Return how warm the time of day is: 0 at midnight, 1 at noon, in UTC."""
    share = timestamp % 86_400 / 43_200
    return 1 - abs(1 - share)
