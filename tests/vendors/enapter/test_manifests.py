"""Manifests: which points they make, in which units, and what their values are called."""

from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS, SensorDeviceClass
import pytest

from custom_components.energy_clouds.quantities import PRESENTATIONS, state_class_of
from custom_components.energy_clouds.vendors.enapter.alerts import alert_points, alert_values, connectivity_point
from custom_components.energy_clouds.vendors.enapter.manifests import (
    MOST_WORDS,
    Alert,
    Severity,
    manifest_of,
    prettified,
)
from custom_components.energy_clouds.vendors.enapter.points import points_of, value_of
from custom_components.energy_clouds.vendors.model import Nature, Phase, Point, Quantity
from tests.simulators.enapter import marketplace_manifests

EXAMPLE: dict[str, Any] = {
    "blueprint_spec": "device_compiled/3.0",
    "display_name": "Hybrid inverter",
    "implements": ["energy.hybrid_inverter.3_phase"],
    "properties": {"serial_number": {"type": "string", "display_name": "Serial"}},
    "telemetry": {
        "ac_total_power": {"type": "float", "display_name": "AC power", "unit": "watt"},
        "status": {
            "type": "string",
            "display_name": "Status",
            "enum": ["idle", "operating"],
            "enum_with_metainfo": [
                {"value": "idle", "display_name": "Idle"},
                {"value": "operating", "display_name": "Operating"},
            ],
        },
        "alerts": {"type": "alerts"},
        "alert_details": {"type": "json"},
    },
    "alerts": {
        "low_voltage": {
            "display_name": "Low voltage",
            "severity": "warning",
            "code": "E12",
            "description": "...",
            "troubleshooting": ["..."],
        }
    },
    "units": {"watt": {"display_name": "Watt", "symbol": "W", "type": "ucum"}},
}
"""The manifest of the documents."""


def points(telemetry: Any, **more: Any) -> dict[str, Point]:
    manifest = manifest_of({"telemetry": telemetry, **more})
    return points_of("d", manifest.attributes.values())


def point(name: str = "x", **about: Any) -> Point:
    units = about.pop("units", None)
    return points({name: {"type": "float", **about}}, units=units)[name]


def shown(value: object, **about: Any) -> object:
    """What is shown of a value of an attribute that is declared so."""
    attribute = manifest_of({"telemetry": {"x": about}}).attributes["x"]
    return value_of(points_of("d", [attribute])["x"], attribute, value)


def test_manifest_of_the_documents() -> None:
    manifest = manifest_of(EXAMPLE)
    assert (manifest.title, manifest.profiles) == ("Hybrid inverter", ("energy.hybrid_inverter.3_phase",))
    power, status = points_of("d", manifest.attributes.values()).values()
    assert (power.id.key, power.quantity, power.unit, power.name) == ("ac_total_power", Quantity.POWER, "W", "AC power")
    assert (status.quantity, status.nature, status.words) == (Quantity.WORD, Nature.STATE, ("Idle", "Operating"))
    assert manifest.alerts["low_voltage"].severity is Severity.WARNING


@pytest.mark.parametrize(
    "section", [None, [], 7, "x", {}, {"x": None}, {"x": []}, {"": {}}, {"x,y": {"type": "float"}}]
)
def test_section_that_is_missing_or_wrong_makes_nothing(section: object) -> None:
    manifest = manifest_of({"telemetry": section, "alerts": None, "units": [], "implements": section})
    assert not manifest.attributes
    assert not manifest.alerts


@pytest.mark.parametrize("kind", ["json", "object", "alerts"])
def test_structures_are_no_points(kind: str) -> None:
    assert points({"x": {"type": kind}}) == {}


@pytest.mark.parametrize(
    ("kind", "nature"),
    [
        ("float", Nature.GAUGE),
        ("integer", Nature.GAUGE),
        ("Float", Nature.GAUGE),
        ("boolean", Nature.FLAG),
        ("string", Nature.STATE),
        ("array_of_strings", Nature.STATE),
        ("duration", Nature.STATE),
        (None, Nature.STATE),
        (5, Nature.STATE),
    ],
)
def test_types_and_natures(kind: object, nature: Nature) -> None:
    assert point(type=kind).nature is nature


# Units, as enapter.md lists them


NO_UNITS: list[object] = ["1", "", None, "date", 7, []]


@pytest.mark.parametrize(
    ("name", "spelt", "unit", "quantity"),
    [
        *(("p", spelt, unit, Quantity.POWER) for spelt, unit in [("W", "W"), ("watt", "W"), ("Watt", "W"), ("kW", "kW"),
            ("kilowatt", "kW"), ("kwatt", "kW"), ("MW", "MW")]),
        *(("e", spelt, unit, Quantity.ENERGY) for spelt, unit in [("Wh", "Wh"), ("watth", "Wh"), ("watt_hour", "Wh"),
            ("kWh", "kWh"), ("kwh", "kWh"), ("kwatth", "kWh"), ("MWh", "MWh"), ("J", "J"), ("joule", "J")]),
        *(("u", spelt, "V", Quantity.VOLTAGE) for spelt in ("V", "v", "volt", "volts")),
        *(("i", spelt, unit, Quantity.CURRENT) for spelt, unit in [("A", "A"), ("amp", "A"), ("amps", "A"),
            ("ampere", "A"), ("mA", "mA"), ("uA", "μA")]),
        *(("s", spelt, unit, Quantity.APPARENT_POWER) for spelt, unit in [("VA", "VA"), ("voltamp", "VA"),
            ("kVA", "kVA")]),
        *(("q", spelt, unit, Quantity.REACTIVE_POWER) for spelt, unit in [("VAr", "var"), ("VAR", "var"),
            ("var", "var"), ("voltampreact", "var"), ("kVAr", "kvar")]),
        ("q", "varh", "varh", Quantity.REACTIVE_ENERGY),
        *(("t", spelt, "°C", Quantity.TEMPERATURE) for spelt in ("°C", "Cel", "celsius", "degC")),
        ("t", "celsuis", "°C", Quantity.TEMPERATURE),  # codespell:ignore
        *(("x", spelt, "%", Quantity.PERCENTAGE) for spelt in ("%", "percent", "percentage")),
        *(("x", spelt, unit, Quantity.DURATION) for spelt, unit in [("s", "s"), ("seconds", "s"), ("ms", "ms"),
            ("min", "min"), ("h", "h"), ("hours", "h"), ("day", "d")]),
        *(("x", spelt, spelt, Quantity.PRESSURE) for spelt in ("bar", "mbar", "Pa", "psi")),
        *(("x", spelt, unit, Quantity.VOLUME) for spelt, unit in [("L", "L"), ("l", "L"), ("litre", "L"), ("m3", "m³"),
            ("m³", "m³")]),
        *(("x", spelt, unit, Quantity.FLOW) for spelt, unit in [("l/min", "L/min"), ("L/h", "L/h"), ("litreh", "L/h")]),
        *(("x", spelt, "W/m²", Quantity.IRRADIANCE) for spelt in ("W/m2", "W/m²")),
        ("x", "mm/h", "mm/h", Quantity.PRECIPITATION),
        ("x", "μS/cm", "μS/cm", Quantity.CONDUCTIVITY),
        ("x", "dBm", "dBm", Quantity.SIGNAL_STRENGTH),
        ("x", "Mbps", "Mbit/s", Quantity.DATA_RATE),
        ("x", "hertz", "Hz", Quantity.FREQUENCY),
        # Units that measure nothing that is known here.
        *(("x", spelt, unit, Quantity.NUMBER) for spelt, unit in [("Ah", "Ah"), ("NL/h", "NL/h"), ("%LEL", "%LEL"),
            ("ppm", "ppm"), ("[ppm]", "ppm"), ("deg", "°"), ("degree", "°"), ("gCO2eq/kWh", "gCO2eq/kWh"),
            ("furlong", "furlong"), ("rpm", "rpm")]),
        *(("x", spelt, None, Quantity.NUMBER) for spelt in NO_UNITS),
    ],
)  # fmt: skip
def test_units(name: str, spelt: object, unit: str | None, quantity: Quantity) -> None:
    found = point(name, unit=spelt)
    assert (found.unit, found.quantity) == (unit, quantity)


@pytest.mark.parametrize(
    ("name", "display_name", "unit"),
    [("board_temp", None, "°C"), ("outlet", "Outlet temperature", "°C"), ("temp1", None, "°C"), ("charge", None, "C")],
)
def test_c_is_celsius_where_it_is_a_temperature(name: str, display_name: str | None, unit: str) -> None:
    assert point(name, unit="C", display_name=display_name).unit == unit


def test_unit_that_is_not_known_is_what_the_manifest_says_it_is() -> None:
    units = {"[degF]": {"symbol": "°F"}, "C": {"symbol": "°C"}, "flg": {"symbol": "furlong"}, "bad": {"symbol": 7}}
    assert (point(unit="[degF]", units=units).unit, point(unit="C", units=units).unit) == ("°F", "°C")
    furlong, bad = point(unit="flg", units=units), point(unit="bad", units=units)
    assert (furlong.unit, furlong.quantity) == ("furlong", Quantity.NUMBER)
    assert (bad.unit, bad.quantity) == ("bad", Quantity.NUMBER)


def test_texts_and_flags_have_no_unit() -> None:
    assert point("last_service", type="string", unit="date").unit is None
    assert point("work_day", type="boolean", unit="day").unit is None


# What amounts are, as enapter.md rules


@pytest.mark.parametrize(
    "name",
    ["total_yield", "daily_yield", "energy_total", "ac_energy_today", "ac_energy_lifetime", "pv_energy_daily",
     "battery_energy_in_lifetime", "battery_energy_out_lifetime", "energyImported", "energy_exported", "charged_energy",
     "DischargedEnergy", "energy_lifetime", "energy_day"],
)  # fmt: skip
def test_amounts_that_are_counted(name: str) -> None:
    for unit in ("kWh", "Wh", "varh"):
        assert point(name, unit=unit).nature is Nature.REGISTER


@pytest.mark.parametrize(
    "name",
    ["charge_energy", "consumption", "total_power", "energy", "yesterday_total_yield", "energy_forecast_today",
     "average_daily_energy", "last_day_energy", "target_energy_total", "max_daily_yield"],
)  # fmt: skip
def test_amounts_of_which_nobody_knows(name: str) -> None:
    found = point(name, unit="kwatth")
    assert (found.quantity, found.nature) == (Quantity.ENERGY, Nature.GAUGE)
    assert state_class_of(found) is None


def test_display_name_and_profile_say_it_too() -> None:
    assert point("charge_energy", unit="kWh", display_name="Energy charged, total").nature is Nature.REGISTER
    assert point("ch", unit="kWh", implements=["energy.battery.battery_energy_in_lifetime"]).nature is Nature.REGISTER
    assert point("e", unit="%", implements=["battery_soc"]).quantity is Quantity.STATE_OF_CHARGE


@pytest.mark.parametrize(
    "name", ["nominal_full_pack_energy", "nominal_energy_remaining", "battery_nameplate_capacity", "total_capacity"]
)
def test_capacities_are_stored_energy(name: str) -> None:
    found = point(name, unit="kWh")
    assert (found.quantity, found.nature) == (Quantity.STORED_ENERGY, Nature.GAUGE)


@pytest.mark.parametrize(
    ("name", "unit", "quantity"),
    [
        ("battery_soc", "%", Quantity.STATE_OF_CHARGE),
        ("SOC", "percentage", Quantity.STATE_OF_CHARGE),
        ("state_of_charge", "%", Quantity.STATE_OF_CHARGE),
        ("soc_limit", "%", Quantity.PERCENTAGE),
        ("min_soc", "%", Quantity.PERCENTAGE),
        ("soc", None, Quantity.NUMBER),
        ("battery_soh", "%", Quantity.PERCENTAGE),
        ("power_factor", "1", Quantity.POWER_FACTOR),
        ("cosPhi", None, Quantity.POWER_FACTOR),
        ("power_factor", "%", Quantity.POWER_FACTOR),
        ("power_factor", "W", Quantity.POWER),
    ],
)
def test_names_that_say_more_than_the_unit(name: str, unit: str | None, quantity: Quantity) -> None:
    assert point(name, unit=unit).quantity is quantity


def test_charge_and_volumes() -> None:
    assert point("battery_charge_in_lifetime", unit="Ah").nature is Nature.REGISTER
    assert point("total_charge", unit="Ah").nature is Nature.GAUGE
    assert point("water_total", unit="m3").nature is Nature.REGISTER
    assert point("tank_volume", unit="L").nature is Nature.GAUGE


# Names


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("ac_total_power", "AC total power"),
        ("battery_soc", "Battery SoC"),
        ("pv_string_1_voltage", "PV string 1 voltage"),
        ("status", "Status"),
        ("__", "__"),
    ],
)
def test_what_has_no_name_is_called_by_its_key(name: str, shown_as: str) -> None:
    assert prettified(name) == shown_as
    assert point(name).name == shown_as
    assert point(name, display_name="Own").name == "Own"


def test_value_of_a_phase_without_a_name_is_that_of_its_phase() -> None:
    found = points(
        {
            "ac_l1_voltage": {"type": "float", "unit": "V"},
            "l2_power": {"type": "float", "unit": "W"},
            "ac_l3_current": {"type": "float", "unit": "A", "display_name": "Third"},
            "l1_current": {"type": "float", "unit": "W/m2"},
        }
    )
    assert [(one.phase, one.name) for one in found.values()] == [
        (Phase.L1, None),
        (Phase.L2, None),
        (None, "Third"),
        (None, "L1 current"),
    ]


def test_two_of_one_name_are_told_apart() -> None:
    about = {"type": "float", "display_name": "Power"}
    found = points({"a": about, "b": about, "c": {"type": "string", "display_name": "power"}, "d": {"type": "string"}})
    assert [one.name for one in found.values()] == ["Power (a)", "Power (b)", "power (c)", "D"]


def test_what_few_people_want_is_noisy() -> None:
    noisy = points(
        {
            "ac_l1_voltage": {"type": "float", "unit": "V"},
            "frequency": {"type": "float", "unit": "Hz"},
            "power_factor": {"type": "float"},
            "rssi": {"type": "integer", "unit": "dBm"},
            "warnings": {"type": "array_of_strings"},
        }
    )
    usual = points(
        {
            "battery_voltage": {"type": "float", "unit": "V"},
            "l1_power": {"type": "float", "unit": "W"},
            "status": {"type": "string"},
        }
    )
    assert all(one.noisy for one in noisy.values())
    assert not any(one.noisy for one in usual.values())


# Words


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"enum": ["idle", "run"]}, {"idle": "idle", "run": "run"}),
        ({"enum": {"idle": {"display_name": "Idle", "color": "red"}, "run": None}}, {"idle": "Idle", "run": "run"}),
        ({"enum": {"idle": "Idle"}}, {"idle": "Idle"}),
        ({"enum": [{"value": "idle", "display_name": "Idle"}]}, {"idle": "Idle"}),
        ({"enum": ["a"], "enum_with_metainfo": [{"value": "a", "display_name": "A!"}]}, {"a": "A!"}),
        ({"enum": ["a"], "enum_with_metainfo": []}, {"a": "a"}),
        ({"enum": [1, 2.0, True, None, []]}, {"1": "1", "2": "2", "true": "true"}),
        # Two values of one name are called by their values.
        ({"enum": {"a": {"display_name": "On"}, "b": {"display_name": "on"}}}, {"a": "a", "b": "b"}),
        ({"enum": None}, {}),
        ({"enum": 7}, {}),
        ({"enum": [str(number) for number in range(500)]}, {}),
    ],
)
def test_words_of_enumerations(about: dict[str, Any], words: dict[str, str]) -> None:
    manifest = manifest_of({"telemetry": {"x": {"type": "string", **about}}})
    assert manifest.attributes["x"].words == words
    assert point(**{"type": "string", **about}).words == tuple(words.values())


def test_numbers_may_be_enumerated() -> None:
    names = {"0": {"display_name": "Off"}, "1": {"display_name": "On"}}
    about: dict[str, Any] = {"type": "integer", "unit": "W", "enum": names}
    found = point(**about)
    assert (found.quantity, found.unit, found.words) == (Quantity.WORD, None, ("Off", "On"))
    assert [shown(value, **about) for value in (0, 1.0, "1", 2, 1.5)] == ["Off", "On", "On", "2", "1.5"]


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("float", 5, 5.0),
        ("float", -0.5, -0.5),
        ("integer", 5.0, 5.0),
        ("float", "5", None),
        ("float", True, None),
        ("float", 10**400, None),
        ("float", [5], None),
        ("boolean", True, True),
        ("boolean", 1, None),
        ("boolean", "true", None),
        ("string", "ok", "ok"),
        ("string", " o\nk ", "o k"),
        ("string", 5, "5"),
        ("string", "", None),
        ("string", "x" * 300, "x" * 254 + "…"),
        ("string", ["a"], None),
        ("array_of_strings", ["a", "b", 7], "a, b"),
        ("array_of_strings", [], None),
        ("array_of_strings", "a", "a"),
        ("duration", "5s", "5s"),
    ],
)
def test_value_that_is_not_what_was_declared_is_absent(kind: str, value: object, seen: object) -> None:
    assert shown(value, type=kind) == seen


def test_word_of_an_enumeration_is_not_guessed_without_its_manifest() -> None:
    about: dict[str, Any] = {"type": "string", "enum": {"idle": {"display_name": "Idle"}}}
    status = point(**about)
    assert value_of(status, None, "idle") is None
    assert value_of(point(type="string"), None, "idle") == "idle"


# Alerts


def test_points_of_alerts() -> None:
    manifest = manifest_of(EXAMPLE)
    found = {one.id.key: one for one in alert_points("d", manifest.alerts)}
    assert list(found) == [
        "own,alerts_error", "own,alerts_warning", "own,alerts_info", "own,raised_alerts", "own,alert_low_voltage",
    ]  # fmt: skip
    assert [one.meaning for one in found.values()] == [
        "alerts_error", "alerts_warning", "alerts_info", "raised_alerts", None,
    ]  # fmt: skip
    assert (found["own,alert_low_voltage"].name, found["own,alert_low_voltage"].noisy) == ("Low voltage", True)
    assert [one.cadence for one in found.values()] == [None] * 5

    def values(*raised: str) -> dict[str, object]:
        return {one.key: value for one, value in alert_values(found.values(), manifest.alerts, raised)}

    assert values() == {
        "own,alerts_error": False,
        "own,alerts_warning": False,
        "own,alerts_info": False,
        "own,raised_alerts": "none",
        "own,alert_low_voltage": False,
    }
    assert values("low_voltage", "E77") == {
        "own,alerts_error": True,
        "own,alerts_warning": True,
        "own,alerts_info": False,
        "own,raised_alerts": "E77, Low voltage",
        "own,alert_low_voltage": True,
    }


@pytest.mark.parametrize(
    ("severity", "found"), [("info", "info"), ("Warning", "warning"), ("bad", "error"), (7, "error")]
)
def test_severities(severity: object, found: str) -> None:
    assert manifest_of({"alerts": {"x": {"severity": severity}}}).alerts["x"].severity == found


def test_keys_of_our_own_are_never_those_of_attributes() -> None:
    """Whatever a manifest comes to declare later, no point becomes another thing."""
    before = manifest_of({"alerts": {"a": {}, "error": {}}})
    names = ("connectivity", "alerts_error", "raised_alerts", "alert_a", "own", "own,connectivity", "own,alert_a")
    later = manifest_of({"telemetry": {one: {"type": "string"} for one in names}, "alerts": {"a": {}, "error": {}}})
    telemetry = points_of("d", later.attributes.values())

    def own(alerts: Mapping[str, Alert], others: Iterable[Point]) -> list[str]:
        return [one.id.key for one in (connectivity_point("d"), *alert_points("d", alerts, others))]

    keys = own(before.alerts, ())
    assert keys == own(later.alerts, telemetry.values())
    assert len(set(keys)) == len(keys)
    assert telemetry.keys() == {"connectivity", "alerts_error", "raised_alerts", "alert_a", "own"}
    assert telemetry.keys().isdisjoint(keys)


def test_alerts_that_are_called_the_same_have_their_ids_behind_it() -> None:
    alerts = {one: {"display_name": called} for one, called in (("a", "Fault"), ("b", "FAULT"), ("c", "Heat"))}
    manifest = manifest_of({"telemetry": {"hot": {"type": "boolean", "display_name": "Heat"}}, "alerts": alerts})
    made = alert_points("d", manifest.alerts, points_of("d", manifest.attributes.values()).values())
    assert [one.name for one in made if one.name is not None] == ["Fault (a)", "FAULT (b)", "Heat (c)"]


@pytest.mark.parametrize(
    ("called", "names"),
    [
        ({"ac_l1_power": None, "l1_power": None}, ["AC L1 power", "L1 power"]),
        ({"ac_l1_power": "Power L1", "l1_power": None}, ["Power L1 (ac_l1_power)", "L1 power (l1_power)"]),
        ({"l1_power": None, "other": "L1 Power"}, ["L1 power (l1_power)", "L1 Power (other)"]),
        ({"l1_power": None, "l2_power": None}, [None, None]),
    ],
)
def test_value_of_a_phase_is_not_called_like_another(called: dict[str, str | None], names: list[str | None]) -> None:
    telemetry = {one: {"type": "float", "unit": "W", "display_name": shown} for one, shown in called.items()}
    found = points_of("d", manifest_of({"telemetry": telemetry}).attributes.values())
    assert [one.name for one in found.values()] == names
    assert all((one.phase is None) is (one.name is not None) for one in found.values())


def test_endless_enumeration_is_not_read() -> None:
    read: list[object] = []

    class Watched(dict[str, Any]):
        """A value that tells when it is looked at."""

        @override
        def get(self, key: str, default: object = None) -> object:
            """Tell, and answer."""
            read.append(key)
            return super().get(key, default)

    enum = [Watched(value=number) for number in range(5000)]
    manifest = manifest_of({"telemetry": {"x": {"type": "integer", "enum": enum}}})
    assert manifest.attributes["x"].words == {}
    assert len(read) <= 2 * MOST_WORDS


# As the marketplace has them


def is_legal(point: Point) -> bool:
    """Whether Home Assistant's own tables allow that class, unit and state class together."""
    if point.nature is Nature.FLAG:
        return PRESENTATIONS[point.quantity].sensor_class is None
    device_class = SensorDeviceClass.ENUM if point.words else PRESENTATIONS[point.quantity].sensor_class
    state_class = state_class_of(point)
    if point.nature is Nature.STATE:
        return (point.unit, state_class) == (None, None)
    if device_class is None:
        return True
    units = DEVICE_CLASS_UNITS.get(device_class)
    allowed = DEVICE_CLASS_STATE_CLASSES.get(device_class)
    return (units is None or point.unit in units) and (state_class is None or allowed is None or state_class in allowed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_marketplace_makes_legal_sensors_only(seed: int) -> None:
    made = 0
    for number, item in enumerate(marketplace_manifests(100, seed)):
        manifest = manifest_of(item)
        found = points_of("d", manifest.attributes.values())
        found |= {one.id.key: one for one in alert_points("d", manifest.alerts, found.values())}
        names = [one.name for one in found.values() if one.name is not None and one.quantity is not Quantity.PROBLEM]
        assert len(set(names)) == len(names), number
        for one in found.values():
            assert is_legal(one), (number, one)
        made += len(found)
    assert made > 1000


def test_what_is_illegal_is_found() -> None:
    """The test above would fail if it had to."""
    right = point("energy_total", unit="kWh")
    assert is_legal(right)
    assert not is_legal(Point(id=right.id, quantity=Quantity.POWER, nature=right.nature, unit="W"))
    assert not is_legal(Point(id=right.id, quantity=right.quantity, nature=right.nature, unit="W"))
