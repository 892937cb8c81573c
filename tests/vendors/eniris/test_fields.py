"""Fields: what their names say of them, and their values where names do not."""

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.eniris.fields import (
    Field,
    counter_beside,
    field_named,
    field_of_value,
    is_delta,
    spoken,
)
from custom_components.energy_clouds.vendors.model import Nature, Phase, Quantity

GAUGES = [
    ("actualPowerTot_W", Quantity.POWER, "W", None, None),
    ("actualPowerL2_W", Quantity.POWER, "W", Phase.L2, None),
    ("reacPowerTot_VAr", Quantity.REACTIVE_POWER, "var", None, None),
    ("apparentPowerL1_VA", Quantity.APPARENT_POWER, "VA", Phase.L1, None),
    ("voltageL1N_V", Quantity.VOLTAGE, "V", Phase.L1, None),
    ("voltageL1L2_V", Quantity.VOLTAGE, "V", Phase.L1_L2, None),
    ("voltageL3L1_V", Quantity.VOLTAGE, "V", Phase.L3_L1, None),
    ("currentL3_A", Quantity.CURRENT, "A", Phase.L3, None),
    ("currentN_A", Quantity.CURRENT, "A", Phase.N, None),
    ("frequency_Hz", Quantity.FREQUENCY, "Hz", None, None),
    ("powerFactorTot", Quantity.POWER_FACTOR, None, None, None),
    ("powerFactorL3", Quantity.POWER_FACTOR, None, Phase.L3, None),
    ("powerfactor", Quantity.POWER_FACTOR, None, None, None),
    ("stateOfCharge_frac", Quantity.STATE_OF_CHARGE, "%", None, None),
    ("stateOfHealth_frac", Quantity.PERCENTAGE, "%", None, "state_of_health"),
    ("childrenStorageStateOfCharge_frac", Quantity.STATE_OF_CHARGE, "%", None, "site_state_of_charge"),
    ("childrenProducedPower_W", Quantity.POWER, "W", None, "site_production"),
    ("childrenConsumedPower_W", Quantity.POWER, "W", None, "site_consumption"),
    ("childrenStoragePower_W", Quantity.POWER, "W", None, "site_storage_power"),
    ("childrenEVPower_W", Quantity.POWER, "W", None, "site_charging_point_power"),
    ("childrenOtherPower_W", Quantity.POWER, "W", None, "site_other_power"),
    ("voltageDC_V", Quantity.VOLTAGE, "V", None, "dc_voltage"),
    ("currentDC_A", Quantity.CURRENT, "A", None, "dc_current"),
    ("batteryCurrent_A", Quantity.CURRENT, "A", None, "battery_current"),
    ("setpoint_W", Quantity.POWER, "W", None, "power_setpoint"),
    ("importLimit_W", Quantity.POWER, "W", None, "import_limit"),
    ("maximumProductionPower_W", Quantity.POWER, "W", None, "maximum_production_power"),
    ("reacPowerSetpoint_VAr", Quantity.REACTIVE_POWER, "var", None, "reactive_power_setpoint"),
    ("temperature_degC", Quantity.TEMPERATURE, "°C", None, None),
    ("buyPrice_perkWh", Quantity.PRICE, "currency/kWh", None, "buying_price"),
    ("sellPrice_perkWh", Quantity.PRICE, "currency/kWh", None, "selling_price"),
]
COUNTERS = ("imported", "exported", "produced", "consumed", "charged", "discharged")


@pytest.mark.parametrize(("name", "quantity", "unit", "phase", "meaning"), GAUGES)
def test_gauge(name: str, quantity: Quantity, unit: str | None, phase: Phase | None, meaning: str | None) -> None:
    field = field_named(name)
    assert field is not None
    assert (field.nature, field.quantity, field.unit) == (Nature.GAUGE, quantity, unit)
    assert (field.phase, field.meaning, field.name) == (phase, meaning, None)
    assert field.value_of(1) == (100 if unit == "%" else 1)


@pytest.mark.parametrize("word", COUNTERS)
def test_counter_is_a_register_and_its_delta_never(word: str) -> None:
    counter, delta = field_named(f"{word}AbsEnergyTot_Wh"), field_named(f"{word}EnergyDeltaTot_Wh")
    assert counter is not None
    assert delta is not None
    assert (counter.nature, counter.meaning, counter.noisy) == (Nature.REGISTER, f"{word}_energy", False)
    assert (delta.nature, delta.meaning, delta.noisy) == (Nature.INTERVAL, f"{word}_energy_of_interval", True)
    assert (counter.quantity, counter.unit) == (delta.quantity, delta.unit) == (Quantity.ENERGY, "Wh")


@pytest.mark.parametrize(
    ("name", "nature"),
    [
        ("importedAbsEnergyDeltaTot_Wh", Nature.INTERVAL),
        ("someEnergyDelta_kWh", Nature.INTERVAL),
        ("someAbsEnergy_kWh", Nature.REGISTER),
        ("someEnergy_Wh", Nature.GAUGE),
        ("capacity_Wh", Nature.GAUGE),
        ("childrenProducedEnergyDeltaTot_Wh", Nature.INTERVAL),
        ("autoconsumedEnergyDeltaTot_Wh", Nature.INTERVAL),
        ("powerDelta_W", Nature.GAUGE),
    ],
)
def test_nature_of_energy(name: str, nature: Nature) -> None:
    field = field_named(name)
    assert field is not None
    assert field.nature is nature


@pytest.mark.parametrize(
    ("delta", "counter"),
    [
        ("importedEnergyDeltaTot_Wh", "importedAbsEnergyTot_Wh"),
        ("importedAbsEnergyDeltaTot_Wh", "importedAbsEnergyTot_Wh"),
        ("childrenProducedEnergyDeltaTot_Wh", "childrenProducedAbsEnergyTot_Wh"),
    ],
)
def test_counter_beside_a_delta(delta: str, counter: str) -> None:
    assert is_delta(delta)
    assert counter_beside(delta) == counter


@pytest.mark.parametrize(
    "name", ["voltageL1N_V", "powerFactorTot", "frequency_Hz", "reacPowerTot_VAr", "currentN_A", "exportLimit_W"]
)
def test_what_few_people_want_is_noisy(name: str) -> None:
    field = field_named(name)
    assert field is not None
    assert field.noisy


@pytest.mark.parametrize("name", ["actualPowerTot_W", "currentL1_A", "stateOfCharge_frac", "buyPrice_perkWh"])
def test_what_people_want_is_not(name: str) -> None:
    field = field_named(name)
    assert field is not None
    assert not field.noisy


@pytest.mark.parametrize(
    ("name", "quantity", "words"),
    [
        ("boilerTemp_degC", Quantity.TEMPERATURE, "Boiler temp"),
        ("fanSpeed_frac", Quantity.PERCENTAGE, "Fan speed"),
        ("uptime_s", Quantity.DURATION, "Uptime"),
        ("heaterPowerL1_W", Quantity.POWER, "Heater power L1"),
    ],
)
def test_unknown_words_with_a_unit_are_plain_and_noisy(name: str, quantity: Quantity, words: str) -> None:
    field = field_named(name)
    assert field is not None
    assert (field.quantity, field.name, field.noisy, field.meaning, field.phase) == (quantity, words, True, None, None)


@pytest.mark.parametrize(
    "name",
    ["status", "purity", "flow_Nm3ph", "inletPressure_mbar(g)", "constraint_ph0_label", "_W", "W", "", "_", "power_w"],
)
def test_name_without_a_known_unit_says_nothing(name: str) -> None:
    assert field_named(name) is None


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("status", "Normal", (Quantity.WORD, Nature.STATE, "status", None, False)),
        ("operationMode", "ECO", (Quantity.WORD, Nature.STATE, "operation_mode", None, False)),
        ("signalActive", False, (Quantity.SWITCHED, Nature.FLAG, "signal", None, False)),
        ("evRequiringCharge", True, (Quantity.SWITCHED, Nature.FLAG, "car_needs_charge", None, False)),
        ("valveOpen", True, (Quantity.SWITCHED, Nature.FLAG, None, "Valve open", True)),
        ("status", True, (Quantity.SWITCHED, Nature.FLAG, None, "Status", True)),
        ("note", "Spülen", (Quantity.WORD, Nature.STATE, None, "Note", True)),
        ("purity", 0.5, (Quantity.NUMBER, Nature.GAUGE, None, "Purity", True)),
        ("flow_Nm3ph", 4, (Quantity.NUMBER, Nature.GAUGE, None, "Flow nm3ph", True)),
    ],
)
def test_field_that_only_a_value_tells(name: str, cell: object, expected: tuple[object, ...]) -> None:
    field = field_of_value(name, cell)
    assert field is not None
    shown = "Flow Nm3ph" if name == "flow_Nm3ph" else expected[3]
    assert (field.quantity, field.nature, field.meaning, field.name, field.noisy) == (*expected[:3], shown, expected[4])
    assert field.unit is None


@pytest.mark.parametrize("cell", [None, "", "  ", [], {}, [1], float("nan"), 10**400])
def test_value_that_shows_nothing_makes_no_field(cell: object) -> None:
    assert field_of_value("status", cell) is None


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("actualPowerTot_W", "5"),
        ("actualPowerTot_W", True),
        ("actualPowerTot_W", None),
        ("actualPowerTot_W", [5]),
        ("actualPowerTot_W", 10**400),
    ],
)
def test_cell_of_another_type_is_no_value(field: str, cell: object) -> None:
    told = field_named(field)
    assert told is not None
    assert told.value_of(cell) is None


def test_words_and_flags_of_another_type_are_no_value() -> None:
    natures: dict[Nature, list[object]] = {Nature.FLAG: [1, 0, "yes", None, []], Nature.STATE: [1, True, None, [], ""]}
    for nature, cells in natures.items():
        field = Field(quantity=Quantity.WORD, nature=nature)
        assert [field.value_of(cell) for cell in cells] == [None] * len(cells)


@given(st.text(alphabet="abzLN123_ WhV%²³()+-*/.ADelta", max_size=60), st.one_of(st.text(), st.floats(), st.integers()))
def test_any_name_is_a_field_or_none(name: str, cell: object) -> None:
    for field in (field_named(name), field_of_value(name, cell)):
        if field is not None:
            field.value_of(cell)
            assert field.meaning is None or field.name is None
            assert field.nature is not Nature.REGISTER or "Delta" not in name
    assert spoken(name).isprintable()
