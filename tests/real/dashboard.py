"""The demo's energy dashboard: what a person chooses for it from the accounts, and what is true of that.

It shows a family home and an office. A load that several accounts meter is chosen from one of them only: the dashboard
would count it twice. No meter is in it whose energy does not come from its grid connections and roofs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from tests.simulators import enapter, eniris
from tests.simulators.world import Energy, default_world
from tests.simulators.world.storage import CAPACITY

type Register = Callable[[datetime], float]
"""What a meter of the world has counted at a time, in kWh or m³."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one device of an account measures."""

    vendor: str
    device: str
    key: str


@dataclass(frozen=True, slots=True)
class Counter:
    """A point that has a statistic, and the meter of the world behind it."""

    point: Point
    register: Register


@dataclass(frozen=True, slots=True)
class Precision:
    """How exact the registers are that a vendor tells of the end of an hour.

    They are `rounded` by up to so many kWh or m³, and measured no longer than `lag` before. The vendor forgets what is
    longer ago than it `remembers`.
    """

    rounded: float
    lag: timedelta = timedelta(0)
    remembers: timedelta | None = None


PRECISIONS: Final[Mapping[str, Precision]] = {
    # The newest value of an hour is told, which a device reports every half a minute.
    "enapter": Precision(0.0005, lag=timedelta(seconds=30)),
    "enectiva": Precision(0.0005),
    "eniris": Precision(0.00005),
    "enpact": Precision(0.0005, remembers=timedelta(hours=24)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An item of the energy preferences: its statistics and its live sensors, each by its field.

    Of the `inverted` sensor the sign is the opposite of the dashboard's. `fixed` fields are as they are.
    """

    name: str
    counters: Mapping[str, Counter]
    rates: Mapping[str, Point] = field(default_factory=dict)
    inverted: Point | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)


def _home(meter: str, direction: str = "imported") -> Register:
    return lambda time: _kilo(default_world().home.meter(meter).registers(time), direction)


def _office(meter: str, direction: str = "imported") -> Register:
    return lambda time: _kilo(default_world().meter(meter).registers(time), direction)


def _kilo(registers: Energy, direction: str) -> float:
    return float(getattr(registers, direction)) / 1000


def _utility(name: str) -> Register:
    return default_world().utilities[name].register


def _eniris(device: str, key: str, register: Register) -> Counter:
    return Counter(Point("eniris", device, key), register)


def _eniris_submeter(load: str, name: str) -> Use:
    meter, metrics = eniris.SUBMETERS[load], "submeteringMetrics"
    return Use(
        name=name,
        counters={"stat_consumption": _eniris(meter, f"{metrics}.importedAbsEnergyTot_Wh", _office(load))},
        rates={"stat_rate": Point("eniris", meter, f"{metrics}.actualPowerTot_W")},
    )


def _enpact_meter(meter: str, load: str, name: str) -> Use:
    return Use(
        name=name,
        counters={"stat_consumption": Counter(Point("enpact", meter, "imp"), _office(load))},
        rates={"stat_rate": Point("enpact", meter, "p_total")},
    )


def _enectiva(field_name: str, meter: str, utility: str, name: str, **fixed: Any) -> Use:
    counter = Counter(Point("enectiva", meter, "reading"), _utility(utility))
    return Use(name=name, counters={field_name: counter}, fixed=fixed)


_WITHOUT_PRICES: Final = MappingProxyType(
    {
        "type": "grid",
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    }
)


def _eniris_grid(meter: str, metrics: str, register: Callable[[str, str], Register], name: str) -> Use:
    return Use(
        name=name,
        counters={
            "stat_energy_from": _eniris(meter, f"{metrics}.importedAbsEnergyTot_Wh", register("grid", "imported")),
            "stat_energy_to": _eniris(meter, f"{metrics}.exportedAbsEnergyTot_Wh", register("grid", "exported")),
        },
        rates={"stat_rate": Point("eniris", meter, f"{metrics}.actualPowerTot_W")},
        fixed=_WITHOUT_PRICES,
    )


def _eniris_roof(inverter: str, metrics: str, register: Register, power: Point, name: str) -> Use:
    return Use(
        name=name,
        counters={"stat_energy_from": _eniris(inverter, f"{metrics}.producedAbsEnergyTot_Wh", register)},
        rates={"stat_rate": power},
        fixed={"type": "solar", "config_entry_solar_forecast": None},
    )


SOURCES: Final[Sequence[Use]] = (
    _eniris_grid(eniris.GRID_METER, "submeteringMetrics", _home, "Home"),
    _eniris_grid(eniris.MAIN_METER, "gridMetrics", _office, "Office"),
    _eniris_roof(
        eniris.INVERTER,
        "hybridInverterMetrics",
        _home("solar", "exported"),
        # The power of a hybrid inverter is that of its roof and its battery together.
        Point("eniris", eniris.SITE, "installationMetrics.childrenProducedPower_W"),
        "Home roof",
    ),
    _eniris_roof(
        eniris.ROOF,
        "solarInverterMetrics",
        _office("solar", "exported"),
        Point("eniris", eniris.ROOF, "solarInverterMetrics.actualPowerTot_W"),
        "Office roof",
    ),
    Use(
        name="Home battery",
        counters={
            "stat_energy_from": _eniris(
                eniris.BATTERY, "batteryMetrics.dischargedAbsEnergyTot_Wh", _home("battery", "exported")
            ),
            "stat_energy_to": _eniris(
                eniris.BATTERY, "batteryMetrics.chargedAbsEnergyTot_Wh", _home("battery", "imported")
            ),
        },
        rates={"stat_soc": Point("eniris", eniris.BATTERY, "batteryMetrics.stateOfCharge_frac")},
        inverted=Point("eniris", eniris.BATTERY, "batteryMetrics.actualPowerTot_W"),
        fixed={"type": "battery", "capacity": CAPACITY / 1000},
    ),
    _enectiva("stat_energy_from", "47", "gas", "Gas", type="gas"),
    _enectiva("stat_energy_from", "48", "water", "Water", type="water"),
)
DEVICES: Final[Sequence[Use]] = (
    Use(
        name="Home heat pump",
        counters={
            "stat_consumption": _eniris(eniris.HEAT_PUMP, "heatPumpMetrics.consumedAbsEnergyTot_Wh", _home("heat_pump"))
        },
        rates={"stat_rate": Point("eniris", eniris.HEAT_PUMP, "heatPumpMetrics.actualPowerTot_W")},
    ),
    Use(
        name="Home car",
        counters={
            "stat_consumption": Counter(Point("enapter", enapter.EV_CHARGER, "charge_energy"), _home("ev_charger"))
        },
        rates={"stat_rate": Point("enapter", enapter.EV_CHARGER, "ac_power")},
    ),
    _eniris_submeter("ev_chargers", "Car park"),
    _eniris_submeter("kitchen", "Kitchen"),
    _eniris_submeter("lighting", "Lighting"),
    _eniris_submeter("server_room", "Server room"),
    _eniris_submeter("ventilation", "Ventilation"),
    _enpact_meter("meter-building-b-002", "heat_pump", "Office heat pump"),
    _enpact_meter("meter-building-b-003", "cold_store", "Cold store"),
)
WATER_DEVICES: Final[Sequence[Use]] = (_enectiva("stat_consumption", "49", "hot_water", "Hot water"),)
EVERYTHING: Final = (*SOURCES, *DEVICES, *WATER_DEVICES)
