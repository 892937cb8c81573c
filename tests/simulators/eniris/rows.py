"""The rows that the service has of a series at a moment: on time, late, lost, doubled, corrected (eniris.md A4.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ..misreadings import told
from .fields import Field, Value
from .nodes import HOUR, MINUTE, SECOND, TEN_MINUTES, Changes, Node, Series
from .switches import EnirisSwitches

_NANO = 1_000_000_000
_FRACTION = 123_456_789
"""Nanoseconds past the second, where rows are switched to have them."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its time in nanoseconds since 1970, and a value or null for each field that was asked for."""

    time: int
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for at a moment: from `low` until before `high`, in nanoseconds since 1970; None is open."""

    now: datetime
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A retention policy: seconds from row to row, how long rows are kept, and how long a shard is."""

    step: int
    kept: timedelta
    shard: timedelta


def usual_policies() -> dict[str, Policy]:
    """Return the policies in use; how long rows are kept, and shards are, is inferred.

    Only every tenth second has a row: the documents do not promise that `rp_one_s` ticks each second.
    """
    return {
        SECOND: Policy(10, 7 * _DAY, _DAY),
        MINUTE: Policy(60, 730 * _DAY, 7 * _DAY),
        TEN_MINUTES: Policy(600, 3650 * _DAY, 30 * _DAY),
        HOUR: Policy(3600, 3650 * _DAY, 90 * _DAY),
    }


@dataclass(slots=True)
class Archive:
    """What is stored since `epoch`; a row arrives `delay` after its time, and after its interval."""

    switches: EnirisSwitches
    epoch: datetime
    delay: timedelta
    policies: dict[str, Policy] = field(default_factory=usual_policies)

    def count(self, series: Series, span: Span) -> int:
        """Return how many rows there are at most."""
        return len(self._numbers(series, span))

    def rows(
        self,
        node: Node,
        series: Series,
        names: Sequence[str],
        span: Span,
        *,
        descending: bool = False,
    ) -> Iterator[Row]:
        """Yield the rows that have a value for at least one of these fields."""
        numbers = self._numbers(series, span)
        step = self.policies[series.policy].step
        for number in reversed(numbers) if descending else numbers:
            time = datetime.fromtimestamp(number * step, UTC)
            if not _arrived(node.changes, time, span.now):
                continue
            values = [
                self._told(node, name, time, self._value(node.changes, series, name, number, time), span.now)
                for name in names
            ]
            if all(value is None for value in values):
                continue
            row = Row(number * step * _NANO + self._fraction, values)
            doubled = any(start <= time < end for start, end in node.changes.doubled)
            yield from (row, row) if doubled else (row,)

    @property
    def _fraction(self) -> int:
        return _FRACTION if self.switches.time_format == "nanoseconds" else 0

    def _numbers(self, series: Series, span: Span) -> range:
        policy = self.policies[series.policy]
        newest = span.now - self.delay
        if self.switches.delta_interval == "after":
            newest -= timedelta(seconds=policy.step)
        oldest = max(self.epoch, span.now - policy.kept)
        first = -(-oldest.timestamp() // policy.step)
        after = newest.timestamp() // policy.step + 1
        length = policy.step * _NANO
        if span.low is not None:
            first = max(first, -((self._fraction - span.low) // length))
        if span.high is not None:
            after = min(after, -((self._fraction - span.high) // length))
        return range(int(first), int(after))

    def _told(self, node: Node, name: str, time: datetime, value: Value, now: datetime) -> Value:
        misread = [one for field, one in node.changes.misread if field == name]
        return round(told(misread, time, value, now), 3) if misread and isinstance(value, float) else value

    def _value(self, changes: Changes, series: Series, name: str, number: int, time: datetime) -> Value:
        stored = series.fields.get(name)
        if stored is None or (self.switches.sparse and _left_out(series, name, number)):
            return None
        if (name, time) in changes.corrected:
            return changes.corrected[name, time]
        said = [value for what, since, value in changes.said if what == name and since <= time]
        if said:
            return said[-1]
        return self._measured(changes, stored, time, timedelta(seconds=self.policies[series.policy].step))

    def _measured(self, changes: Changes, stored: Field, time: datetime, step: timedelta) -> Value:
        if stored.kind in {"delta", "mean"} and self.switches.delta_interval == "after":
            return stored.value(time, time + step)
        value = stored.value(time - step, time)
        resets = [moment for moment in changes.resets if moment <= time]
        if stored.kind != "register" or not resets or not isinstance(value, float):
            return value
        before = stored.value(resets[-1], resets[-1])
        return round(value - float(before or 0), stored.decimals) + 0.0


def _arrived(changes: Changes, time: datetime, now: datetime) -> bool:
    if changes.silent_since is not None and time >= changes.silent_since:
        return False
    if any(start <= time < end for start, end in changes.missing):
        return False
    return not any(start <= time < end and now < until for start, end, until in changes.late)


def _left_out(series: Series, name: str, number: int) -> bool:
    half = list(series.fields).index(name) % 2
    return number % 3 == 1 + half
