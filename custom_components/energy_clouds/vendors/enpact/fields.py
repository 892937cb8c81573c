"""The documented fields of Enpact rows (IoT Edge Data API v1.0, "Data Fields" and "Meter Data Fields")."""

from dataclasses import dataclass
from datetime import timedelta

from ..model import DeviceKind, Nature, Phase, Point, PointId, Quantity

LIVE_CADENCE = timedelta(minutes=5)
"""Rows are 30 s apart, but arrive late by a delay that no document states."""
WINDOW = timedelta(minutes=15)
GATEWAY_PREFIX = "gateway:"
"""Makes a device id of a gateway's `gwId`."""
BROKEN_PROBE_AT = -50.0
"""Controllers report about -50 to -60 °C for a temperature probe that is disconnected or faulty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a row, and the point it makes."""

    name: str
    quantity: Quantity
    nature: Nature = Nature.GAUGE
    unit: str | None = None
    phase: Phase | None = None
    meaning: str | None = None
    noisy: bool = False
    cadence: timedelta = LIVE_CADENCE

    def point(self, device_id: str) -> Point:
        """The point that this field is of that device."""
        return Point(
            id=PointId(device_id=device_id, key=self.name),
            quantity=self.quantity,
            nature=self.nature,
            unit=self.unit,
            phase=self.phase,
            meaning=self.meaning,
            cadence=self.cadence,
            noisy=self.noisy,
        )


def _per_phase(prefix: str, quantity: Quantity, unit: str | None, *, noisy: bool = False) -> tuple[Field, ...]:
    return tuple(
        Field(name=f"{prefix}{number}", quantity=quantity, unit=unit, phase=phase, noisy=noisy)
        for number, phase in enumerate((Phase.L1, Phase.L2, Phase.L3), start=1)
    )


POWER_PER_PHASE = _per_phase("p", Quantity.POWER, "W")
TOTAL_POWER = Field(name="p_total", quantity=Quantity.POWER, unit="W", meaning="total_power")

METER_FIELDS = (
    *_per_phase("c", Quantity.CURRENT, "A"),
    *_per_phase("v", Quantity.VOLTAGE, "V", noisy=True),
    *POWER_PER_PHASE,
    *_per_phase("pf", Quantity.POWER_FACTOR, None, noisy=True),
    Field(name="freq", quantity=Quantity.FREQUENCY, unit="Hz", noisy=True),
    Field(name="imp", quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="kWh", meaning="imported_energy"),
    Field(name="exp", quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="kWh", meaning="exported_energy"),
    Field(name="fault", quantity=Quantity.PROBLEM, nature=Nature.FLAG, meaning="fault"),
)

CONTROLLER_FIELDS = (
    Field(name="coolantIn", quantity=Quantity.TEMPERATURE, unit="°C", meaning="coolant_inlet_temperature"),
    Field(name="coolantOut", quantity=Quantity.TEMPERATURE, unit="°C", meaning="coolant_outlet_temperature"),
    Field(name="space", quantity=Quantity.TEMPERATURE, unit="°C", meaning="space_temperature"),
    Field(name="cpuTemp", quantity=Quantity.TEMPERATURE, unit="°C", meaning="controller_temperature", noisy=True),
    Field(
        name="compressorEnergySaverEnabled",
        quantity=Quantity.MODE,
        nature=Nature.FLAG,
        meaning="compressor_energy_saver",
    ),
    Field(name="fanEnergySaverEnabled", quantity=Quantity.MODE, nature=Nature.FLAG, meaning="fan_energy_saver"),
)

SHARES = {
    "compressorEnergySaverEnabled": Field(
        name="compressorEnergySaverEnabled_percentTrue",
        quantity=Quantity.SHARE_OF_TIME,
        unit="%",
        meaning="compressor_energy_saving",
        cadence=WINDOW,
    ),
    "fanEnergySaverEnabled": Field(
        name="fanEnergySaverEnabled_percentTrue",
        quantity=Quantity.SHARE_OF_TIME,
        unit="%",
        meaning="fan_energy_saving",
        cadence=WINDOW,
    ),
}
"""What `percentTrue` of an aggregated flag makes, by the flag's field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the two kinds of things an account has, and how the service spells it."""

    device_kind: DeviceKind
    path: str
    ids_key: str
    unauthorized_key: str
    fields: tuple[Field, ...]
    model: str


CONTROLLERS = Kind(
    device_kind=DeviceKind.COOLING_CONTROLLER,
    path="devices",
    ids_key="deviceIds",
    unauthorized_key="unauthorized_devices",
    fields=CONTROLLER_FIELDS,
    model="Cooling controller",
)
METERS = Kind(
    device_kind=DeviceKind.METER,
    path="meters",
    ids_key="meterIds",
    unauthorized_key="unauthorized_meters",
    fields=METER_FIELDS,
    model="Meter",
)
KINDS = (CONTROLLERS, METERS)
