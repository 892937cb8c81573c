"""What is kept and told of a module's mutants."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
import difflib
import json
from pathlib import Path
import tomllib

from .judge import Mutant, Verdict

RESULTS = Path(".mutation")
"""The results of the last run of each module."""
ALIVE = frozenset({Verdict.SURVIVED, Verdict.UNTESTED})
_REASONS = Path(__file__).with_name("survivors.toml")
_HEAD = f"{'module':28}{'mutants':>9}{'killed':>8}{'timed out':>11}{'survived':>10}{'no reason':>11}{'share':>8}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant: the line that is changed, how it reads before and after, and the verdict."""

    line: int
    change: str
    verdict: Verdict | None = None


def change_of(original: str, mutant: Mutant) -> str:
    """What a mutant changes, on one line."""
    lines = list(difflib.unified_diff(original.splitlines(), mutant.source.splitlines(), lineterm="", n=0))[2:]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return f"{before} → {after}"


def recalled(module: str) -> list[Result]:
    """The results of the last run."""
    path = _path(module)
    if not path.exists():
        return []
    return [Result(one["line"], one["change"], Verdict(one["verdict"])) for one in json.loads(path.read_text())]


def keep(module: str, results: Sequence[Result]) -> None:
    """Keep the results for the next run."""
    RESULTS.mkdir(exist_ok=True)
    kept = [{"line": one.line, "change": one.change, "verdict": one.verdict} for one in results]
    _path(module).write_text(json.dumps(kept, indent=1, ensure_ascii=False))


def table(modules: Sequence[str]) -> str:
    """The figures of the last run of some modules."""
    rows, totals = [_HEAD], Counter[str]()
    for module in modules:
        results = recalled(module)
        if not results:
            continue
        reasons = _reasons(module)
        count = Counter[str](str(one.verdict) for one in results)
        count["mutants"] = len(results)
        count["alive"] = sum(one.verdict in ALIVE for one in results)
        count["open"] = sum(one.verdict in ALIVE and one.change not in reasons for one in results)
        totals += count
        rows.append(_row(module, count))
    return "\n".join([*rows, _row("all", totals)])


def _row(module: str, count: Counter[str]) -> str:
    share = 1 - count["alive"] / count["mutants"] if count["mutants"] else 1.0
    return (
        f"{module:28}{count['mutants']:9}{count[Verdict.KILLED]:8}{count[Verdict.TIMED_OUT]:11}{count['alive']:10}"
        f"{count['open']:11}{share:8.1%}"
    )


def survivors(module: str, *, all_of_them: bool) -> str:
    """What survived in a module: by the reason why it may, then what has no reason yet."""
    alive = [one for one in recalled(module) if one.verdict in ALIVE]
    reasons = _reasons(module)
    told: dict[str, list[str]] = {}
    for one in alive:
        if all_of_them or one.change not in reasons:
            place = f"{one.line:4}: {one.change}" + ("  (no test runs it)" if one.verdict is Verdict.UNTESTED else "")
            told.setdefault(reasons.get(one.change, "No reason is known:"), []).append(place)
    return "\n".join(f"- {reason}\n" + "".join(f"    {place}\n" for place in places) for reason, places in told.items())


def _reasons(module: str) -> dict[str, str]:
    """Why changes to a module may survive."""
    reasons = tomllib.loads(_REASONS.read_text()).get(module, {})
    return {change: reason for reason, changes in reasons.items() for change in changes}


def _path(module: str) -> Path:
    return RESULTS / f"{module.replace('/', '.')}.json"
