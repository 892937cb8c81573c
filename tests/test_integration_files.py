"""What hassfest and HACS check of a custom integration, and that the texts are exactly those the code asks for."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
import json
from pathlib import Path
import re
import struct
import tomllib
from types import SimpleNamespace
from typing import Any, cast

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import homeassistant
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    SensorStateClass,
)
from homeassistant.const import Platform
from homeassistant.util.dt import utcnow
import pytest
import yaml

from custom_components.energy_clouds import account_sensors, binary_sensor, config_flow, const, quantities, sensor
from custom_components.energy_clouds.account_sensors import AccountSensor
from custom_components.energy_clouds.entity import EnergyCloudsEntity
from custom_components.energy_clouds.history_sensor import HistorySensor
from custom_components.energy_clouds.vendors import VENDORS, errors
from custom_components.energy_clouds.vendors.base import CredentialField, FieldKind
from custom_components.energy_clouds.vendors.budget import Budget, Limit
from custom_components.energy_clouds.vendors.errors import InvalidCredentials
from custom_components.energy_clouds.vendors.model import DeviceKind, Nature, Quantity

from .reference_points import POINTS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "custom_components" / "energy_clouds"

type Json = dict[str, Any]


def read(path: Path) -> Json:
    def unique(pairs: list[tuple[str, Any]]) -> Json:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{path.name}: a key twice among {keys}"
        return dict(pairs)

    return cast("Json", json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique))


MANIFEST = read(FOLDER / "manifest.json")
TEXTS = read(FOLDER / "translations" / "en.json")
ICONS = read(FOLDER / "icons.json")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def trees() -> Mapping[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.rglob("*.py"))}


def nodes[T: ast.AST](kind: type[T], *, vendors: bool) -> Iterator[tuple[Path, T]]:
    """All nodes of that kind in the vendor layer, or outside it."""
    for path, tree in trees().items():
        if ((FOLDER / "vendors") in path.parents) is vendors:
            yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kind))


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def argument(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def text_of(node: ast.expr | None, path: Path) -> str:
    assert isinstance(node, ast.Constant), f"{path.name}: not written out: {ast.unparse(node) if node else 'nothing'}"
    assert isinstance(node.value, str)
    return node.value


@cache
def vendor_reasons() -> frozenset[str]:
    """What `InvalidCredentials.reason` can be."""
    reasons = {InvalidCredentials("").reason}
    for path, call in nodes(ast.Call, vendors=True):
        if called(call) == "InvalidCredentials":
            reason = call.args[1] if len(call.args) > 1 else argument(call, "reason")
            # What is only asked for then is no error.
            if reason is not None and not (
                isinstance(reason, ast.JoinedStr) and ast.unparse(reason).endswith("_needed'")
            ):
                reasons.add(text_of(reason, path))
    return frozenset(reasons)


LIMIT_REASONS = {errors.RATE_LIMITED, errors.LOCKED_OUT, errors.TOO_MANY_TOKENS}
"""What `RateLimited.reason` can be."""


def flow_errors() -> set[str]:
    found = set[str]()
    for path, node in nodes(ast.Assign, vendors=False):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and "errors" in ast.unparse(target.value):
                match node.value:
                    case ast.Attribute(attr="reason"):
                        found |= vendor_reasons() | LIMIT_REASONS
                    case ast.Attribute(attr="empty"):
                        found |= {vendor.empty for vendor in VENDORS.values()}
                    case value:
                        found.add(text_of(value, path))
    for path, call in nodes(ast.Call, vendors=False):
        if isinstance(values := argument(call, "errors"), ast.Dict):
            found |= {text_of(value, path) for value in values.values}
    return found


def flow_aborts() -> set[str]:
    """Without those whose texts Home Assistant has."""
    central = {"already_in_progress", "reauth_successful", "reconfigure_successful", "no_devices_found"}
    of_helper = {
        "_async_abort_entries_match": "already_configured",
        "_abort_if_unique_id_configured": "already_configured",
        "_abort_if_unique_id_mismatch": "unique_id_mismatch",
    }
    aborts = set[str]()
    for path, call in nodes(ast.Call, vendors=False):
        if called(call) in ("async_abort", "AbortFlow"):
            aborts.add(text_of(argument(call, "reason") or (call.args[0] if call.args else None), path))
        elif called(call) in of_helper:
            own = argument(call, "reason") or argument(call, "error")
            aborts.add(of_helper[called(call)] if own is None else text_of(own, path))
    return aborts - central


def exception_keys() -> set[str]:
    keys = set[str]()
    for path, call in nodes(ast.Call, vendors=False):
        key = argument(call, "translation_key")
        if key is None or argument(call, "translation_domain") is None or called(call) == "async_abort":
            continue
        match key:
            case ast.Attribute(attr="reason"):
                keys |= vendor_reasons()
            case ast.Subscript(value=ast.Name(id=table)):
                keys |= set(constant_dict(path, table))
            case _:
                keys.add(text_of(key, path))
    return keys


def constant_dict(path: Path, name: str) -> Iterator[str]:
    """The values of a module's dict of texts."""
    for node in trees()[path].body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            assert isinstance(node.value, ast.Dict)
            yield from (text_of(value, path) for value in node.value.values)


def notice_keys() -> set[str]:
    """What `Notice.key` can be."""
    keys = set[str]()
    for path, call in (*nodes(ast.Call, vendors=True), *nodes(ast.Call, vendors=False)):
        if called(call) != "Notice":
            continue
        match argument(call, "key"):
            case ast.Attribute(attr="empty"):
                keys |= {vendor.empty for vendor in VENDORS.values()}
            case ast.Name(id=name):
                keys.add(getattr(errors, name))
            case ast.Subscript(value=ast.Name(id=table)):
                keys |= set(constant_dict(path, table))
            case key:
                keys.add(text_of(key, path))
    return keys


def issue_keys() -> set[str]:
    keys = set[str]()
    for path, call in nodes(ast.Call, vendors=False):
        if called(call) == "async_create_issue":
            key = argument(call, "translation_key")
            keys |= notice_keys() if ast.unparse(key or call) == "notice.key" else {text_of(key, path)}
    return keys


def service_names() -> set[str]:
    path = FOLDER / "services.yaml"
    return set(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else set()


def steps_of(flow: type) -> set[str]:
    return {name.removeprefix("async_step_") for name in vars(flow) if name.startswith("async_step_")}


ENTITIES = {
    Platform.SENSOR: (sensor.NATURES, sensor.EnergyCloudsSensor),
    Platform.BINARY_SENSOR: (binary_sensor.NATURES, binary_sensor.EnergyCloudsBinarySensor),
}


@cache
def entities() -> tuple[tuple[Platform, EnergyCloudsEntity], ...]:
    coordinator: Any = SimpleNamespace(
        unique_device_id=lambda device_id: f"account_{device_id}",
        hass=SimpleNamespace(config=SimpleNamespace(currency="EUR")),
    )
    return tuple(
        (platform, entity(coordinator, point))
        for points in POINTS.values()
        for point in points
        for platform, (natures, entity) in ENTITIES.items()
        if point.nature in natures
    )


def test_all_points_become_entities() -> None:
    assert POINTS.keys() == VENDORS.keys(), "say here which points the new vendor makes"
    assert len(entities()) == sum(map(len, POINTS.values()))
    assert {platform for platform, _ in entities()} <= set(const.PLATFORMS) == ENTITIES.keys()


def test_every_quantity_has_a_presentation() -> None:
    assert quantities.PRESENTATIONS.keys() == set(Quantity)


def test_classes_and_units_are_legal() -> None:
    for platform, entity in entities():
        if platform is not Platform.SENSOR:
            continue
        assert isinstance(entity, sensor.EnergyCloudsSensor)
        point = entity.point
        device_class, unit, state_class = entity.device_class, point.unit, entity.state_class
        if device_class is not None:
            assert unit in DEVICE_CLASS_UNITS.get(device_class, {unit}), point
            assert state_class is None or state_class in DEVICE_CLASS_STATE_CLASSES[device_class], point
        if point.nature in (Nature.STATE, Nature.TIME):
            assert (unit, state_class, entity.suggested_display_precision) == (None, None, None), point
        if point.nature is Nature.REGISTER:
            assert state_class is (None if unit is None else SensorStateClass.TOTAL_INCREASING), point
        if point.nature is Nature.INTERVAL:
            assert state_class is (SensorStateClass.TOTAL if point.running and unit is not None else None), point


MANIFEST_REQUIRED = {"domain", "name", "codeowners", "documentation", "iot_class", "issue_tracker", "version"}
MANIFEST_OPTIONAL = {
    "after_dependencies",
    "config_flow",
    "dependencies",
    "import_executor",
    "integration_type",
    "loggers",
    "requirements",
    "single_config_entry",
}
IOT_CLASSES = {"assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"}
INTEGRATION_TYPES = {"device", "entity", "hardware", "helper", "hub", "service", "system"}


def is_version(text: str) -> bool:
    return AwesomeVersion(text).strategy in (
        AwesomeVersionStrategy.CALVER,
        AwesomeVersionStrategy.SEMVER,
        AwesomeVersionStrategy.SIMPLEVER,
        AwesomeVersionStrategy.BUILDVER,
        AwesomeVersionStrategy.PEP440,
    )


def test_manifest() -> None:
    assert MANIFEST.keys() >= MANIFEST_REQUIRED
    assert MANIFEST.keys() <= MANIFEST_REQUIRED | MANIFEST_OPTIONAL
    assert list(MANIFEST) == ["domain", "name", *sorted(MANIFEST.keys() - {"domain", "name"})]
    assert MANIFEST["domain"] == const.DOMAIN == FOLDER.name
    assert is_version(MANIFEST["version"])
    assert MANIFEST["version"] == PROJECT["project"]["version"]
    assert MANIFEST["iot_class"] in IOT_CLASSES
    assert MANIFEST["integration_type"] in INTEGRATION_TYPES
    for key in ("documentation", "issue_tracker"):
        assert re.fullmatch(r"https://(?!www\.home-assistant\.io/)[^\s/]+/\S+", MANIFEST[key])
    assert MANIFEST["codeowners"]
    assert all(re.fullmatch(r"@[A-Za-z0-9-]+(/[A-Za-z0-9_-]+)?", owner) for owner in MANIFEST["codeowners"])


def test_config_flow_is_declared() -> None:
    assert MANIFEST["config_flow"] is True
    assert "async_set_unique_id" in {called(call) for _, call in nodes(ast.Call, vendors=False)}


def test_requirements() -> None:
    pinned = [re.fullmatch(r"([a-z0-9-]+)==\d+(\.\d+)*", requirement) for requirement in MANIFEST["requirements"]]
    assert [match and match[1] for match in pinned] == ["msgspec"]
    for group in ("test", "demo"):
        assert set(MANIFEST["requirements"]) <= set(PROJECT["dependency-groups"][group])


def test_components_that_are_used_are_dependencies() -> None:
    declared = {*MANIFEST.get("dependencies", ()), *MANIFEST.get("after_dependencies", ()), *Platform}
    modules = [
        *((path, alias.name) for path, node in nodes(ast.Import, vendors=False) for alias in node.names),
        *(
            (path, f"{node.module}.{alias.name}")
            for path, node in nodes(ast.ImportFrom, vendors=False)
            for alias in node.names
        ),
    ]
    for path, module in modules:
        if module.startswith("homeassistant.components."):
            component = module.split(".")[2]
            # A platform file such as diagnostics.py may use the component it is a platform of.
            assert component in declared or component == path.stem, f"{path.name} uses {component}"


def test_one_integration_and_no_strings_file() -> None:
    folders = [path for path in FOLDER.parent.iterdir() if path.is_dir() and not path.name.startswith(("__", "."))]
    assert folders == [FOLDER]
    assert not (FOLDER / "strings.json").exists()


def test_hacs_file() -> None:
    hacs = read(ROOT / "hacs.json")
    text, flag = str, bool
    schema = {
        "name": text,
        "content_in_root": flag,
        "filename": text,
        "hide_default_branch": flag,
        "homeassistant": text,
        "persistent_directory": text,
        "zip_release": flag,
    }
    assert hacs["name"] == MANIFEST["name"]
    assert {key: type(value) for key, value in hacs.items()}.items() <= schema.items()
    assert is_version(hacs["homeassistant"])
    assert ("filename" in hacs) is hacs.get("zip_release", False)
    if "filename" in hacs:
        release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
        assert hacs["filename"].endswith(".zip")
        assert f"/{hacs['filename']}" in release, "the release has no such file"


def test_hacs_information() -> None:
    assert (ROOT / "info.md").read_text(encoding="utf-8").startswith(f"# {MANIFEST['name']}\n")
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")


ICON_SIZES = {"icon.png": 256, "icon@2x.png": 512}
LOGO_HEIGHTS = {"logo.png": range(128, 257), "logo@2x.png": range(256, 513)}


def png_size(path: Path) -> tuple[int, int]:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert header[12:16] == b"IHDR"
    width, height = struct.unpack(">II", header[16:])
    return int(width), int(height)


@pytest.mark.parametrize("prefix", ["", "dark_"])
def test_brand(prefix: str) -> None:
    brand = FOLDER / "brand"
    for name, size in ICON_SIZES.items():
        assert png_size(brand / f"{prefix}{name}") == (size, size)
    for name, heights in LOGO_HEIGHTS.items():
        width, height = png_size(brand / f"{prefix}{name}")
        assert min(width, height) == height in heights
    width, height = png_size(brand / f"{prefix}logo.png")
    assert png_size(brand / f"{prefix}logo@2x.png") == (2 * width, 2 * height)


def test_brand_has_nothing_else() -> None:
    names = {f"{prefix}{name}" for prefix in ("", "dark_") for name in (*ICON_SIZES, *LOGO_HEIGHTS)}
    files = list((FOLDER / "brand").iterdir())
    assert {path.name for path in files} == names
    assert all(path.stat().st_size < 40_000 for path in files)


RULES = {
    "bronze": """action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
        dependency-transparency docs-actions docs-conditions docs-high-level-description
        docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup entity-unique-id
        has-entity-name runtime-data test-before-configure test-before-setup unique-config-entry""",
    "silver": """action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
        entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow
        test-coverage""",
    "gold": """devices diagnostics discovery discovery-update-info docs-data-update docs-examples
        docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases
        dynamic-devices entity-category entity-device-class entity-disabled-by-default entity-translations
        exception-translations icon-translations reconfiguration-flow repair-issues stale-devices""",
    "platinum": "async-dependency inject-websession strict-typing",
}
README_SECTIONS = {
    "docs-configuration-parameters": "configuration|options",
    "docs-data-update": "data update|updated",
    "docs-examples": "example",
    "docs-installation-instructions": "installation|installing",
    "docs-installation-parameters": "configuration|parameters",
    "docs-known-limitations": "limitation",
    "docs-removal-instructions": "removal|removing",
    "docs-supported-devices": "supported devices",
    "docs-supported-functions": "supported (devices and )?functions|entities",
    "docs-troubleshooting": "troubleshooting",
    "docs-use-cases": "use cases",
}
"""What a heading of the README says where the rule is done."""


def quality_scale() -> Json:
    scale = yaml.safe_load((FOLDER / "quality_scale.yaml").read_text(encoding="utf-8"))
    assert scale.keys() == {"rules"}
    return cast("Json", scale["rules"])


def test_quality_scale() -> None:
    known = [rule for rules in RULES.values() for rule in rules.split()]
    assert len(known) == len(set(known)) == 54
    rules = quality_scale()
    assert rules.keys() == set(known)
    for rule, said in rules.items():
        entry = {"status": said} if isinstance(said, str) else said
        assert entry.keys() <= {"status", "comment"}, rule
        assert entry["status"] in ("done", "todo", "exempt"), rule
        if entry["status"] == "exempt":
            assert entry.get("comment", "").strip(), f"{rule}: why?"


def test_readme_has_what_the_quality_scale_says() -> None:
    readme = ROOT / "README.md"
    assert readme.exists(), "it is what HACS shows"
    headings = "\n".join(re.findall(r"^#+ (.*)$", readme.read_text(encoding="utf-8"), re.MULTILINE)).casefold()
    rules = quality_scale()
    missing = {rule for rule, pattern in README_SECTIONS.items() if not re.search(pattern, headings)}
    assert {rule for rule in missing if rules[rule] == "done"} == set()


KEY = re.compile(r"(?!.+[_-]{2})(?![_-])[a-z0-9_-]+(?<![_-])")
LEVELS = {
    "title",
    "config",
    "options",
    "selector",
    "device",
    "entity",
    "exceptions",
    "issues",
    "services",
    "system_health",
}
STEP_KEYS = {
    "title",
    "description",
    "data",
    "data_description",
    "menu_options",
    "menu_option_descriptions",
    "sections",
    "submit",
}


def keys_and_texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """All texts with their dotted keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from keys_and_texts(item, f"{path}.{key}" if path else key)
    else:
        assert isinstance(value, str), path
        yield path, value


def bad_texts(texts: Json) -> list[str]:
    """The keys and texts that hassfest refuses."""
    return [
        key
        for key, text in keys_and_texts(texts)
        if not text
        or text != text.strip()
        or re.search(r"https?://|www\.|</?[A-Za-z][^>]*>|'\{\w*\}'|\[%", text)
        or not all(KEY.fullmatch(part) for part in key.split("."))
    ]


def test_texts_are_well_formed() -> None:
    assert TEXTS.keys() <= LEVELS
    assert TEXTS["title"] == MANIFEST["name"]
    assert bad_texts(TEXTS) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"key": ""},
        {"key": " spaces"},
        {"key": "spaces "},
        {"key": "See https://example.org"},
        {"key": "See www.example.org"},
        {"key": "A <b>bold</b> word"},
        {"key": "the '{device}' of"},
        {"key": "[%key:common::state::on%]"},
        {"Key": "text"},
        {"a__b": "text"},
        {"_a": "text"},
        {"a-": "text"},
        {"deep": {"a b": "text"}},
    ],
)
def test_bad_texts_are_found(bad: Json) -> None:
    assert bad_texts(bad) != []


def test_every_field_has_a_description() -> None:
    assert TEXTS["config"].keys() == {"step", "error", "abort"}
    assert TEXTS["options"].keys() <= {"step", "error", "abort"}
    for steps in (TEXTS["config"]["step"], TEXTS["options"]["step"]):
        for name, step in steps.items():
            assert step.keys() <= STEP_KEYS, name
            assert step.get("data", {}).keys() == step.get("data_description", {}).keys(), name
            for section in step.get("sections", {}).values():
                assert section.keys() == {"name", "data", "data_description"}, name
                assert section["data"].keys() == section["data_description"].keys(), name


def test_steps() -> None:
    # `vendor` and `demand` stand for steps that are named by vendors, and `reauth` goes on to `reauth_confirm`.
    shown = steps_of(config_flow.EnergyCloudsConfigFlow) - {"vendor", "demand", "reauth"}
    assert shown >= {"user", "reauth_confirm", "reconfigure", *VENDORS}
    assert TEXTS["config"]["step"].keys() == shown
    assert TEXTS["config"]["step"]["user"]["menu_options"].keys() == VENDORS.keys()
    assert TEXTS["options"]["step"].keys() == steps_of(config_flow.EnergyCloudsOptionsFlow)


def credential_keys(vendors: Iterable[str], *, advanced: bool) -> set[str]:
    fields = [field for vendor in vendors for field in VENDORS[vendor].credential_fields]
    return {field.key for field in fields if field.advanced is advanced and not field.on_demand}


@pytest.mark.parametrize(
    ("vendor", "field"),
    [(key, field) for key, vendor in VENDORS.items() for field in vendor.credential_fields if field.on_demand],
)
def test_steps_on_demand(vendor: str, field: CredentialField) -> None:
    assert TEXTS["config"]["step"][f"{vendor}_{field.key}"]["data"].keys() == {field.key}


@pytest.mark.parametrize(
    ("step", "vendors"),
    [*((vendor, [vendor]) for vendor in VENDORS), ("reauth_confirm", VENDORS), ("reconfigure", VENDORS)],
)
def test_credential_fields(step: str, vendors: Iterable[str]) -> None:
    texts = TEXTS["config"]["step"][step]
    advanced = credential_keys(vendors, advanced=True)
    assert texts["data"].keys() == credential_keys(vendors, advanced=False)
    assert texts.get("sections", {}).keys() == ({const.CONF_ADVANCED} if advanced else set())
    if advanced:
        assert texts["sections"][const.CONF_ADVANCED]["data"].keys() == advanced


def test_options() -> None:
    options = {value for name, value in vars(const).items() if name.startswith("OPTION_")}
    options |= {field.key for vendor in VENDORS.values() for field in vendor.option_fields}
    assert {key for step in TEXTS["options"]["step"].values() for key in step["data"]} == options


def test_choices() -> None:
    choices: dict[str, set[str]] = {}
    for vendor in VENDORS.values():
        for field in vendor.credential_fields:
            if field.kind is FieldKind.CHOICE:
                choices.setdefault(field.key, set()).update(field.choices)
    assert {key: set(selector["options"]) for key, selector in TEXTS["selector"].items()} == choices


def test_errors_and_aborts() -> None:
    assert TEXTS["config"]["error"].keys() == flow_errors()
    assert TEXTS["config"]["abort"].keys() == flow_aborts()


def test_exceptions_and_issues() -> None:
    assert TEXTS["exceptions"].keys() == exception_keys()
    assert all(text.keys() == {"message"} for text in TEXTS["exceptions"].values())
    assert TEXTS.get("issues", {}).keys() == issue_keys()
    assert all(text.keys() == {"title", "description"} for text in TEXTS.get("issues", {}).values())
    assert TEXTS.get("services", {}).keys() == service_names()


def test_system_health() -> None:
    of_vendors = {f"{vendor}_{what}" for vendor in VENDORS for what in ("budget", "reach")}
    assert TEXTS["system_health"]["info"].keys() == {"accounts", *of_vendors}


def test_devices() -> None:
    assert TEXTS["device"].keys() == {kind.value for kind in DeviceKind}
    assert all(device.keys() == {"name"} and "{id}" in device["name"] for device in TEXTS["device"].values())


def test_entities() -> None:
    budget = Budget(Limit(requests=1, window=timedelta(hours=1)))
    coordinator = SimpleNamespace(data={}, budget=budget, vendor=SimpleNamespace(now=utcnow))
    entry: Any = SimpleNamespace(data={const.CONF_ACCOUNT_ID: "account"}, runtime_data=coordinator)
    keeper: Any = None
    of_account = [HistorySensor(entry, keeper), *(AccountSensor(entry, one) for one in account_sensors.DESCRIPTIONS)]
    used = {Platform.SENSOR.value: {str(one.translation_key) for one in of_account}}
    for platform, entity in entities():
        key = entity.translation_key
        assert key is not None
        used.setdefault(platform.value, set()).add(key)
        placeholders = set(re.findall(r"\{(\w+)\}", TEXTS["entity"][platform.value][key]["name"]))
        assert placeholders == entity.translation_placeholders.keys(), key
    assert {platform: set(names) for platform, names in TEXTS["entity"].items()} == used
    names = [text["name"] for platform in TEXTS["entity"].values() for text in platform.values()]
    assert len(names) == len(set(names)), "two entities of one name"


def test_placeholders_are_filled() -> None:
    filled = {
        "config": {"vendor", "wait"},
        "options": {"fastest"},
        "device": {"id"},
        "exceptions": {"account", "detail", "hours", "time"},
        "issues": {"account", "count", "id", "limit", "scope"},
    }
    for level, texts in TEXTS.items():
        if level != "entity":
            used = {name for _, text in keys_and_texts(texts) for name in re.findall(r"\{(\w+)\}", text)}
            assert used <= filled.get(level, set()), level


def test_texts_are_sorted_where_order_says_nothing() -> None:
    for names in (TEXTS["config"]["error"], TEXTS["config"]["abort"], TEXTS["device"], TEXTS["exceptions"]):
        assert list(names) == sorted(names)
    for names in (*TEXTS["entity"].values(), *ICONS["entity"].values()):
        assert list(names) == sorted(names)


def test_icons() -> None:
    assert ICONS.keys() <= {"entity", "services"}
    for platform, icons in ICONS["entity"].items():
        for key, icon in icons.items():
            assert key in TEXTS["entity"][platform], key
            assert icon.keys() <= {"default", "state", "range"}, key
            assert icon["default"] not in icon.get("state", {}).values(), f"{key}: a state's icon is the default anyway"
    assert set(ICONS.get("services", {})) == service_names()
    icons = [icon for _, icon in keys_and_texts(ICONS)]
    assert all(re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon) for icon in icons)


def test_no_icon_repeats_that_of_the_device_class() -> None:
    components = Path(homeassistant.__file__).parent / "components"
    for platform, entity in entities():
        own = ICONS["entity"].get(platform.value, {}).get(entity.translation_key)
        of_classes = read(components / platform.value / "icons.json")["entity_component"]
        if own is not None:
            of_class = of_classes.get(entity.device_class or "_", of_classes["_"])
            assert own["default"] != of_class["default"], entity.translation_key
