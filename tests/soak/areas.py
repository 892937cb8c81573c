"""The energy of a power, sample by sample: nothing here knows `calculated.py`."""

from datetime import datetime, timedelta

_TOLERANCE = 0.01
"""In watt-hours."""
_MOST_WATTS = 500_000


class Areas:
    """What the registers of a power have counted. What was counted unseen is adopted once after each beginning."""

    def __init__(self, longest_gap: timedelta) -> None:
        self._longest_gap = longest_gap
        self._last: tuple[datetime, float] | None = None
        self._gained = {True: 0.0, False: 0.0}
        self._offset: dict[bool, float] = {}
        self._doubted = {True, False}

    def doubt(self) -> None:
        """Samples may have been counted that were never shown."""
        self._doubted = {True, False}

    def take(self, time: datetime, value: float) -> None:
        """Count up to a sample."""
        last, self._last = self._last, (time, value)
        if last is None or not timedelta(0) < time - last[0]:
            if last is not None and time < last[0]:
                self._last = last
            return
        if time - last[0] <= self._longest_gap:
            self._add(last[1], value, (time - last[0]).total_seconds() / 3600)

    def _add(self, first: float, last: float, hours: float) -> None:
        if first * last >= 0:
            area = (first + last) / 2 * hours
            self._gained[area > 0] += abs(area)
            return
        until = hours * first / (first - last)
        self._gained[first > 0] += abs(first) * until / 2
        self._gained[last > 0] += abs(last) * (hours - until) / 2

    def difference(self, shown: float, *, is_positive: bool) -> str | None:
        """What is wrong with a register, in watt-hours."""
        ahead = shown - self._gained[is_positive]
        if is_positive in self._doubted or is_positive not in self._offset:
            self._doubted.discard(is_positive)
            before = self._offset.get(is_positive)
            self._offset[is_positive] = ahead
            if before is not None and abs(ahead - before) > _MOST_WATTS * self._longest_gap.total_seconds() / 3600:
                return f"counted {ahead - before:.1f} Wh over a restart"
            return None
        wrong = ahead - self._offset[is_positive]
        return f"{wrong:.3f} Wh were counted that are not there" if abs(wrong) > _TOLERANCE else None
