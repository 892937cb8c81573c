"""The demo's accounts, one row per vendor: what is simulated, what a person enters, and what is then true."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.simulator import Simulator

from .enpact import EnpactTruth
from .truth import Truth


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its simulators, the form in which it is entered (given their addresses), and its secrets."""

    vendor: str
    simulators: Sequence[Simulator]
    form: Callable[[Sequence[str]], Mapping[str, Any]]
    secrets: Collection[str]
    truth: Truth


def demo_accounts() -> list[Account]:
    """Return new accounts, one of each vendor."""
    return [_enpact()]


def _enpact() -> Account:
    simulator = EnpactSimulator()
    return Account(
        vendor="enpact",
        simulators=[simulator],
        form=lambda urls: {"api_key": PRODUCTION_KEY, "environment": "production", "advanced": {"url": urls[0]}},
        secrets=[PRODUCTION_KEY],
        truth=EnpactTruth(simulator),
    )
