"""The command line. No part of it is ever repeated in a message: somebody may have pasted a key there."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
import sys
import textwrap
from typing import NoReturn, override

from vendors import VENDORS, Vendor

from .entering import variables

LONGEST_HISTORY = 24 * 366
_DESCRIPTION = """\
Signs in to the vendor's real service, lists the account, reads it once (or twice, if the first reading did not give
all) and prints what it found as Markdown, to be pasted into an issue."""
_PRIVACY = """\
what is printed:
  Measured values and their ages, the kinds of things the account has, and the shapes of the service's answers: keys
  and types. Devices are numbered. Names, ids, serial numbers, addresses and the account itself are left out unless
  --names is given, the values if --no-values is. Secrets and user names are never printed.

"""
_CREDENTIALS = """\
credentials:
  What is not in the environment is asked for. Variables in brackets are asked for with --advanced only.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What a person wants to know, of which vendor."""

    vendor: type[Vendor]
    advanced: bool
    names: bool
    values: bool
    everything: bool
    history: timedelta | None
    pause: timedelta


class _Parser(argparse.ArgumentParser):
    @override
    def error(self, message: str) -> NoReturn:
        # argparse quotes what it did not understand after a colon.
        self.exit(2, f"error: {message.partition(':')[0]}\n\n{self.format_usage()}\n{_CREDENTIALS}{_vendors()}")


def parsed(arguments: Sequence[str]) -> Arguments:
    """Understand the command line, or exit: with 0 for --help, with 2 for what is no vendor or no option."""
    parser = _parser()
    found = parser.parse_args(arguments)
    vendor = VENDORS.get(found.vendor or "")
    if vendor is None:
        parser.error("no vendor is given" if found.vendor is None else "there is no such vendor")
    return Arguments(
        vendor=vendor,
        advanced=found.advanced,
        names=found.names,
        values=found.values,
        everything=found.everything,
        history=None if found.history is None else timedelta(hours=found.history),
        pause=timedelta(seconds=found.pause),
    )


def _parser() -> _Parser:
    parser = _Parser(
        prog="scripts/probe",
        description=_DESCRIPTION,
        epilog=f"{_PRIVACY}{_CREDENTIALS}{_vendors()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        suggest_on_error=False,
        color=sys.stdout.isatty(),
    )
    parser.add_argument("vendor", metavar="VENDOR", nargs="?", help=f"one of: {', '.join(VENDORS)}")
    parser.add_argument("--advanced", action="store_true", help="ask for what is optional, too")
    parser.add_argument("--names", action="store_true", help="print names, ids and addresses: not for a public place")
    parser.add_argument("--no-values", dest="values", action="store_false", help="leave out the measured values")
    parser.add_argument("--all", dest="everything", action="store_true", help="list every device and point")
    parser.add_argument("--history", metavar="HOURS", type=_hours, help="look at the first batches of history as well")
    parser.add_argument(
        "--pause", metavar="SECONDS", type=_seconds, default=3.0, help="before the second reading (3; at most 300)"
    )
    return parser


def _vendors() -> str:
    width = max(map(len, VENDORS))
    lines = (_line(f"{key:{width}}", vendor) for key, vendor in VENDORS.items())
    return "\n".join(lines) + "\n"


def _line(label: str, vendor: type[Vendor]) -> str:
    text = " ".join(_bracketed(*one) for one in variables(vendor))
    indent = " " * (len(label) + 4)
    return textwrap.fill(text, width=100, initial_indent=f"  {label}  ", subsequent_indent=indent)


def _bracketed(variable: str, needed: bool) -> str:
    return variable if needed else f"[{variable}]"


def _hours(text: str) -> float:
    return _between(text, LONGEST_HISTORY)


def _seconds(text: str) -> float:
    return _between(text, 300)


def _between(text: str, most: float) -> float:
    value = float(text)
    if not 0 <= value <= most:
        raise ValueError
    return value
