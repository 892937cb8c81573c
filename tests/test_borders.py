"""The borders that hold the package up, read off the source: who may import whom, and who may name a vendor."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from homeassistant.const import Platform
import pytest

from custom_components.energy_clouds.vendors import VENDORS

PACKAGE = "custom_components.energy_clouds"
FOLDER = Path(__file__).parents[1] / "custom_components" / "energy_clouds"
NAMES = frozenset(VENDORS) | {vendor.title.casefold() for vendor in VENDORS.values()}

TOP = frozenset(Platform) | {"config_flow", "diagnostics", "repairs", "services", "system_health"}
"""Modules that Home Assistant calls; none of them imports another."""
FLOORS = (
    "the package itself",
    "platforms and flows",
    "entity",
    "coordinator",
    "helpers",
    "registry",
    "vendor",
    "base",
    "http and tokens",
    "model, budget and errors",
)
_FLOOR_OF = {
    "": "the package itself",
    "entity": "entity",
    "coordinator": "coordinator",
    "history": "coordinator",
    "histories": "coordinator",
    "importer": "coordinator",
    "history_sensor": "entity",
    "account_sensors": "entity",
    "vendors": "registry",
    "vendors.base": "base",
    "vendors.model": "model, budget and errors",
    "vendors.budget": "model, budget and errors",
    "vendors.errors": "model, budget and errors",
}

type Sources = Mapping[str, str]
"""The source of each module by its name within the package: `""`, `sensor`, `vendors`, `vendors.base`."""


@dataclass(frozen=True)
class Import:
    """What one module imports: a module of the package by its name in there, or another one by its full name."""

    importer: str
    line: int
    target: str
    inside: bool


def sources() -> Sources:
    return {
        ".".join(path.relative_to(FOLDER).with_suffix("").parts).removesuffix("__init__").removesuffix("."): (
            path.read_text(encoding="utf-8")
        )
        for path in FOLDER.rglob("*.py")
    }


def is_package(module: str, modules: Sources) -> bool:
    return module == "" or any(other.startswith(f"{module}.") for other in modules)


def imports(modules: Sources) -> Iterator[Import]:
    """All imports, also those within functions and under TYPE_CHECKING. What leaves the package upwards is `..`."""
    for module, source in modules.items():
        for node in ast.walk(ast.parse(source)):
            for target in _targets(module, node, modules):
                inside = target == PACKAGE or target.startswith(f"{PACKAGE}.")
                name = target.removeprefix(PACKAGE).removeprefix(".") if inside else target
                yield Import(module, getattr(node, "lineno", 0), name, inside)


def _targets(module: str, node: ast.AST, modules: Sources) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom():
            start = node.module or ""
            if node.level:
                package = [part for part in (PACKAGE, *module.split(".")) if part]
                up = node.level - is_package(module, modules)
                if up >= len(package):
                    yield ".."
                    return
                start = ".".join([*package[: len(package) - up], *([start] if start else [])])
            for alias in node.names:
                full = f"{start}.{alias.name}"
                yield full if full.removeprefix(f"{PACKAGE}.") in modules else start
        case ast.Call(func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module")):
            text = node.args[0] if node.args else None
            yield text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else "(computed)"


def in_vendors(module: str) -> bool:
    return module == "vendors" or module.startswith("vendors.")


def vendor_modules(modules: Sources) -> frozenset[str]:
    """The modules or packages, one per vendor, that the registry takes its vendors from."""
    return frozenset(
        found.target
        for found in imports(modules)
        if found.importer == "vendors" and found.inside and floor(found.target, frozenset()) == "http and tokens"
    )


def floor(module: str, vendors: frozenset[str]) -> str:
    if module in _FLOOR_OF:
        return _FLOOR_OF[module]
    if in_vendors(module):
        return "vendor" if ".".join(module.split(".")[:2]) in vendors else "http and tokens"
    return "platforms and flows" if module in TOP else "helpers"


def vendor_layer_leaks(modules: Sources) -> list[str]:
    """Imports by which `vendors/` would not stand alone."""
    return [
        f"{found.importer}:{found.line} imports {found.target or 'the integration'}"
        for found in imports(modules)
        if in_vendors(found.importer)
        and (
            not in_vendors(found.target)
            if found.inside
            else found.target.split(".")[0] in ("homeassistant", "custom_components", "", "(computed)")
        )
    ]


def vendors_named(modules: Sources, names: frozenset[str] = NAMES) -> list[str]:
    """Identifiers, strings and imports outside `vendors/` that name a vendor."""
    return [
        f"{module}:{getattr(node, 'lineno', 0)} says {word!r}"
        for module, source in modules.items()
        if not in_vendors(module)
        for node in ast.walk(ast.parse(source))
        for word in _words(node)
        if any(name in word.casefold() for name in names)
    ] + [f"{module} is named after a vendor" for module in modules if not in_vendors(module) and module in names]


def _words(node: ast.AST) -> Iterator[str]:
    for field, value in ast.iter_fields(node):
        if field in ("id", "attr", "name", "asname", "arg", "module", "value", "names", "rest"):
            words = value if isinstance(value, list) else [value]
            for word in words:
                if isinstance(word, bytes):
                    yield word.decode(errors="replace")
                elif isinstance(word, str):
                    yield word


def upward_imports(modules: Sources) -> list[str]:
    """Imports of a module on a higher floor, or of a neighbour on a floor where everyone lives alone."""
    vendors = vendor_modules(modules)
    problems = []
    for found in imports(modules):
        if not found.inside or found.importer == found.target:
            continue
        here, there = floor(found.importer, vendors), floor(found.target, vendors)
        if FLOORS.index(there) < FLOORS.index(here):
            problems.append(f"{found.importer}:{found.line} ({here}) imports {found.target or 'the package'} ({there})")
        elif here == there == "platforms and flows":
            problems.append(f"{found.importer}:{found.line} imports its neighbour {found.target or 'the package'}")
        elif here == there == "vendor" and found.importer.split(".")[1] != found.target.split(".")[1]:
            problems.append(f"{found.importer}:{found.line} imports another vendor's {found.target}")
    return problems


def cycles(modules: Sources) -> list[str]:
    """One circle of imports, if there is one."""
    graph: dict[str, set[str]] = {module: set() for module in modules}
    for found in imports(modules):
        if found.inside:
            graph.setdefault(found.importer, set()).add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as err:
        return [" -> ".join(module or "the package" for module in err.args[1])]
    return []


CHECKS = (vendor_layer_leaks, vendors_named, upward_imports, cycles)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_border(check: Callable[[Sources], list[str]]) -> None:
    assert check(sources()) == []


def test_the_sources_are_read() -> None:
    modules = sources()
    found = {(one.importer, one.target) for one in imports(modules)}
    assert {"", "sensor", "vendors", "vendors.base"} <= modules.keys()
    assert {("", "vendors"), ("sensor", "entity"), ("entity", "vendors.model"), ("vendors", "vendors.base")} <= found
    assert {module.removeprefix("vendors.") for module in vendor_modules(modules)} == set(VENDORS)


SOUND = {
    "": "from .coordinator import Coordinator",
    "sensor": "from .entity import Entity\nfrom homeassistant.core import HomeAssistant",
    "binary_sensor": "from .entity import Entity",
    "entity": "from .coordinator import Coordinator",
    "coordinator": "from .vendors import VENDORS\nfrom .storage import Store",
    "storage": "from .const import DOMAIN",
    "const": "",
    "vendors": "from .base import Vendor\nfrom .sun import Sun\nfrom .wind import Wind",
    "vendors.sun": "from .vendor import Sun",
    "vendors.sun.vendor": "from . import fields\nfrom ..base import Vendor\nfrom ..http import Http\nimport msgspec",
    "vendors.sun.fields": "from ..model import Point",
    "vendors.wind": "from .base import Vendor",
    "vendors.base": "from .model import Point",
    "vendors.http": "from .budget import Budget",
    "vendors.model": "",
    "vendors.budget": "from .errors import RateLimited",
    "vendors.errors": "",
}


def test_sound_sources_pass() -> None:
    assert [problem for check in CHECKS for problem in check(SOUND)] == []
    assert vendors_named(SOUND, frozenset({"sun", "wind"})) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("vendors.sun.vendor", "import homeassistant"),
        ("vendors.http", "from homeassistant.helpers import aiohttp_client"),
        ("vendors.base", "def late():\n    from homeassistant.core import HomeAssistant"),
        ("vendors.base", "if TYPE_CHECKING:\n    import homeassistant.const as const"),
        ("vendors.http", "importlib.import_module('homeassistant.const')"),
        ("vendors.http", "__import__(name)"),
        ("vendors.base", "from ..const import DOMAIN"),
        ("vendors.sun.vendor", "from ...const import DOMAIN"),
        ("vendors.sun.vendor", "from ... import storage"),
        ("vendors.base", "from custom_components.energy_clouds.const import DOMAIN"),
        ("vendors.base", "import custom_components.energy_clouds"),
        ("vendors.base", "from custom_components.other import thing"),
        ("vendors", "from .. import const"),
        ("vendors.base", "from .... import anything"),
    ],
)
def test_vendor_layer_leaks_are_found(module: str, source: str) -> None:
    assert len(vendor_layer_leaks({**SOUND, module: source})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from .vendors.sun import Thing",
        "from .vendors import sun",
        "import custom_components.energy_clouds.vendors.sun",
        "from .vendors.base import Vendor as Sun",
        "SUN = 1",
        "sunny = 1",
        "print(vendor.sun)",
        "f(sun=1)",
        "def sun(): ...",
        "def f(sun): ...",
        "class Sun: ...",
        "if key == 'sun': ...",
        "x = f'the {day} Sun'",
        "x = b'sun'",
        "'''About the sun.'''",
        "def f():\n    global sun",
        "match x:\n    case {'a': 1, **sun}: ...",
        "match x:\n    case Thing() as sun: ...",
        "try: ...\nexcept ValueError as sun: ...",
        "def f[Sun](): ...",
    ],
)
def test_named_vendors_are_found(source: str) -> None:
    assert vendors_named({**SOUND, "sensor": source}, frozenset({"sun"})) != []
    assert vendors_named({**SOUND, "vendors.wind": source}, frozenset({"sun"})) == []


def test_a_module_named_after_a_vendor_is_found() -> None:
    assert vendors_named({**SOUND, "sun": ""}, frozenset({"sun"})) == ["sun is named after a vendor"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("entity", "from .sensor import Sensor"),
        ("sensor", "from .binary_sensor import Binary"),
        ("config_flow", "from .sensor import Sensor"),
        ("sensor", "from . import async_setup_entry"),
        ("coordinator", "from .entity import Entity"),
        ("storage", "from .coordinator import Coordinator"),
        ("storage", "from . import coordinator"),
        ("vendors.sun.vendor", "from .. import VENDORS"),
        ("vendors.sun.vendor", "from ..wind import Wind"),
        ("vendors.wind", "from .sun.fields import X"),
        ("vendors.wind", "from . import sun"),
        ("vendors.base", "from .sun import Sun"),
        ("vendors.http", "from .base import Vendor"),
        ("vendors.model", "from .http import Http"),
        ("vendors.budget", "def late():\n    from .base import Vendor"),
        ("vendors.base", "from ..entity import Entity"),
    ],
)
def test_upward_imports_are_found(module: str, source: str) -> None:
    assert len(upward_imports({**SOUND, module: source})) == 1


def test_cycles_are_found() -> None:
    assert cycles({**SOUND, "const": "from .storage import Store"}) != []
    assert cycles({**SOUND, "vendors.sun.fields": "from .vendor import Sun"}) != []
