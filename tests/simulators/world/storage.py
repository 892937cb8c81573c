"""The family home's battery: what it charges and discharges on each local day, planned so that the day balances."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import cos, tau
from typing import override

from .calendar import Calendar
from .curve import STEP, Curve
from .noise import DAY

CAPACITY = 10_000.0
"""Wh."""
MAXIMUM = 5_000.0
"""Watts in either direction."""
EFFICIENCY = 0.96
"""What arrives of the energy on the way in, and again on the way out."""
MIDNIGHT = 0.12
"""The state of charge at every local midnight, and the lowest of the day."""
FULL = 0.97
_HOURS = STEP / 3600
_NIGHT, _MORNING, _NOON, _EVENING = (1.0, 5.0), (6.0, 8.9), (9.0, 16.9), (17.0, 23.9)
"""Local hours of charging cheaply, covering what is used, charging what the roof has left, and covering again. The
battery rests in between, so that its power never changes sign between two nodes."""
_SELLING = 20.0
"""From this hour what the house will not use any more is sold."""
_NIGHT_WATTS = 2_400.0
_FOLLOWED = 0.97
"""How much of what is left or wanted the battery's control catches; the grid shows the rest."""


class Storage(Curve):
    """The battery's power in watts: positive while it charges, negative while it discharges."""

    def __init__(self, epoch_day: int, calendar: Calendar, others: Curve) -> None:
        """Follow `others`, the sum of everything else in the house."""
        super().__init__(epoch_day)
        self._calendar = calendar
        self._others = others
        self._plan = lru_cache(maxsize=8)(self._local_day)

    def midnight(self, day: date) -> float:
        """Return the Unix time at which a local day begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self._calendar.zone).timestamp()

    def stored(self, timestamp: float) -> float:
        """Return the energy in the battery in Wh at a Unix time."""
        midnight = self.midnight(datetime.fromtimestamp(timestamp, self._calendar.zone).date())
        now, before = self.integral(timestamp), self.integral(midnight)
        charged, discharged = now.positive - before.positive, now.negative - before.negative
        return MIDNIGHT * CAPACITY + charged * EFFICIENCY - discharged / EFFICIENCY

    @override
    def _values(self, day: int) -> Sequence[float]:
        watts: list[float] = []
        for part in self._calendar.stretches(day):
            first = round(day * DAY + len(watts) * STEP - self.midnight(part.day)) // STEP
            watts += self._plan(part.day)[first : first + part.count]
        return watts

    def _local_day(self, day: date) -> Sequence[float]:
        start, end = round(self.midnight(day)), round(self.midnight(day + timedelta(days=1)))
        moments = range(start, end, STEP)
        hours = [self._hour(moment) for moment in moments]
        others = [self._others.at(moment) for moment in moments]
        plan = _Plan(others, hours)
        winter = cos(tau * (day.timetuple().tm_yday - 15) / 365.25)
        plan.charge(_NIGHT, [_NIGHT_WATTS] * len(others), 0.3 + 0.25 * winter)
        wanted = [_FOLLOWED * watts for watts in others]
        plan.discharge(_MORNING, wanted)
        plan.charge(_NOON, [-_FOLLOWED * watts for watts in others], FULL)
        plan.discharge(_EVENING, wanted)
        plan.sell()
        return plan.watts

    def _hour(self, moment: int) -> float:
        local = datetime.fromtimestamp(moment, UTC).astimezone(self._calendar.zone)
        return local.hour + local.minute / 60


class _Plan:
    """One day's watts. As the line is 0 where it changes sign, each node stands for one whole step of energy."""

    def __init__(self, others: Sequence[float], hours: Sequence[float]) -> None:
        self.watts = [0.0] * len(others)
        self._hours = hours
        self._stored = MIDNIGHT * CAPACITY

    def charge(self, span: tuple[float, float], offered: Sequence[float], until: float) -> None:
        """Charge what is offered, up to a state of charge."""
        for node in self._within(span):
            room = (until * CAPACITY - self._stored) / EFFICIENCY / _HOURS
            self.watts[node] = min(max(0.0, offered[node]), MAXIMUM, max(0.0, room))
            self._stored += self.watts[node] * _HOURS * EFFICIENCY

    def discharge(self, span: tuple[float, float], wanted: Sequence[float]) -> None:
        """Cover what is wanted, down to the state of charge of midnight."""
        for node in self._within(span):
            left = (self._stored - MIDNIGHT * CAPACITY) * EFFICIENCY / _HOURS
            self._discharge(node, min(max(0.0, wanted[node]), MAXIMUM, max(0.0, left)))

    def sell(self) -> None:
        """Discharge the rest evenly, so that the day ends as it began."""
        nodes = self._within((_SELLING, _EVENING[1]))
        for index, node in enumerate(nodes):
            left = (self._stored - MIDNIGHT * CAPACITY) * EFFICIENCY / _HOURS
            self._discharge(node, min(left / (len(nodes) - index), MAXIMUM + self.watts[node]))

    def _discharge(self, node: int, watts: float) -> None:
        self.watts[node] -= watts
        self._stored -= watts * _HOURS / EFFICIENCY

    def _within(self, span: tuple[float, float]) -> list[int]:
        return [node for node, hour in enumerate(self._hours) if span[0] <= hour < span[1]]
