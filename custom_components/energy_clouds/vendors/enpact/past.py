"""The past of Enpact's registers: what they showed at each hour.

The raw rows of the first 15 minutes of an hour hold the register at the hour itself. Where that row is missing, or a
register has been reset, the windows around it are asked for too: only the nearest rows tell what was counted when.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from ..budget import Priority
from ..model import Nature, Point, PointId, Sample, Series
from . import answers
from .batches import Aggregation, Batches, Window
from .fields import METERS, WINDOW

HOUR: Final = timedelta(hours=1)
REGISTERS: Final = {field.name: field for field in METERS.fields if field.nature is Nature.REGISTER}

type Found = dict[PointId, list[Sample]]


class Past:
    """Reads some hours of registers' past."""

    def __init__(
        self,
        batches: Batches,
        points: Collection[Point],
        start: datetime,
        end: datetime,
        oldest: Callable[[], datetime],
    ) -> None:
        self._batches = batches
        self._points = points
        self._start = start
        self._end = end
        self._oldest = oldest
        self._shown: dict[PointId, float] = {}
        """What each register showed last."""

    async def read(self, ids: Sequence[str]) -> AsyncIterator[tuple[Series, ...]]:
        """The samples of those meters in [start, end), hour by hour."""
        hour = max(self._start, self._oldest()).replace(minute=0, second=0, microsecond=0)
        while hour < self._end:
            for batch in self._batches.split(METERS, ids):
                found = await self._around(hour, batch)
                series = (
                    Series(point_id=point.id, samples=tuple(found[point.id]))
                    for point in self._points
                    if point.id in found
                )
                yield tuple(series)
            hour += HOUR

    async def _around(self, hour: datetime, batch: Sequence[str]) -> Found:
        """What the registers of a batch showed at an hour, or nearest to it, in order."""
        oldest = self._oldest()
        found = await self._window(max(hour, oldest), batch, oldest)
        told = {point_id.device_id for point_id in found}
        exact = {point_id.device_id for point_id, samples in found.items() if samples[0].time == hour}
        reset = {one.device_id for one, samples in found.items() if _number(samples[0]) < self._shown.get(one, 0.0)}
        parts = [found]
        for place in range(1, HOUR // WINDOW):
            wanted = [one for one in batch if one in reset or one not in exact]
            part = await self._window(hour - place * WINDOW, wanted, oldest)
            parts.insert(0, part)
            exact |= {point_id.device_id for point_id in part}
        for place in range(1, HOUR // WINDOW):
            part = await self._window(hour + place * WINDOW, [one for one in batch if one not in told], oldest)
            parts.append(part)
            told |= {point_id.device_id for point_id in part}
        joined: Found = {}
        for part in parts:
            for point_id, samples in part.items():
                joined.setdefault(point_id, []).extend(samples)
                self._shown[point_id] = _number(samples[-1])
        return joined

    async def _window(self, start: datetime, ids: Sequence[str], oldest: datetime) -> Found:
        """What was shown within a window, oldest first; nothing of a window that is not to be had or not wanted."""
        if not ids or start < oldest or not self._start - WINDOW < start < self._end:
            return {}
        table = await self._batches.table(Window(METERS, start, Aggregation.RAW, Priority.HISTORY), ids)
        found = {
            point.id: [
                sample
                for sample in answers.samples_of(
                    table.rows.get(point.id.device_id, ()), REGISTERS[point.id.key], table.units
                )
                if self._start <= sample.time < self._end
            ]
            for point in self._points
            if point.id.device_id in ids
        }
        return {point_id: samples for point_id, samples in found.items() if samples}


def _number(sample: Sample) -> float:
    return float(sample.value) if isinstance(sample.value, float | int) else 0.0
