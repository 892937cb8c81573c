"""How each quantity is shown: the one table between the vendors' model and Home Assistant's classes."""

from dataclasses import dataclass
from types import MappingProxyType

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory

from .vendors.model import Nature, Point, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What Home Assistant is told about a quantity."""

    sensor_class: SensorDeviceClass | None = None
    binary_sensor_class: BinarySensorDeviceClass | None = None
    precision: int | None = None
    category: EntityCategory | None = None


PRESENTATIONS = MappingProxyType(
    {
        Quantity.POWER: Presentation(sensor_class=SensorDeviceClass.POWER, precision=0),
        Quantity.CURRENT: Presentation(sensor_class=SensorDeviceClass.CURRENT, precision=1),
        Quantity.VOLTAGE: Presentation(sensor_class=SensorDeviceClass.VOLTAGE, precision=1),
        Quantity.FREQUENCY: Presentation(sensor_class=SensorDeviceClass.FREQUENCY, precision=2),
        Quantity.POWER_FACTOR: Presentation(sensor_class=SensorDeviceClass.POWER_FACTOR, precision=2),
        Quantity.APPARENT_POWER: Presentation(sensor_class=SensorDeviceClass.APPARENT_POWER, precision=0),
        Quantity.REACTIVE_POWER: Presentation(sensor_class=SensorDeviceClass.REACTIVE_POWER, precision=0),
        Quantity.ENERGY: Presentation(sensor_class=SensorDeviceClass.ENERGY, precision=1),
        Quantity.REACTIVE_ENERGY: Presentation(sensor_class=SensorDeviceClass.REACTIVE_ENERGY, precision=1),
        Quantity.STORED_ENERGY: Presentation(sensor_class=SensorDeviceClass.ENERGY_STORAGE, precision=1),
        Quantity.STATE_OF_CHARGE: Presentation(sensor_class=SensorDeviceClass.BATTERY, precision=0),
        Quantity.GAS: Presentation(sensor_class=SensorDeviceClass.GAS, precision=2),
        Quantity.WATER: Presentation(sensor_class=SensorDeviceClass.WATER, precision=2),
        Quantity.VOLUME: Presentation(sensor_class=SensorDeviceClass.VOLUME, precision=2),
        Quantity.FLOW: Presentation(sensor_class=SensorDeviceClass.VOLUME_FLOW_RATE, precision=1),
        Quantity.NUMBER: Presentation(),
        Quantity.METER_READING: Presentation(),
        Quantity.TEMPERATURE: Presentation(sensor_class=SensorDeviceClass.TEMPERATURE, precision=1),
        Quantity.PRESSURE: Presentation(sensor_class=SensorDeviceClass.PRESSURE, precision=2),
        Quantity.IRRADIANCE: Presentation(sensor_class=SensorDeviceClass.IRRADIANCE, precision=0),
        Quantity.CONDUCTIVITY: Presentation(sensor_class=SensorDeviceClass.CONDUCTIVITY, precision=1),
        Quantity.PRECIPITATION: Presentation(sensor_class=SensorDeviceClass.PRECIPITATION_INTENSITY, precision=1),
        Quantity.SIGNAL_STRENGTH: Presentation(
            sensor_class=SensorDeviceClass.SIGNAL_STRENGTH, precision=0, category=EntityCategory.DIAGNOSTIC
        ),
        Quantity.DATA_RATE: Presentation(sensor_class=SensorDeviceClass.DATA_RATE, precision=1),
        Quantity.DURATION: Presentation(sensor_class=SensorDeviceClass.DURATION),
        Quantity.PERCENTAGE: Presentation(precision=1),
        Quantity.PRICE: Presentation(precision=4),
        Quantity.WORD: Presentation(),
        Quantity.TIMESTAMP: Presentation(sensor_class=SensorDeviceClass.TIMESTAMP),
        Quantity.SHARE_OF_TIME: Presentation(precision=0),
        Quantity.PROBLEM: Presentation(
            binary_sensor_class=BinarySensorDeviceClass.PROBLEM, category=EntityCategory.DIAGNOSTIC
        ),
        Quantity.NOTE: Presentation(category=EntityCategory.DIAGNOSTIC),
        Quantity.MODE: Presentation(),
        Quantity.SWITCHED: Presentation(),
        Quantity.CONNECTIVITY: Presentation(
            binary_sensor_class=BinarySensorDeviceClass.CONNECTIVITY, category=EntityCategory.DIAGNOSTIC
        ),
    }
)

_AMOUNTS = frozenset({Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.GAS, Quantity.WATER, Quantity.VOLUME})
_STATE_CLASSES = MappingProxyType(
    {
        Nature.GAUGE: SensorStateClass.MEASUREMENT,
        Nature.REGISTER: SensorStateClass.TOTAL_INCREASING,
    }
)


LARGER_UNITS = MappingProxyType({(Quantity.ENERGY, "Wh"): "kWh", (Quantity.REACTIVE_ENERGY, "varh"): "kvarh"})
"""In what registers are shown that count in small units."""


def state_class_of(point: Point) -> SensorStateClass | None:
    """How Home Assistant's statistics take a point's values.

    An interval that is over is no counter, a word or an instant no number. What is counted in a unit that nobody has
    told yet has no statistics, which would be in the wrong unit once it is told. An amount of which nobody knows
    whether it is counted has none either.
    """
    if point.unit is None and (point.running or point.nature is Nature.REGISTER):
        return None
    if point.nature is Nature.GAUGE and point.quantity in _AMOUNTS:
        return None
    return SensorStateClass.TOTAL if point.running else _STATE_CLASSES.get(point.nature)
