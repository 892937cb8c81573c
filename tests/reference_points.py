"""All points that the vendors can make, for the tests of how points are shown and named."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from custom_components.energy_clouds.vendors.enectiva import energies, known as enectiva_known
from custom_components.energy_clouds.vendors.enectiva.answers import Dated, Meter
from custom_components.energy_clouds.vendors.enpact import fields as enpact_fields
from custom_components.energy_clouds.vendors.envitron import known as envitron_known
from custom_components.energy_clouds.vendors.envitron.answers import Sensor
from custom_components.energy_clouds.vendors.model import Inventory, Point

NOW = datetime(2026, 11, 17, tzinfo=UTC)


def _enpact() -> Iterator[Point]:
    def fields_in(value: object) -> Iterator[enpact_fields.Field]:
        match value:
            case enpact_fields.Field():
                yield value
            case enpact_fields.Kind():
                yield from value.fields
            case tuple():
                for item in value:
                    yield from fields_in(item)
            case dict():
                yield from fields_in(tuple(value.values()))

    for value in vars(enpact_fields).values():
        yield from (field.point("M-1") for field in fields_in(value))


def _envitron() -> Iterator[Point]:
    known = envitron_known.Known(Inventory(), None)
    kinds = [None, "delivery", "return_delivery", "consumption", "production", "water_volume", "gas_volume"]
    units = [None, "W", "kW", "kWh", "MWh", "m3", "L", "L/h", "\u00b0C", "V", "A", "Hz", "%", "ppm"]
    sensors = [
        Sensor(id=f"{kind}-{unit}", name=name, type=kind, unit=unit, hub=None, number=None)
        for kind in kinds
        for unit in units
        for name in (None, "Named")
    ]
    known.list_now([("building", "Building")], {"building": sensors})
    for sensor in sensors:
        if (point := known.see("building", sensor.id)) is not None:
            yield point
    yield from (known.channel("building", name) for name in ("consumption", "production", "grid_import"))


def _enectiva() -> Iterator[Point]:
    known = enectiva_known.Known(Inventory(), enectiva_known.Choices({"data_series": ["1"], "virtual_meters": ["2"]}))
    told: list[tuple[energies.Energy | None, str | None]] = [
        (None, None),
        *((energy, unit) for energy in energies.Energy for unit in (None, *energies.UNITS[energy])),
    ]
    meters = [
        Meter(
            id=f"{energy}-{unit}",
            name=None,
            serial=None,
            entity_id=None,
            energy=energy,
            unit=unit,
            deactivated=False,
        )
        for energy, unit in told
    ]
    known.list_meters(meters)
    asked: list[tuple[str, Iterable[str]]] = [
        *((meter.id, (enectiva_known.READING, enectiva_known.MONTH)) for meter in meters),
        ("data_series_1", (enectiva_known.VALUE,)),
        ("virtual_meter_2", (enectiva_known.MONTH,)),
    ]
    for device, keys in asked:
        for key in keys:
            if (point := known.learn(device, key, Dated(time=NOW, value=1.0, energy=None, unit=None))) is not None:
                yield point


def _apart(points: Iterable[Point]) -> list[Point]:
    """One of each kind of points; of those that differ in nothing but their ids only the first."""
    found: dict[object, Point] = {}
    for point in points:
        found.setdefault((point.quantity, point.nature, point.unit, point.phase, point.meaning, point.name), point)
    return list(found.values())


POINTS = {"enpact": _apart(_enpact()), "envitron": _apart(_envitron()), "enectiva": _apart(_enectiva())}
"""By the vendor's key."""
