"""Which lines of a module each test runs, and how long it takes; and an end to tests that take much longer."""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
import signal
import sys
from types import CodeType
from typing import Any

from hypothesis import Phase, settings
import pytest

LONGEST = 5.0
"""Seconds that the tests of one mutant may take where nothing is wrong; the quickest are chosen."""
PATIENCE = 5
"""How many times as long a test may take until it is stopped."""
AT_LEAST = (5, 60)
"""Seconds that each test may take anyway: at first, and once more where it took longer. Then it may not just have been
the first in its process to make what others only use.
"""
TOOL = 4
"""Our number among those who watch what is run."""


def settle() -> None:
    """Make the tests the same each time, and as quick as they can be."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", database=None, deadline=None, derandomize=True, phases=phases)
    settings.load_profile("mutation")

    def set_debug(self: asyncio.BaseEventLoop, enabled: bool) -> None:
        self._debug = False  # type: ignore[attr-defined]

    # The test plugin sets it for each test, which makes everything several times slower.
    asyncio.BaseEventLoop.set_debug = set_debug  # type: ignore[method-assign]


@dataclass(slots=True)
class Tests:
    """What each test takes, which lines of the module it runs, and which fail anyway."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def of(self, lines: Iterable[int]) -> list[str]:
        """The quickest tests that run one of those lines."""
        wanted = set(lines)
        return self.quickest(name for name in self.seconds if wanted.intersection(self.lines[name]))

    def quickest(self, names: Iterable[str]) -> list[str]:
        """The quickest of some tests, as many as there is time for."""
        chosen: list[str] = []
        left = LONGEST
        for name in sorted(names, key=self.seconds.__getitem__):
            left -= self.seconds[name]
            if left < 0 and chosen:
                break
            chosen.append(name)
        return chosen


class Watch:
    """A plugin that notes which lines of a module each test runs, and how long it takes."""

    def __init__(self, codes: Sequence[CodeType]) -> None:
        self.tests = Tests()
        self._lines: set[int] = set()
        events = sys.monitoring.events
        # A line that is a whole function, like a lambda's, is begun but not reached.
        sys.monitoring.register_callback(TOOL, events.PY_START, lambda code, _: self._note(code.co_firstlineno))
        sys.monitoring.register_callback(TOOL, events.LINE, lambda _, line: self._note(line))
        for code in codes:
            sys.monitoring.set_local_events(TOOL, code, events.LINE | events.PY_START)

    def _note(self, line: int) -> object:
        self._lines.add(line)
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Watch one test."""
        self._lines.clear()
        sys.monitoring.restart_events()
        self.tests.seconds[item.nodeid] = 0.0
        result = yield
        self.tests.lines[item.nodeid] = sorted(self._lines)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the time; a test that fails by itself tells nothing."""
        if report.nodeid in self.tests.seconds:
            self.tests.seconds[report.nodeid] += report.duration
        if report.failed:
            self.tests.failed.append(report.nodeid)
            self.tests.seconds.pop(report.nodeid, None)


class Patience:
    """A plugin that ends the process when a test takes much longer than it should."""

    def __init__(self, tests: Tests, at_least: int) -> None:
        self._tests = tests
        self._at_least = at_least

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Set the alarm anew."""
        signal.alarm(self._at_least + int(PATIENCE * self._tests.seconds[item.nodeid]))
