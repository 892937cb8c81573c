"""How each quantity is shown: the one table between the vendors' model and Home Assistant's classes."""

from dataclasses import dataclass
from types import MappingProxyType

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory

from .vendors.model import Nature, Quantity


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
        Quantity.TEMPERATURE: Presentation(sensor_class=SensorDeviceClass.TEMPERATURE, precision=1),
        Quantity.SHARE_OF_TIME: Presentation(precision=0),
        Quantity.PROBLEM: Presentation(
            binary_sensor_class=BinarySensorDeviceClass.PROBLEM, category=EntityCategory.DIAGNOSTIC
        ),
        Quantity.MODE: Presentation(),
    }
)

STATE_CLASSES = MappingProxyType(
    {
        Nature.GAUGE: SensorStateClass.MEASUREMENT,
        Nature.REGISTER: SensorStateClass.TOTAL_INCREASING,
    }
)
"""What is not here has no state class: an interval's amount is no counter, a word or an instant no number."""
