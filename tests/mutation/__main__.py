"""`scripts/mutate`: judges the mutants of some modules, and tells what survived."""

import argparse
from dataclasses import replace
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile

import pytest

from .judge import PYTEST, Judge, Mutant, Verdict, judge_import, prepare, tell
from .plan import TESTS
from .report import Result, change_of, keep, recalled, survivors, table
from .watch import Tests, settle

PACKAGE = Path("custom_components/energy_clouds")
GENERATOR = (".venv-mutation/bin/python", "tests/mutation/mutants.py")


def main() -> int:
    """Judge, and print the table and the survivors."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description="Which changes to the code no test notices.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}; else all")
    parser.add_argument("--again", action="store_true", help="judge what was not killed the last time, and what is new")
    parser.add_argument("--told", action="store_true", help="judge nothing, tell the results of the last time")
    parser.add_argument("--all", action="store_true", help="list the survivors that have a reason, too")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="judge every Nth mutant only")
    options = parser.parse_args()
    modules = options.modules or list(TESTS)
    if unknown := set(modules) - TESTS.keys():
        parser.error(f"no tests are planned for {', '.join(sorted(unknown))}")
    for module in modules:
        if not options.told:
            _judge(module, again=options.again, every=options.every)
        sys.stdout.write(f"\n{module}\n{survivors(module, all_of_them=options.all)}")
        sys.stdout.flush()
    sys.stdout.write(f"\n{table(modules)}\n")
    return 0


def _judge(module: str, *, again: bool, every: int) -> None:
    path = PACKAGE / f"{module}.py"
    original = path.read_text()
    mutants = _mutants_of(path)[::every]
    known = {(one.line, one.change): Verdict.KILLED for one in recalled(module) if one.verdict is Verdict.KILLED}
    results = [Result(one.first, change_of(original, one)) for one in mutants]
    results = [replace(one, verdict=known.get((one.line, one.change)) if again else None) for one in results]
    left = [place for place, one in enumerate(results) if one.verdict is None]
    verdicts = _judged(module, path.absolute(), [mutants[place] for place in left])
    for place, verdict in zip(left, verdicts, strict=True):
        results[place] = replace(results[place], verdict=verdict)
    keep(module, results)


def _mutants_of(path: Path) -> list[Mutant]:
    told = subprocess.run([*GENERATOR, str(path)], check=True, stdout=subprocess.PIPE).stdout
    return [Mutant(**one) for one in json.loads(told)]


def _judged(module: str, path: Path, mutants: list[Mutant]) -> list[Verdict]:
    if not mutants:
        return []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pid = os.fork()
        if pid == 0:
            settle()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(int(pytest.main([*PYTEST, *TESTS[module]], plugins=[Judge(path, mutants, folder)])))
        os.waitpid(pid, 0)
        told = json.loads((folder / "verdicts.json").read_text())
        tests = Tests(**json.loads((folder / "tests.json").read_text()))
    verdicts = told["verdicts"]
    left = [place for place, verdict in enumerate(verdicts) if verdict is None]
    if left:
        prepare(told["modules"])
    name = ".".join((*PACKAGE.parts, *module.split("/")))
    for number, place in enumerate(left):
        verdicts[place] = judge_import(name, path, mutants[place], tests, TESTS[module][0])
        tell(number, len(left))
    return [Verdict(one) for one in verdicts]


if __name__ == "__main__":
    sys.exit(main())
