"""The first controller of the usual account: the world's family home, in the database of the vendor's own brand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..world import World
from .fields import (
    Reader,
    Truth,
    constant,
    delta,
    electrical_fields,
    energy_fields,
    gauge,
    power_fields,
    prefixed,
    register,
    said,
)
from .house_names import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    DATABASE,
    GATEWAY,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    OPTIMIZER,
    SITE,
    STRING,
)
from .house_site import add_site
from .nodes import HOUR, MINUTE, SECOND, TEN_MINUTES, Installation, Node

_CHARGING_FROM = 1_000
_STRINGS: Mapping[str, float] = {OPTIMIZER: 0.55, STRING: 0.45}
"""How the roof is divided."""


def family_home(world: World, installed: datetime) -> list[Node]:
    """Return the controller, its site, and all devices of the home."""
    house = Installation(DATABASE, GATEWAY, 37_142, installed)
    house.add(
        CONTROLLER,
        "smartgridController",
        "SmartgridOne Controller",
        info={"manufacturer": "Eniris", "model": "M1S", "serialNumber": CONTROLLER},
        series=[house.own(CONTROLLER, "getMeasStats", MINUTE, [constant("getMeasTime_s", 0.012)])],
        nodeChildrenIds=[SITE],
        isInstaller=False,
    )
    add_site(house, world)
    _grid_meter(house, world)
    _inverter(house, world)
    _battery(house, world)
    for number, (node_id, share) in enumerate(_STRINGS.items(), 1):
        _string(house, world, number, node_id, share)
    _charger(house, world)
    _heat_pump(house, world)
    return house.nodes


def _grid_meter(house: Installation, world: World) -> None:
    read = world.home.meters["grid"].at
    energy = energy_fields(read, "imported", "exported")
    fields = [*power_fields(read), *electrical_fields(read), *energy]
    downsampled = [prefixed(one, "sum") for one in energy if one.kind == "delta"]
    house.add(
        GRID_METER,
        "powerMeter",
        "LGF Digital Smart Meter E360",
        [SITE],
        info={"manufacturer": "LGF", "model": "Digital Smart Meter", "serialNumber": "E360"},
        series=[
            house.polling(GRID_METER),
            house.series(GRID_METER, "submeteringMetrics", SECOND, fields),
            house.series(GRID_METER, "submeteringMetrics", MINUTE, fields),
            house.series(GRID_METER, "submeteringMetrics", TEN_MINUTES, [prefixed(fields[0], "mean"), *downsampled]),
        ],
    )


def _inverter(house: Installation, world: World) -> None:
    solar, battery = world.home.meters["solar"], world.home.meters["battery"]
    power = gauge("actualPowerTot_W", lambda moment: solar.power(moment).total + battery.power(moment).total)
    fields = [
        power,
        *(one for one in electrical_fields(solar.at) if one.name.startswith(("voltage", "frequency"))),
        *energy_fields(solar.at, None, "produced"),
        said("operationMode", lambda _moment: "ECO"),
        said("status", lambda _moment: "Normal"),
        said("faultCodes1", lambda _moment: ""),
    ]
    house.add(
        INVERTER,
        "hybridInverter",
        "GoodWe GW10K-BT",
        [SITE],
        info={
            "manufacturer": "GoodWe",
            "model": "GW10K-BT",
            "serialNumber": "0000EXAMPLE0001",
            "nomPower_W": 10_000,
            "protocolDriverParameters": {"firmwareVersion": "1.7.12"},
        },
        series=[
            house.polling(INVERTER),
            house.series(INVERTER, "hybridInverterMetrics", SECOND, [power]),
            house.series(INVERTER, "hybridInverterMetrics", MINUTE, fields),
        ],
        nodeChildrenIds=[BATTERY, OPTIMIZER, STRING],
    )


def _battery(house: Installation, world: World) -> None:
    meter, battery = world.home.meters["battery"], world.home.battery

    def voltage(moment: datetime) -> float:
        return 370 + 60 * battery.state_of_charge(moment)

    def status(moment: datetime) -> str:
        watts = meter.power(moment).total
        return "Charging" if watts > 0 else "Discharging" if watts < 0 else "Idle"

    live = [power_fields(meter.at)[0], gauge("stateOfCharge_frac", battery.state_of_charge, 4)]
    energy = energy_fields(meter.at, "charged", "discharged")
    fields = [
        *live,
        *energy,
        constant("stateOfHealth_frac", 0.987),
        gauge("batteryVoltage_V", voltage),
        gauge("batteryCurrent_A", lambda moment: meter.power(moment).total / voltage(moment), 2),
        gauge("temperature_degC", battery.temperature),
        said("status", status),
    ]
    hourly = [prefixed(one, "mean" if one.kind == "register" else "sum") for one in energy]
    house.add(
        BATTERY,
        "battery",
        "Battery",
        [INVERTER],
        info={"manufacturer": "GoodWe", "model": "Lynx Home F", "capacity_Wh": battery.capacity, "nomPower_W": 5_000},
        series=[
            house.series(BATTERY, "batteryMetrics", SECOND, live),
            house.series(BATTERY, "batteryMetrics", MINUTE, fields),
            house.series(BATTERY, "batteryMetrics", HOUR, hourly),
        ],
    )


def _string(house: Installation, world: World, number: int, node_id: str, share: float) -> None:
    meter = world.home.meters["solar"]
    kind = "solarOptimizer" if node_id == OPTIMIZER else "solarString"
    power: Truth = lambda moment: -share * meter.power(moment).total  # noqa: E731
    produced: Truth = lambda moment: share * meter.exported(moment)  # noqa: E731
    fields = [
        gauge("actualPowerTot_W", power),
        register("producedAbsEnergyTot_Wh", produced),
        delta("producedEnergyDeltaTot_Wh", produced),
        gauge("voltageDC_V", lambda moment: 380 + 40 * share if power(moment) > 0 else 0.0),
        gauge("currentDC_A", lambda moment: max(0.0, power(moment)) / (380 + 40 * share), 2),
    ]
    house.add(
        node_id,
        kind,
        f"PV input {number}",
        [INVERTER],
        info={"nomPower_W": round(8_000 * share)},
        series=[house.series(node_id, f"{kind}Metrics", MINUTE, fields)],
    )


def _charger(house: Installation, world: World) -> None:
    read = world.home.meters["ev_charger"].at
    watts = _watts(read)
    live = [power_fields(read)[0]]
    fields = [
        *power_fields(read),
        *(one for one in electrical_fields(read) if one.name.startswith("current")),
        *energy_fields(read, "consumed", None),
        gauge("setpoint_W", lambda moment: 11_000.0 if watts(moment) > _CHARGING_FROM else 0.0),
        said("evRequiringCharge", lambda moment: watts(moment) > _CHARGING_FROM),
        said("status", lambda moment: "Charging" if watts(moment) > _CHARGING_FROM else "Available"),
    ]
    house.add(
        CHARGER,
        "evCharger",
        "Alfen Eve Single",
        [SITE],
        info={"manufacturer": "Alfen", "model": "Eve Single", "serialNumber": "ACE0000EXAMPLE", "nomPower_W": 11_000},
        series=[
            house.polling(CHARGER),
            house.series(CHARGER, "evChargerMetrics", SECOND, live),
            house.series(CHARGER, "evChargerMetrics", MINUTE, fields),
        ],
    )


def _heat_pump(house: Installation, world: World) -> None:
    read = world.home.meters["heat_pump"].at
    fields = [
        *power_fields(read),
        *energy_fields(read, "consumed", None),
        said("signalActive", lambda moment: world.home.meters["solar"].power(moment).total < -2_000),
    ]
    info: dict[str, Any] = {"manufacturer": "Daikin", "model": "Altherma 3", "serialNumber": "EHVX0000EXAMPLE"}
    house.add(
        HEAT_PUMP,
        "heatPump",
        "Daikin Altherma",
        [SITE],
        info=info,
        series=[house.series(HEAT_PUMP, "heatPumpMetrics", MINUTE, fields)],
    )


def _watts(read: Reader) -> Truth:
    return lambda moment: read(moment).power.total
