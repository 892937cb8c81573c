"""Judges mutants: a process that has collected the tests forks for each of them, and the child runs what concerns it.

What is within a function is exchanged in the child. A mutant that changes what happens when the module is imported
(a table, a class, a default) gets a child that was forked before the module was imported, and collects anew.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
import gc
import importlib
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
import json
import os
from pathlib import Path
import resource
import signal
import sys
from types import CodeType, ModuleType
from typing import override

from _pytest.main import pytest_runtestloop as run_tests
import pytest

from .swap import Functions, NotInFunctions, codes_in, exchanges, living_functions
from .tables import changed_tables
from .watch import AT_LEAST, TOOL, Patience, Tests, Watch, settle

PYTEST = (
    "-qq",
    "--capture=no",
    "--tb=no",
    "--show-capture=no",
    *(f"-pno:{one}" for one in ("cacheprovider", "xdist", "cov")),
)
START = 40
"""Seconds in which a child has to begin with the tests."""
BASELINE = 1800
"""Seconds that all tests may take without a mutant."""
MEMORY = 2**32


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module's source with one small change, and the lines that the change is in."""

    source: str
    first: int
    last: int


def forked(work: Callable[[], int], seconds: int = START) -> Verdict:
    """What the exit status of a child that does the work says; its alarm rings after so many seconds."""
    pid = os.fork()
    if pid == 0:
        status = 1
        with suppress(BaseException):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(seconds)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            status = work()
        os._exit(status)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return Verdict.TIMED_OUT
    return Verdict.KILLED if status else Verdict.SURVIVED


def judged_by(work: Callable[[int], int]) -> Verdict:
    """The verdict of a child, which is given how long each test may take at least."""
    verdict = Verdict.TIMED_OUT
    for at_least in AT_LEAST:
        if verdict is Verdict.TIMED_OUT:
            verdict = forked(partial(work, at_least))
    return verdict


class Judge:
    """A plugin that judges the mutants in place of running the tests. What it finds out is written to a folder."""

    def __init__(self, path: Path, mutants: Sequence[Mutant], folder: Path) -> None:
        self._path = str(path)
        self._original = compile(path.read_text(), self._path, "exec", dont_inherit=True)
        self._mutants = mutants
        self._folder = folder
        self._tests = Tests()
        self._living: Functions = {}
        self._at_import: set[CodeType] = set()
        events = sys.monitoring.events
        sys.monitoring.use_tool_id(TOOL, "mutation")
        sys.monitoring.register_callback(TOOL, events.PY_START, self._note)
        sys.monitoring.set_events(TOOL, events.PY_START)

    def _note(self, code: CodeType, _offset: int) -> object:
        if code.co_filename == self._path:
            self._at_import.add(code)
        return sys.monitoring.DISABLE

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork, for the tests as they are and then for each mutant."""
        sys.monitoring.set_events(TOOL, 0)
        if session.testsfailed:
            raise session.Failed("the tests cannot be collected")
        found = living_functions(self._path)
        gc.collect()
        gc.freeze()
        forked(lambda: self._take(session, [one for code in found for one in codes_in(code)]), BASELINE)
        self._tests = Tests(**json.loads((self._folder / "tests.json").read_text()))
        for name in self._tests.failed:
            sys.stderr.write(f"fails without a mutant: {name}\n")
        # What was called when the module was imported may have left something behind.
        self._living = {code: functions for code, functions in found.items() if code not in self._at_import}
        items = {item.nodeid: item for item in session.items}
        verdicts = []
        for number, mutant in enumerate(self._mutants):
            verdicts.append(self._verdict(session, mutant, items))
            tell(number, len(self._mutants))
        modules = [name for name, module in sys.modules.items() if _is_foreign(module)]
        (self._folder / "verdicts.json").write_text(json.dumps({"verdicts": verdicts, "modules": modules}))
        return True

    def _take(self, session: pytest.Session, codes: Sequence[CodeType]) -> int:
        """Run the tests as they are."""
        watch = Watch(codes)
        session.config.pluginmanager.register(watch)
        run_tests(session)
        (self._folder / "tests.json").write_text(json.dumps(asdict(watch.tests)))
        return 0

    def _verdict(self, session: pytest.Session, mutant: Mutant, items: dict[str, pytest.Item]) -> Verdict | None:
        """The verdict on a mutant; None where it has to be there when the module is imported."""
        try:
            changed = compile(mutant.source, self._path, "exec", dont_inherit=True)
        except SyntaxError:
            return Verdict.KILLED
        with suppress(NotInFunctions):
            return self._verdict_on_functions(session, mutant, changed, items)
        with suppress(NotInFunctions):
            return self._verdict_on_tables(session, mutant, items)
        return None

    def _verdict_on_functions(
        self, session: pytest.Session, mutant: Mutant, changed: CodeType, items: dict[str, pytest.Item]
    ) -> Verdict:
        new = list(exchanges(self._original, changed, self._living))
        # A line within a statement is not always told: then all tests of the function have to do.
        lines = {line for function, _ in new for line in _lines_of(function.__code__)}
        names = self._tests.of(range(mutant.first, mutant.last + 1)) or self._tests.of(lines)

        def work(at_least: int) -> int:
            for function, code in new:
                function.__code__ = code
            return self._run(session, [items[name] for name in names], at_least)

        return judged_by(work) if names else Verdict.UNTESTED

    def _verdict_on_tables(
        self, session: pytest.Session, mutant: Mutant, items: dict[str, pytest.Item]
    ) -> Verdict | None:
        module = next(one for one in sys.modules.values() if getattr(one, "__file__", None) == self._path)
        tables = changed_tables(Path(self._path).read_text(), mutant.source, module, [*self._at_import])
        codes = [inner for code in self._living for inner in codes_in(code)]
        lines = {line for code in codes if tables.are_used(code) for line in _lines_of(code)}
        names = self._tests.of(lines)

        def work(at_least: int) -> int:
            tables.assign(module)
            return self._run(session, [items[name] for name in names], at_least)

        verdict = judged_by(work) if names else Verdict.SURVIVED
        # One that survives may do so because something was made of it in another module: it is judged once more.
        return None if verdict is Verdict.SURVIVED else verdict

    def _run(self, session: pytest.Session, items: list[pytest.Item], at_least: int) -> int:
        session.items = items
        session.config.pluginmanager.register(Patience(self._tests, at_least))
        session.config.option.maxfail = 1
        run_tests(session)
        return 1 if session.testsfailed else 0


def _lines_of(code: CodeType) -> set[int]:
    return {line for *_, line in code.co_lines() if line is not None}


def tell(number: int, of: int) -> None:
    """Show how far we are, now and then."""
    if number % 100 == 99:
        sys.stderr.write(f"{number + 1} of {of}\n")


def _is_foreign(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return "site-packages" in file and "conftest" not in file


def prepare(modules: Iterable[str]) -> None:
    """Import what every child needs and no mutant is in."""
    importlib.import_module("homeassistant")  # It puts another validation library in the place of one, before all else.
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


class _Instead(SourceFileLoader):
    """Loads a source in place of a module's own."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        super().__init__(name, str(path))
        self._source = source

    @override
    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._source, self.path, "exec", dont_inherit=True)
        return code


class _Finder(MetaPathFinder):
    """Finds one module, for a loader of its own."""

    def __init__(self, loader: _Instead) -> None:
        self._loader = loader

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        loader = self._loader
        return spec_from_file_location(fullname, loader.path, loader=loader) if fullname == loader.name else None


class _Chosen:
    """A plugin that runs some of the collected tests, in a certain order."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose."""
        chosen = (item for item in items if item.nodeid in self._places)
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])


def judge_import(name: str, path: Path, mutant: Mutant, tests: Tests, own: str) -> Verdict:
    """Judge a mutant that changes what happens at the import: by the tests in one file, then by the others."""

    def by(names: Sequence[str]) -> Verdict:
        def work(at_least: int) -> int:
            settle()
            sys.meta_path.insert(0, _Finder(_Instead(name, path, mutant.source)))
            files = dict.fromkeys(one.partition("::")[0] for one in names)
            return 1 if pytest.main([*PYTEST, "-x", *files], plugins=[_Chosen(names), Patience(tests, at_least)]) else 0

        return judged_by(work)

    verdict = Verdict.SURVIVED
    for is_own in (True, False):
        names = tests.quickest(one for one in tests.seconds if one.startswith(own) is is_own)
        if names and verdict is Verdict.SURVIVED:
            verdict = by(names)
    return verdict
