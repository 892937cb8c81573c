"""The site of the family home: sums over everything below it, and the prices that its controller plans with."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ..world import Meter, World
from .fields import Field, Truth, constant, delta, gauge, prefixed, said
from .house_names import CHARGER, CONTROLLER, GRID_METER, HEAT_PUMP, INVERTER, SITE
from .nodes import MINUTE, SECOND, TEN_MINUTES, Installation

_CONSUMERS = ("household", "heat_pump", "ev_charger")


def add_site(house: Installation, world: World) -> None:
    """Add the site, which has the sums over its children, and the plan with the prices."""
    home = world.home
    watts = {name: _watts(meter) for name, meter in home.meters.items()}
    produced, sold = home.meters["solar"].exported, home.meters["grid"].exported

    def consumed(moment: datetime) -> float:
        return sum(home.meters[name].imported(moment) for name in _CONSUMERS)

    def autoconsumed(start: datetime, end: datetime) -> float:
        return max(0.0, produced(end) - produced(start) - sold(end) + sold(start))

    powers = [
        gauge("childrenProducedPower_W", lambda moment: -watts["solar"](moment)),
        gauge("childrenStoragePower_W", watts["battery"]),
        gauge("childrenEVPower_W", watts["ev_charger"]),
        gauge("childrenOtherPower_W", lambda moment: watts["household"](moment) + watts["heat_pump"](moment)),
        gauge("childrenStorageStateOfCharge_frac", home.battery.state_of_charge, 4),
    ]
    deltas = [
        delta("childrenProducedEnergyDeltaTot_Wh", produced),
        delta("childrenConsumedEnergyDeltaTot_Wh", consumed),
        delta("childrenStorageChargedEnergyDeltaTot_Wh", home.meters["battery"].imported),
        delta("childrenStorageDischargedEnergyDeltaTot_Wh", home.meters["battery"].exported),
        Field("autoconsumedEnergyDeltaTot_Wh", autoconsumed, "delta", 3),
    ]
    steering = [
        constant("importLimit_W", 17_250.0),
        constant("exportLimit_W", 10_000.0),
        said("policy", lambda _moment: "selfConsumption"),
        said("strategy", lambda moment: "dynamicTariff" if home.meters["solar"].power(moment).total > 0 else "solar"),
    ]
    # The consumption is in the minutes only (eniris.md A5).
    consumption = gauge("childrenConsumedPower_W", lambda moment: sum(watts[name](moment) for name in _CONSUMERS))
    house.add(
        SITE,
        "smartgridControllerSite",
        "Family home",
        [CONTROLLER],
        series=[
            house.own(SITE, "installationMetrics", SECOND, [*powers, *deltas]),
            house.own(SITE, "installationMetrics", MINUTE, [*powers, consumption, *deltas, *steering]),
            house.own(SITE, "installationMetrics", TEN_MINUTES, [prefixed(one, "sum") for one in deltas]),
            house.own(SITE, "planning", TEN_MINUTES, _prices(world.time_zone)),
        ],
        nodeChildrenIds=[GRID_METER, INVERTER, CHARGER, HEAT_PUMP],
    )


def _prices(time_zone: str) -> Sequence[Field]:
    """Return a dynamic tariff per kWh: dear in the evening, cheap at night and at noon."""

    def buy(moment: datetime) -> float:
        hour = moment.astimezone(ZoneInfo(time_zone)).hour
        return 0.38 if 17 <= hour < 21 else 0.16 if hour < 6 or 11 <= hour < 15 else 0.27

    return [gauge("buyPrice_perkWh", buy, 5), gauge("sellPrice_perkWh", lambda moment: buy(moment) * 0.4 - 0.02, 5)]


def _watts(meter: Meter) -> Truth:
    return lambda moment: meter.at(moment).power.total
