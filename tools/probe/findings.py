"""What was learnt of an account so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vendors.model import Account, Inventory, Notice, PointId, Problem, Readings, Sample, Series


@dataclass(slots=True)
class Findings:
    """Filled in step by step, so that it is all there whenever a step fails."""

    account: Account | None = None
    inventory: Inventory = field(default_factory=Inventory)
    listed: bool = False
    """Whether the inventory is what the account has, and not just empty because nobody could ask."""
    samples: dict[PointId, Sample] = field(default_factory=dict)
    broken: frozenset[PointId] = frozenset()
    problems: Mapping[str, Problem] = field(default_factory=dict)
    polls: list[int] = field(default_factory=list)
    """How many requests each reading took."""
    read_at: datetime | None = None
    """When the newest reading was, by the service's clock."""
    requests_per_poll: int | None = None
    history: list[tuple[Series, ...]] | None = None
    """The first batches; None where they were not asked for, or there is no history."""
    notices: tuple[Notice, ...] = ()
    answers: Mapping[str, bytes] = field(default_factory=dict)

    def add(self, readings: Readings, now: datetime) -> None:
        """Take in a reading; what an earlier one brought stays."""
        self.samples |= readings.samples
        self.broken = readings.broken
        self.problems = readings.problems
        self.inventory = readings.inventory or self.inventory
        self.polls.append(readings.requests)
        self.read_at = now
