"""History: hourly states of registers, a week at a time.

Source: Enapter's documentation of `query_timeseries` and the tests of its clients. A row's time is the beginning of its
hour (the documents' example begins with `from` itself), and `last` is the newest value within that hour: the state of
the register when the hour ends. So that is the time that its sample has here. It is later than the measurement, by less
than the device's reporting interval while it reports.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import batched
from typing import Final

from ..clock import ServiceClock
from ..model import Nature, Point, Quantity, Sample, Series
from .asking import Asking, RefusedError
from .tables import table_of

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
MOST_COLUMNS: Final = 100
_AMOUNTS: Final = frozenset({Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.VOLUME})
_WITHOUT: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)
"""What a device or attribute without history may do to the whole call."""


class Past:
    """Reads the history of registers."""

    def __init__(self, asking: Asking, clock: ServiceClock) -> None:
        self._asking = asking
        self._clock = clock

    async def read(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """The states at all full hours in [start, end), oldest first, a week and some points at a time."""
        registers = [point for point in points if point.nature is Nature.REGISTER and point.quantity in _AMOUNTS]
        first, behind = (
            _hour_from(start),
            min(_hour_from(end), _hour_from(self._clock.now() + timedelta(microseconds=1))),
        )
        groups = list(batched(registers, MOST_COLUMNS, strict=False))
        while first < behind:
            until = min(first + WEEK, behind)
            # What has no history in one week is not asked for again in the next.
            kept: list[tuple[Point, ...]] = []
            for group in groups:
                async for having, series in self._week(group, first, until):
                    kept.append(having)
                    if series:
                        yield series
            groups, first = _joined(kept), until

    async def _week(
        self, group: tuple[Point, ...], first: datetime, behind: datetime
    ) -> AsyncIterator[tuple[tuple[Point, ...], tuple[Series, ...]]]:
        """The states at the hours in [first, behind), in as many parts as it takes to leave out what has none."""
        pending = [group]
        while pending:
            part = pending.pop(0)
            try:
                answer = await self._asking.timeseries(_body(part, first - HOUR, behind - HOUR))
            except RefusedError as err:
                if err.status not in _WITHOUT:
                    raise err.as_failure() from err
                middle = len(part) // 2
                pending[:0] = [half for half in (part[:middle], part[middle:]) if half] if middle else []
                continue
            # Each hour has one row; that much more is no reason to doubt them.
            table = table_of(answer, most=2 * ((behind - first) // HOUR))
            series = (
                Series(
                    point_id=point.id,
                    samples=tuple(
                        Sample(time=time + HOUR, value=value)
                        for time, value in table.get((point.id.device_id, point.id.key), ())
                        if first <= time + HOUR < behind
                    ),
                )
                for point in part
            )
            yield part, tuple(one for one in series if one.samples)


def _body(points: Sequence[Point], start: datetime, end: datetime) -> dict[str, object]:
    attributes: dict[str, list[str]] = {}
    for point in points:
        attributes.setdefault(point.id.device_id, []).append(point.id.key)
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "granularity": f"{HOUR.total_seconds():.0f}s",
        "telemetry": [
            {
                "device": device,
                "attribute": names,
                "aggregation": "last",
                "gap_filling": {"method": "none", "look_around": "0s"},
            }
            for device, names in attributes.items()
        ],
    }


def _joined(groups: Sequence[tuple[Point, ...]]) -> list[tuple[Point, ...]]:
    return list(batched((point for group in groups for point in group), MOST_COLUMNS, strict=False))


def _hour_from(time: datetime) -> datetime:
    """The first full hour that is not before that time."""
    hour = time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if hour >= time else hour + HOUR
