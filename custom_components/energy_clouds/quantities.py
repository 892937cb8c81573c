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
        Quantity.ENERGY: Presentation(sensor_class=SensorDeviceClass.ENERGY, precision=1),
        Quantity.GAS: Presentation(sensor_class=SensorDeviceClass.GAS, precision=2),
        Quantity.WATER: Presentation(sensor_class=SensorDeviceClass.WATER, precision=2),
        Quantity.VOLUME: Presentation(sensor_class=SensorDeviceClass.VOLUME, precision=2),
        Quantity.FLOW: Presentation(sensor_class=SensorDeviceClass.VOLUME_FLOW_RATE, precision=1),
        Quantity.NUMBER: Presentation(),
        Quantity.METER_READING: Presentation(),
        Quantity.TEMPERATURE: Presentation(sensor_class=SensorDeviceClass.TEMPERATURE, precision=1),
        Quantity.SHARE_OF_TIME: Presentation(precision=0),
        Quantity.PROBLEM: Presentation(
            binary_sensor_class=BinarySensorDeviceClass.PROBLEM, category=EntityCategory.DIAGNOSTIC
        ),
        Quantity.MODE: Presentation(),
    }
)

_STATE_CLASSES = MappingProxyType(
    {
        Nature.GAUGE: SensorStateClass.MEASUREMENT,
        Nature.REGISTER: SensorStateClass.TOTAL_INCREASING,
    }
)


def state_class_of(point: Point) -> SensorStateClass | None:
    """How Home Assistant's statistics take a point's values.

    An interval that is over is no counter, a word or an instant no number. What is counted in a unit that nobody has
    told yet has no statistics, which would be in the wrong unit once it is told.
    """
    if point.unit is None and (point.running or point.nature is Nature.REGISTER):
        return None
    return SensorStateClass.TOTAL if point.running else _STATE_CLASSES.get(point.nature)
