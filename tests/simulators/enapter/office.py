"""The office as Enapter sees it, and campuses of any number of power meters."""

from typing import Final

from ..world import Meter, World
from .blueprints import compiled_v3
from .channels import Channel, alerts, number
from .inventory import OFFICE, Device, Link, set_up
from .readings import daily, frequency, imported, phases, watts

OFFICE_METER: Final = "01990a44-7e10-7000-8b52-d6f3a19c4e01"


def office_devices(world: World) -> list[Device]:
    """Return the office's power meter."""
    return [_meter(OFFICE_METER, "Main meter", world.meters["grid"], world.time_zone, 1.0, whole=True)]


def campus_devices(world: World, count: int) -> list[Device]:
    """Return `count` power meters on shares of the office's loads: cheap, as they share calculation."""
    loads = ("lighting", "sockets", "heat_pump", "server_room", "kitchen", "ventilation")
    return [
        _meter(
            f"01990a44-7e10-7100-8000-{index:012x}",
            f"Campus meter {index}",
            world.meters[loads[index % len(loads)]],
            world.time_zone,
            0.2 + index % 37 / 20,
        )
        for index in range(1, count + 1)
    ]


def _meter(device_id: str, name: str, meter: Meter, timezone: str, factor: float, *, whole: bool = False) -> Device:
    counted = imported(meter, factor)
    channels: list[Channel] = [
        number("total_power", "Total Power", "watt", watts(meter, factor), implements=["total_power"]),
        number("energy_daily", "Energy Daily", "watt_hour", daily(counted, timezone)),
        number("energy_lifetime", "Energy Lifetime", "watt_hour", counted, implements=["energy_lifetime"]),
        number("frequency", "Frequency", "hertz", frequency(meter), 3),
        *(phases(meter) if whole else []),
        alerts(),
    ]
    return set_up(
        device_id,
        name,
        "STANDALONE",
        compiled_v3(name, channels, implements=["energy.power_meter.ac.3_phase"]),
        channels,
        site_id=OFFICE,
        cadence=10,
        phase=2,
        blueprint_id="01990a44-7e10-7000-8b52-b1e000000001",
        link=Link("MQTT_V1_TLS", hardware_id=device_id[-12:].upper()),
    )
