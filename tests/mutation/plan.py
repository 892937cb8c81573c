"""Which tests have to notice a change to which module. The first are its own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_VENDORS: Final = ("enapter", "enectiva", "eniris", "enpact", "envitron")
_ANSWERS: Final = tuple(f"tests/vendors/{vendor}/test_answers.py" for vendor in _VENDORS)


def _of(vendor: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/vendors/{vendor}/test_{name}.py" for name in names)


_HOURS: Final = ("tests/test_hours.py", "tests/conservation/test_engine.py")
_HISTORY: Final = ("tests/test_history.py", "tests/test_history_trouble.py", "tests/test_history_actions.py")

TESTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "vendors/budget": ("tests/vendors/test_budget.py",),
        "vendors/tokens": (
            "tests/vendors/test_tokens.py",
            "tests/vendors/eniris/test_tokens.py",
            "tests/vendors/envitron/test_tokens.py",
        ),
        "hours": _HOURS,
        "vendors/values": (
            "tests/vendors/test_values.py",
            "tests/test_enapter_words.py",
            "tests/vendors/enapter/test_manifests.py",
            "tests/vendors/enpact/test_discovery.py",
            "tests/vendors/envitron/test_discovery.py",
            *_ANSWERS,
        ),
        "vendors/units": ("tests/vendors/test_units.py", "tests/vendors/eniris/test_fields.py"),
        "vendors/shapes": ("tests/vendors/test_shapes.py",),
        "vendors/http": ("tests/vendors/test_http.py", "tests/vendors/test_sending.py"),
        "vendors/clock": (
            "tests/vendors/test_clock.py",
            "tests/vendors/enectiva/test_live.py",
            "tests/vendors/envitron/test_live.py",
            "tests/vendors/eniris/test_tokens.py",
            "tests/vendors/envitron/test_tokens.py",
        ),
        "vendors/enpact/answers": _of("enpact", "answers", "discovery", "shares", "rights", "refusals"),
        "vendors/envitron/answers": _of("envitron", "answers", "discovery", "live"),
        "vendors/enectiva/answers": _of("enectiva", "answers", "discovery", "live", "history"),
        "vendors/eniris/answers": _of("eniris", "parsing"),
        "vendors/enapter/answers": _of("enapter", "answers", "discovery", "live", "history"),
        "vendors/enpact/fields": _of("enpact", "answers", "discovery", "shares", "live"),
        "vendors/eniris/fields": _of("eniris", "fields", "points", "answers", "series", "live"),
        "importer": (*_HISTORY, "tests/conservation/test_engine.py", "tests/test_calculated.py"),
        "histories": (*_HISTORY, "tests/conservation/test_engine.py", "tests/test_calculated.py"),
        "horizon": ("tests/test_horizon.py",),
        "asked_hours": ("tests/test_asked_hours.py",),
        "pace": ("tests/test_pace.py",),
        "freshness": ("tests/test_freshness.py",),
        "inventory": ("tests/test_inventory.py",),
        "registers": ("tests/test_registers.py",),
        "calculated": ("tests/test_calculated.py", "tests/test_calculated_energy.py"),
        "statistics": (*_HISTORY, "tests/test_statistic_names.py", "tests/test_statistic_ids.py"),
        "vendors/enapter/manifests": _of("enapter", "manifests", "answers", "discovery"),
        "vendors/enapter/points": _of("enapter", "manifests", "answers", "live"),
        "vendors/enapter/history": _of("enapter", "history", "answers"),
    }
)
