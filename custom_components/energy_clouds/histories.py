"""How far the statistic of each of an account's points has come: what is remembered, checked against the database."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant

from .const import OPTION_HISTORY_DAYS
from .coordinator import EnergyCloudsConfigEntry
from .history_memory import HistoryMemory, HistoryStore, PointHistory, Reading
from .horizon import Horizon
from .hours import HOUR, StatisticRow
from .importer import Track
from .statistics import Stored, Wanted, clear, kind_of, last_rows, statistic_id, stored_rows, written
from .vendors.model import Nature, Point, PointId

HISTORY_DAYS = 30


class Histories:
    """The histories of one account's points."""

    def __init__(self, hass: HomeAssistant, entry: EnergyCloudsConfigEntry, horizon: Horizon) -> None:
        self._hass = hass
        self._entry = entry
        self._horizon = horizon
        self._store = HistoryStore(hass, entry)
        self._points: dict[PointId, PointHistory] = {}
        self._resumed: set[PointId] = set()
        """Those whose memory was compared with the database."""
        self.looked_back: datetime | None = None
        """Up to when late and corrected samples have been taken in."""

    async def load(self) -> None:
        """Remember."""
        memory = await self._store.load()
        self._points = {one.point_id: one for one in memory.points}
        self.looked_back = memory.looked_back

    async def save(self) -> None:
        """Keep what is known, once the rows are in the database."""
        await written(self._hass)
        await self._store.save(HistoryMemory(points=tuple(self._points.values()), looked_back=self.looked_back))

    def known(self, point: Point) -> PointHistory | None:
        """What is known of a point without asking."""
        return self._points.get(point.id)

    async def of(self, points: Collection[Point]) -> list[PointHistory]:
        """How far each of some points has come."""
        await self._resume([point for point in points if point.id not in self._resumed])
        return [self._points[point.id] for point in points]

    async def tracks(self, points: Collection[Point]) -> list[Track]:
        """Points that go on from where they are."""
        return [self._track(point, history) for point, history in zip(points, await self.of(points), strict=True)]

    async def tracks_from(self, starts: Iterable[tuple[Point, datetime]]) -> list[Track]:
        """Points that set out once more, from an hour each, with what their statistics have before it."""
        begun = list(starts)
        histories = await self.of([point for point, _ in begun])
        wanted = [
            # The hour before is read and computed anew, too: its end may have no sample, or a corrected one.
            Wanted(statistic=known.statistic, point=point, start=self._horizon.first_hour(start - HOUR), end=start)
            for (point, start), known in zip(begun, histories, strict=True)
        ]
        stored = await stored_rows(self._hass, wanted)
        tracks = []
        for one, known, (point, start) in zip(wanted, histories, begun, strict=True):
            history = PointHistory(
                point_id=point.id,
                statistic=one.statistic,
                until=start,
                since=start,
                unit=point.unit,
                nature=point.nature,
            )
            rows = stored.get(one.statistic, Stored()).rows
            # Of what was never read between an older row and this, nobody knows anything.
            if rows and rows[0].end == one.start and (known.changed is None or known.changed <= rows[0].start):
                _begin_behind(history, point, rows[0])
                history.until = one.start
            tracks.append(self._track(point, history))
        return tracks

    async def not_forgotten(self, tracks: Collection[Track]) -> list[Track]:
        """Tracks; those that the vendor's memory has overtaken set out anew from the first hour that it still has.

        What is stored of the hours between stays as it is: nobody knows better any more.
        """
        first = self._horizon.first_remembered
        if first is None or all(one.history.until >= first for one in tracks):
            return list(tracks)
        overtaken = [one for one in tracks if one.history.until < first]
        anew = await self.tracks_from([(one.point, first) for one in overtaken])
        for one, before in zip(anew, overtaken, strict=True):
            one.hours = before.hours
        return [*(one for one in tracks if one.history.until >= first), *anew]

    def _track(self, point: Point, history: PointHistory) -> Track:
        horizon = self._horizon
        return Track(
            point=point,
            history=history,
            settled=horizon.settled,
            anchored_by=horizon.last_complete - horizon.look_back,
        )

    def take_over(self, track: Track) -> None:
        """Go on from what was found by setting out once more, if that came as far, and left nothing out on its way."""
        known, found = self._points.get(track.point.id), track.history
        if known is None or (found.since or known.until) > known.until:
            return
        known.until = max(known.until, found.until)
        if found.anchor is not None and (known.anchor is None or found.anchor > known.anchor):
            known.anchor = found.anchor
        if found.written is not None and (known.written is None or found.written >= known.written):
            known.written, known.readings = found.written, found.readings

    async def forget(self, points: Collection[Point]) -> int:
        """Delete the statistics of some points, and go on from now. Returns how many there were."""
        histories = await self.of(points)
        there = await last_rows(
            self._hass, {one.statistic: point for one, point in zip(histories, points, strict=True)}
        )
        await clear(self._hass, there)
        for one in histories:
            one.until = one.since = self._horizon.last_complete
            one.written, one.readings, one.anchor = None, (), None
        await self.save()
        return len(there)

    def cut_off_future(self) -> None:
        """Take back what was noted by a clock that was wrong: nothing is known of times to come."""
        now, over = self._horizon.now, self._horizon.last_complete
        for one in self._points.values():
            if one.until > over:
                one.written = None if one.written is None else min(one.written, over)
                one.until = min(one.written or one.since or over, over)
                one.readings = tuple(reading for reading in one.readings if reading.time <= now)
        if self.looked_back is not None:
            self.looked_back = min(self.looked_back, now)

    async def _resume(self, points: Collection[Point]) -> None:
        """Compare what is remembered of points with what the database has: that is what counts."""
        if not points:
            return
        for point in points:
            self._points.setdefault(point.id, self._begun(point))
        newest = await last_rows(self._hass, {self._points[point.id].statistic: point for point in points})
        for point in points:
            history = self._points[point.id]
            stored = newest.get(history.statistic)
            if stored is not None and stored.unit is None:
                history, stored = await self._of_kind(point, history)
            row = stored.rows[-1] if stored is not None and stored.rows else None
            # Somebody else may have been faster.
            if point.id not in self._resumed:
                self._points[point.id] = self._resumed_at(point, history, row)
                self._resumed.add(point.id)

    async def _of_kind(self, point: Point, history: PointHistory) -> tuple[PointHistory, Stored | None]:
        """The history in the statistic that a point has where the one it had counts something of another kind."""
        own = self._begun(point).statistic
        for statistic in (own, f"{own}_{kind_of(point)}"):
            stored = (await last_rows(self._hass, {statistic: point})).get(statistic)
            if stored is None or stored.unit is not None:
                return self._begun(point, statistic), stored
        return history, None

    def _resumed_at(self, point: Point, history: PointHistory, row: StatisticRow | None) -> PointHistory:
        begun = self._begun(point, history.statistic)
        begun.changed = history.changed
        counted = (history.unit, history.nature or point.nature)
        if history.unit is not None and counted != (point.unit, point.nature):
            begun.until = begun.since = begun.changed = self._horizon.last_complete
            return begun
        is_lost = history.written is not None and (row is None or row.end < history.written)
        is_unknown = history.written is None and row is not None
        if not (is_lost or is_unknown):
            history.unit, history.nature = point.unit, point.nature
            return history
        # Where it is to begin may have been changed since, by deleting or importing.
        begun.since = history.since or begun.since
        begun.until = max(begun.until, begun.since or begun.until)
        if row is not None and (begun.changed is None or begun.changed <= row.start):
            begun.until = row.end
            # The last sample before what is looked back at may be anywhere: looking back once tells.
            begun.anchor = begun.since
            _begin_behind(begun, point, row)
        return begun

    def _begun(self, point: Point, statistic: str | None = None) -> PointHistory:
        """The history of a point of which nothing is known yet."""
        days = timedelta(days=self._entry.options.get(OPTION_HISTORY_DAYS, HISTORY_DAYS))
        start = self._horizon.first_hour(self._horizon.last_complete - days)
        if statistic is None:
            device = self._entry.runtime_data.unique_device_id(point.id.device_id)
            statistic = statistic_id(f"{device}_{point.id.key}")
        return PointHistory(
            point_id=point.id, statistic=statistic, until=start, since=start, unit=point.unit, nature=point.nature
        )


def _begin_behind(history: PointHistory, point: Point, row: StatisticRow) -> None:
    history.written = row.end
    if point.nature is Nature.REGISTER and row.state is not None:
        history.readings = (Reading(time=row.end, value=row.state),)
