"""Prints the matrix when it has run: a row per fault, a column per vendor, in a few letters what was seen."""

from collections.abc import Iterable

import pytest

CELL = "cell"
_LEGEND = (
    "First what entities showed at the end of the fault: + newer values, = the last ones, - some nothing, 0 nothing;",
    "then whom it bothered: . nobody, A a dialogue for a new credential, R a repair issue;",
    "how many requests were sent while it lasted; after how many minutes all was back. ! is a cell that failed.",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print it, if any of its cells ran."""
    cells: dict[tuple[str, str], str] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == CELL and isinstance(value, list | tuple):
                    fault, vendor, seen = value
                    cells[fault, vendor] = f"{seen}{'' if outcome == 'passed' else ' !'}"
    if cells:
        terminalreporter.section("fault matrix")
        for line in (*_lines(cells), "", *_LEGEND):
            terminalreporter.write_line(line)


def _lines(cells: dict[tuple[str, str], str]) -> Iterable[str]:
    faults = dict.fromkeys(fault for fault, _ in cells)
    vendors = sorted({vendor for _, vendor in cells})
    first = max(map(len, faults)) + 2
    width = max(len(text) for text in (*vendors, *cells.values())) + 2
    yield f"{'':{first}}" + "".join(f"{vendor:{width}}" for vendor in vendors)
    for fault in faults:
        yield f"{fault:{first}}" + "".join(f"{cells.get((fault, vendor), ''):{width}}" for vendor in vendors).rstrip()
