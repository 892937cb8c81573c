"""Two buildings as Envitron sees them: hubs of sensors, and sensors on their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..world import World

OFFICE: Final = "305a2fe5-a67a-4268-9b6a-e360b36f7961"
WAREHOUSE: Final = "8c1d7e52-0b3f-4f0e-9a55-6d2e7c40b1aa"

type Truth = Callable[[datetime], float]


@dataclass(frozen=True, slots=True)
class Hub:
    """A device that has sensors."""

    uuid: str
    id: int
    name: str


@dataclass(slots=True)
class Sensor:
    """One measured quantity: every `interval` seconds, `phase` seconds after the multiples of that since 1970.

    A combined sensor measures nothing itself: it is the sum of its `contributors` (uuids in the same building).
    """

    uuid: str
    id: int
    name: str
    type: str
    unit: str
    building: str
    truth: Truth
    hub: Hub | None = None
    interval: int = 60
    phase: int = 0
    contributors: tuple[str, ...] = ()

    def value(self, moment: datetime) -> float:
        """Return what the sensor truly measures at this instant: whole watts, other units with three decimals."""
        value = self.truth(moment)
        return round(value) if self.unit == "W" else round(value, 3) + 0.0


@dataclass(slots=True)
class Building:
    """A building with its sensors by uuid."""

    uuid: str
    name: str
    id: int
    sensors: dict[str, Sensor] = field(default_factory=dict)

    def add(self, *sensors: Sensor) -> None:
        """Install sensors."""
        self.sensors.update((sensor.uuid, sensor) for sensor in sensors)


def usual_buildings(world: World) -> dict[str, Building]:
    """Return the office and the warehouse."""
    office, warehouse = Building(OFFICE, "Office", 12), Building(WAREHOUSE, "Warehouse", 31)
    office.add(*_office_electricity(world), *_charging_points(world), *_heat_pump(world), *_water(world))
    warehouse.add(*_warehouse_electricity(world))
    return {building.uuid: building for building in (office, warehouse)}


def _office_electricity(world: World) -> list[Sensor]:
    smart_meter = Hub("0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701", 77, "Smart meter")
    inverter = Hub("5e0b94a1-7c2d-4a66-b3f8-90c1de57a202", 78, "Solar inverter")
    return [
        Sensor(
            "153cde21-5967-4f25-b7f1-3325083c7695",
            345,
            "Main meter delivery",
            "delivery",
            "W",
            OFFICE,
            _delivery(world),
            smart_meter,
            interval=10,
            phase=3,
        ),
        Sensor(
            "2a94f7d0-6c1b-4e38-9f52-b0d7e8a16340",
            346,
            "Main meter return",
            "return_delivery",
            "W",
            OFFICE,
            _return_delivery(world),
            smart_meter,
            interval=10,
            phase=3,
        ),
        Sensor(
            "73d05b1e-48af-4a9c-8e26-f1c09d7b5a28",
            351,
            "Solar production",
            "production",
            "W",
            OFFICE,
            _watts(world, "solar", -1.0),
            inverter,
            phase=17,
        ),
        Sensor(
            "ad16f0c3-7b98-4e2d-b5a1-c43d8e9f7061",
            390,
            "Server room",
            "consumption",
            "W",
            OFFICE,
            _watts(world, "server_room"),
            phase=8,
        ),
    ]


def _charging_points(world: World) -> list[Sensor]:
    hub = Hub("a94c1f08-3d7e-4b25-9e10-c8f2b6d43303", 81, "EV chargers")
    one, two = (
        Sensor(uuid, number, name, "consumption", "W", OFFICE, _watts(world, "ev_chargers", share), hub, phase=41)
        for uuid, number, name, share in (
            ("e1c7a0d4-92b3-4f68-8d15-3a60bf9c2411", 360, "Charging point 1", 0.6),
            ("f4b82e69-0d1a-4c93-9b7e-68c5d1a03f12", 361, "Charging point 2", 0.4),
        )
    )
    together = Sensor(
        "0d9e6c38-b7f5-4d21-a4c0-5e8f1b273613",
        362,
        "Charging points together",
        "consumption",
        "W",
        OFFICE,
        lambda moment: one.value(moment) + two.value(moment),
        hub,
        contributors=(one.uuid, two.uuid),
    )
    return [one, two, together]


def _heat_pump(world: World) -> list[Sensor]:
    hub = Hub("d27a6e93-18b4-4f5c-8c7d-52e0a9f1b404", 82, "Heat pump")
    return [
        Sensor(
            "94b7c2f1-d06e-4583-b91a-7ce4a5d80f31",
            370,
            "Heat pump power",
            "consumption",
            "W",
            OFFICE,
            _watts(world, "heat_pump"),
            hub,
            interval=10,
            phase=6,
        ),
        Sensor(
            "c85f1a27-3e9d-4b60-8f74-20d6b9ce1a32",
            371,
            "Heat pump flow",
            "temperature",
            "°C",
            OFFICE,
            _flow_temperature(world),
            hub,
            phase=29,
        ),
        Sensor(
            "1e60d9b5-f27c-4a18-95d3-8b4fa7c06e33",
            372,
            "Heat pump energy",
            "energy",
            "kWh",
            OFFICE,
            lambda moment: world.meter("heat_pump").imported(moment) / 1000,
            hub,
            phase=29,
        ),
    ]


def _water(world: World) -> list[Sensor]:
    hub, water = Hub("6b3f8d10-e9a2-4c47-a1b6-07d5c4e82505", 85, "Water meter"), world.utilities["water"]
    return [
        Sensor(
            "b0f3a8e7-5d42-4961-8c3b-e97f60d12a51",
            380,
            "Water volume",
            "water_volume",
            "m3",
            OFFICE,
            water.register,
            hub,
            phase=52,
        ),
        Sensor(
            "4c7e19d2-a83b-4f05-9d68-1fb5c0e73a52",
            381,
            "Water flow",
            "water_flow",
            "L/h",
            OFFICE,
            lambda moment: 1000 * water.rate(moment),
            hub,
            phase=52,
        ),
    ]


def _warehouse_electricity(world: World) -> list[Sensor]:
    hub = Hub("3b8ae6c5-91d0-4f7b-8e2c-a6d1f5047901", 140, "Smart meter")
    return [
        Sensor(
            "68f2d7a9-c05e-4b31-9a84-d7e1b3c60f71",
            702,
            "Warehouse delivery",
            "delivery",
            "W",
            WAREHOUSE,
            _watts(world, "cold_store"),
            hub,
            interval=10,
            phase=9,
        ),
        Sensor(
            "d94a0e5b-2f87-4c16-b3d9-06c8f7e1a572",
            703,
            "Warehouse return",
            "return_delivery",
            "W",
            WAREHOUSE,
            lambda _moment: 0.0,
            hub,
            interval=10,
            phase=9,
        ),
    ]


def _watts(world: World, meter: str, factor: float = 1.0) -> Truth:
    return lambda moment: factor * world.meter(meter).power(moment).total


def _delivery(world: World) -> Truth:
    return lambda moment: max(world.meter("grid").power(moment).total, 0.0)


def _return_delivery(world: World) -> Truth:
    return lambda moment: max(-world.meter("grid").power(moment).total, 0.0)


def _flow_temperature(world: World) -> Truth:
    """Return the temperature of the water that leaves the heat pump: the harder it works, the warmer."""
    return lambda moment: 28 + world.meter("heat_pump").power(moment).total / 800
