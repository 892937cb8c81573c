"""All points that the vendors can make, for the tests of how points are shown and named."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from custom_components.energy_clouds.calculated import CalculatedEnergy
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.enapter import (
    alerts as enapter_alerts,
    manifests,
    points as enapter_points,
)
from custom_components.energy_clouds.vendors.enectiva import energies, known as enectiva_known
from custom_components.energy_clouds.vendors.enectiva.answers import Dated, Meter
from custom_components.energy_clouds.vendors.eniris import fields as eniris_fields, known as eniris_known
from custom_components.energy_clouds.vendors.eniris.answers import Source
from custom_components.energy_clouds.vendors.enpact import fields as enpact_fields
from custom_components.energy_clouds.vendors.envitron import known as envitron_known
from custom_components.energy_clouds.vendors.envitron.answers import Sensor
from custom_components.energy_clouds.vendors.model import Inventory, Point, Sample
from custom_components.energy_clouds.vendors.units import UNITS
from tests.simulators.enapter import marketplace_manifests

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
    units = [None, *UNITS, "ppm"]
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


def _eniris() -> Iterator[Point]:
    known = eniris_known.Known(Inventory())
    parts = ("", "Tot", "L1", "L2", "L3", "N", "L1N", "L1L2", "DC")
    words = (*eniris_fields.MEANINGS, *eniris_fields.PHYSICAL, "boilerLevel")
    names = [
        *(f"{word}{part}_{unit}" for word in words for part in parts for unit in (*eniris_fields.UNITS, "Nm3ph")),
        *(
            f"{word.removesuffix('Energy')}{kind}EnergyTot_Wh"
            for word in eniris_fields.MEANINGS
            if word.endswith("Energy")
            for kind in ("Abs", "")
        ),
        *(f"{word}DeltaTot_Wh" for word in eniris_fields.MEANINGS if word.endswith("Energy")),
        *(f"powerFactor{part}" for part in parts),
        *words,
    ]
    for name in names:
        for value in (1.5, "text", True):
            source = Source(measurement=f"{type(value).__name__}Metrics", store=b"{}", tags=(), policy="rp_one_m")
            query = eniris_known.Query("meter", source, (name,), eniris_known.CADENCE)
            if (learnt := known.learn(query, name, value)) is not None:
                yield learnt[0]


def _enapter() -> Iterator[Point]:
    alerts = {severity.value: manifests.Alert(severity.value, severity) for severity in manifests.Severity}
    yield enapter_alerts.connectivity_point("device")
    yield from enapter_alerts.alert_points("device", alerts)
    for number, blueprint in enumerate(marketplace_manifests(100, seed=1)):
        yield from enapter_points.points_of(f"{number}", manifests.manifest_of(blueprint).attributes.values()).values()


def _calculated(points: Iterable[Point]) -> Iterator[Point]:
    """The registers that are calculated of them, on both sides of zero."""
    energy, powers = CalculatedEnergy(), list(points)
    for power in powers:
        for value in (1.0, -1.0):
            energy.take(power, Sample(time=NOW, value=value), NOW)
    return energy.points(powers)


def _apart(points: Iterable[Point]) -> list[Point]:
    """One of each kind of points; of those that differ in nothing but their ids only the first."""
    found: dict[object, Point] = {}
    for point in points:
        found.setdefault((point.quantity, point.nature, point.unit, point.phase, point.meaning, point.name), point)
    return list(found.values())


POINTS = {
    "enapter": _apart(_enapter()),
    "enectiva": _apart(_enectiva()),
    "eniris": _apart(_eniris()),
    "enpact": _apart(_enpact()),
    "envitron": _apart(_envitron()),
}
"""By the vendor's key."""
for _vendor, _points in POINTS.items():
    if VENDORS[_vendor].calculates_energy:
        _points += _apart(_calculated(_points))
