"""Piecewise-linear curves with exact integrals: what every metered quantity of the world is made of."""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import override

from .noise import DAY

STEP = 300
"""Seconds between two nodes of a curve."""
NODES = DAY // STEP
"""Nodes of a day."""
_HOURS = STEP / 3600


@dataclass(frozen=True, slots=True)
class Integral:
    """A curve's area since the epoch, in its unit times hours, split by sign; both parts only grow."""

    positive: float
    negative: float


class Curve(ABC):
    """A quantity over time, linear between nodes, 0 before the epoch.

    Integrals are closed forms of exactly this line, also where it crosses zero inside an interval. Sums of whole days
    are kept for ever, nodes only for the days in use: months cost little.
    """

    def __init__(self, epoch_day: int) -> None:
        """Begin on the UTC day `epoch_day` (days since 1970-01-01)."""
        self._epoch_day = epoch_day
        # The line rises from its last zero before the epoch, hence one day earlier.
        self._first_day = epoch_day - 1
        self._until: list[tuple[float, float]] = [(0.0, 0.0)]
        self._own_nodes = lru_cache(maxsize=4)(self._own_or_zero)
        self.nodes = lru_cache(maxsize=16)(self._nodes)
        self._within = lru_cache(maxsize=16)(self._running_integral)

    @abstractmethod
    def _values(self, day: int) -> Sequence[float]:
        """Return the values at the nodes of a UTC day."""

    def _own_or_zero(self, day: int) -> Sequence[float]:
        return self._values(day) if day >= self._epoch_day else [0.0] * NODES

    def _nodes(self, day: int) -> Sequence[float]:
        """Return the values at the nodes of a UTC day and at the first node of the next."""
        return [*self._own_nodes(day), self._own_nodes(day + 1)[0]]

    def _running_integral(self, day: int) -> tuple[Sequence[float], Sequence[float]]:
        positive, negative = array("d", [0.0]), array("d", [0.0])
        plus = minus = 0.0
        for left, right in pairwise(self.nodes(day)):
            gained, lost = _area(left, right)
            plus += gained
            minus += lost
            positive.append(plus)
            negative.append(minus)
        return positive, negative

    def _before(self, day: int) -> tuple[float, float]:
        for missing in range(self._first_day + len(self._until) - 1, day):
            plus, minus = self._until[-1]
            positive, negative = self._running_integral(missing)
            self._until.append((plus + positive[-1], minus + negative[-1]))
        return self._until[day - self._first_day]

    def at(self, timestamp: float) -> float:
        """Return the value at a Unix time in seconds."""
        day, second = divmod(timestamp, DAY)
        node, rest = divmod(second, STEP)
        nodes = self.nodes(int(day))
        left = nodes[int(node)]
        return left + (nodes[int(node) + 1] - left) * (rest / STEP) if rest else left

    def integral(self, timestamp: float) -> Integral:
        """Return the integral from the epoch to a Unix time in seconds."""
        day, second = divmod(timestamp, DAY)
        if day < self._first_day:
            return Integral(0.0, 0.0)
        node, rest = divmod(second, STEP)
        index = int(node)
        plus, minus = self._before(int(day))
        positive, negative = self._within(int(day))
        left, right = self.nodes(int(day))[index : index + 2]
        gained, lost = _area(left, right, rest / STEP)
        # In this order the sums round as those at the nodes do: what stands still stays equal to the last bit.
        return Integral(plus + (positive[index] + gained), minus + (negative[index] + lost))


class Sum(Curve):
    """The sum of curves, each with a factor: its sign, or its share."""

    def __init__(self, epoch_day: int, parts: Sequence[tuple[Curve, float]]) -> None:
        """Add up `parts`, pairs of curve and factor."""
        super().__init__(epoch_day)
        self._parts = parts

    @override
    def _values(self, day: int) -> Sequence[float]:
        scaled = [[factor * value for value in curve.nodes(day)] for curve, factor in self._parts]
        return [sum(values) for values in zip(*scaled, strict=True)][:NODES]


def _area(left: float, right: float, share: float = 1.0) -> tuple[float, float]:
    """Return the area above and below zero under the first part of the line from one node's value to the next's."""
    value = left + (right - left) * share
    if left >= 0 and value >= 0:
        return (left + value) / 2 * share * _HOURS, 0.0
    if left <= 0 and value <= 0:
        return 0.0, -(left + value) / 2 * share * _HOURS
    # Taken from the whole line's slope, the side already left behind stays constant to the last bit.
    per_square = _HOURS / (2 * abs(right - left))
    return max(left, value) ** 2 * per_square, min(left, value) ** 2 * per_square
