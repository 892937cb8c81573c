"""Points: one for each field of a device, learnt from its first value, whatever the policies it is stored in."""

from collections import Counter

import pytest

from custom_components.energy_clouds.vendors.model import Nature, Quantity
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    MAIN_METER,
    OFFICE_SITE,
    ROOF,
    SITE,
    UNKNOWN,
)

from .conftest import Bench, keys_of, point_named, sample_of, telemetry, value_of
from .faked import answered, listed

METER = "GWEXAMPLE0000003-Eastron-0001"


@pytest.fixture
async def house(bench: Bench) -> Bench:
    """The account, read once."""
    await bench.discover()
    await bench.read()
    return bench


async def test_each_field_is_a_point_once(house: Bench) -> None:
    ids = Counter(point.id for point in house.inventory.points)
    assert set(ids.values()) == {1}
    # In seconds, minutes and ten minutes: the site has its sums, prices and limits once.
    assert keys_of(house, SITE) == {
        *(
            f"installationMetrics.{name}"
            for name in (
                *(f"children{what}Power_W" for what in ("Produced", "Consumed", "Storage", "EV", "Other")),
                "childrenStorageStateOfCharge_frac",
                *(f"children{what}EnergyDeltaTot_Wh" for what in ("Produced", "Consumed")),
                *(f"childrenStorage{what}EnergyDeltaTot_Wh" for what in ("Charged", "Discharged")),
                "autoconsumedEnergyDeltaTot_Wh",
                "importLimit_W",
                "exportLimit_W",
                "policy",
                "strategy",
            )
        ),
        "planning.buyPrice_perkWh",
        "planning.sellPrice_perkWh",
    }
    assert len(keys_of(house, GRID_METER)) == 18


async def test_no_delta_where_there_is_the_counter_and_no_prefix_ever(house: Bench) -> None:
    for point in house.inventory.points:
        name = point.id.key.partition(".")[2]
        assert not name.startswith(("sum_", "mean_"))
        assert "Delta" not in name or point.nature is Nature.INTERVAL
        assert "Abs" not in name or point.nature is Nature.REGISTER
    deltas = {point.id.device_id for point in house.inventory.points if "Delta" in point.id.key}
    assert deltas == {SITE, OFFICE_SITE}
    registers = {point.id.device_id for point in house.inventory.points if point.nature is Nature.REGISTER}
    assert {GRID_METER, MAIN_METER, BATTERY, ROOF, CHARGER, HEAT_PUMP, INVERTER} <= registers
    # They are not even asked for.
    asked = [name for queries in telemetry(house) for query in queries for name in query["select"]]
    assert not [name for name in asked if name.startswith(("sum_", "mean_"))]
    assert len([name for name in asked if "Delta" in name]) == 7


async def test_fractions_are_percent_and_the_rest_is_as_it_comes(house: Bench) -> None:
    home = house.simulator.world.home
    readings = await house.read()
    sample = sample_of(readings, BATTERY, "batteryMetrics.stateOfCharge_frac")
    assert sample is not None
    assert sample.value == pytest.approx(100 * home.battery.state_of_charge(sample.time), abs=0.01)
    assert point_named(house, BATTERY, "batteryMetrics.stateOfCharge_frac").unit == "%"
    sample = sample_of(readings, GRID_METER, "submeteringMetrics.importedAbsEnergyTot_Wh")
    assert sample is not None
    assert sample.value == pytest.approx(home.meters["grid"].imported(sample.time), abs=0.06)
    # The roof's inverter produces: its power is positive.
    produced = value_of(readings, ROOF, "solarInverterMetrics.actualPowerTot_W")
    assert isinstance(produced, float)
    assert produced > 0


async def test_flags_words_and_prices(house: Bench) -> None:
    readings = await house.read()
    for device, key, nature, quantity, kinds in (
        (CHARGER, "evChargerMetrics.evRequiringCharge", Nature.FLAG, Quantity.SWITCHED, bool),
        (HEAT_PUMP, "heatPumpMetrics.signalActive", Nature.FLAG, Quantity.SWITCHED, bool),
        (CHARGER, "evChargerMetrics.status", Nature.STATE, Quantity.WORD, str),
        (INVERTER, "hybridInverterMetrics.operationMode", Nature.STATE, Quantity.WORD, str),
        (SITE, "planning.buyPrice_perkWh", Nature.GAUGE, Quantity.PRICE, float),
    ):
        point = point_named(house, device, key)
        assert (point.nature, point.quantity) == (nature, quantity)
        assert type(value_of(readings, device, key)) is kinds
    assert value_of(readings, SITE, "planning.buyPrice_perkWh") in (0.16, 0.27, 0.38)
    assert value_of(readings, INVERTER, "hybridInverterMetrics.operationMode") == "ECO"
    # No word, no point.
    assert "hybridInverterMetrics.faultCodes1" not in keys_of(house, INVERTER)
    house.simulator.say(INVERTER, "faultCodes1", "E17")
    await house.poll(2)
    assert point_named(house, INVERTER, "hybridInverterMetrics.faultCodes1").meaning == "fault_codes"


async def test_unknown_device_has_its_plain_points(house: Bench) -> None:
    points = {
        point.id.key.partition(".")[2]: point for point in house.inventory.points if point.id.device_id == UNKNOWN
    }
    assert {name: (point.quantity, point.name) for name, point in points.items()} == {
        "stackCycles": (Quantity.NUMBER, "Stack cycles"),
        "flow_Nm3ph": (Quantity.NUMBER, "Flow Nm3ph"),
        "purity": (Quantity.NUMBER, "Purity"),
        "inletPressure_mbar(g)": (Quantity.NUMBER, "Inlet pressure mbar(g)"),
        "note": (Quantity.WORD, "Note"),
        "valveOpen": (Quantity.SWITCHED, "Valve open"),
    }
    assert all(point.noisy for point in points.values())


@pytest.mark.parametrize(
    ("first", "later"),
    [("Normal", 7), ("Normal", True), (7, "Normal"), (True, "Normal"), (True, 7), (7, True), (7, [7]), ("a", {"b": 1})],
)
async def test_field_stays_what_its_first_value_said(bench: Bench, first: object, later: object) -> None:
    listed(bench, {"retentionPolicy": "rp_one_m", "fields": ["thing", "actualPowerTot_W"]})
    await bench.discover()
    answered(bench, {"thing": first, "actualPowerTot_W": 1})
    await bench.read()
    point = point_named(bench, "a", "m.thing")
    for is_restarted in (False, True):
        if is_restarted:
            bench.restarted()
        bench.simulator.faults.clear()
        listed(bench, {"retentionPolicy": "rp_one_m", "fields": ["thing", "actualPowerTot_W"]})
        await bench.vendor.discover()
        answered(bench, {"thing": later, "actualPowerTot_W": 2})
        readings = await bench.read()
        assert readings.inventory is None
        assert value_of(readings, "a", "m.thing") is None
        assert value_of(readings, "a", "m.actualPowerTot_W") == 2
        answered(bench, {"thing": first, "actualPowerTot_W": 2})
        assert value_of(await bench.read(), "a", "m.thing") == first
        assert point_named(bench, "a", "m.thing") == point
