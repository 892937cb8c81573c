"""What devices have reported, and when: a function of the time, until a test interferes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from ..misreadings import Misreading, told
from .channels import Source
from .inventory import Device

_SECOND = timedelta(seconds=1)


class Row(NamedTuple):
    """A reported value and the time of its report, a whole Unix second in UTC."""

    time: datetime
    value: Any


class Telemetry:
    """The reports of all devices."""

    def __init__(self) -> None:
        """Let every device report on its cadence."""
        self.silences: dict[str, list[tuple[datetime, datetime | None]]] = {}
        """When devices have not reported: after the first time, until before the second (None: for ever)."""
        self.changes: dict[tuple[str, str], list[tuple[datetime, Source]]] = {}
        """What attributes measure instead, since when, in the order of time."""
        self.late: dict[str, list[tuple[datetime, datetime, datetime]]] = {}
        """From, to (not included), and when the reports of that time arrive."""
        self.misread: dict[tuple[str, str], list[Misreading]] = {}

    def newest(self, device: Device, attribute: str, now: datetime) -> Row | None:
        """Return the newest row of an attribute at `now`, however old; None without one."""
        time = self.reported(device, now)
        if time is None or attribute not in device.channels:
            return None
        return Row(time, self.value(device, attribute, time, now))

    def value(self, device: Device, attribute: str, time: datetime, now: datetime) -> Any:
        """Return what a report of this time says at `now`."""
        if device.channels[attribute].declaration.get("type") == "alerts":
            return list(device.raised(time))
        value = self.source(device, attribute, time)(time)
        misread = self.misread.get((device.id, attribute), ())
        return round(told(misread, time, value, now), 3) if misread and isinstance(value, float) else value

    def reported(self, device: Device, now: datetime) -> datetime | None:
        """Return the time of a device's newest report at `now`."""
        time = _grid(device, now)
        gaps = self._gaps(device, now)
        while (gap := next((gap for gap in gaps if _within(time, gap)), None)) is not None:
            time = _grid(device, gap[0])
        return time if time >= device.installed else None

    def reports(self, device: Device, start: datetime, end: datetime, now: datetime) -> Sequence[int]:
        """Return the Unix times of a device's reports in [start, end) and not after `now`."""
        begin = max(start, device.installed).timestamp()
        first = ceil((begin - device.phase) / device.cadence) * device.cadence + device.phase
        times = range(first, min(ceil(end.timestamp()), int(now.timestamp()) + 1), device.cadence)
        gaps = [gap for gap in self._gaps(device, now) if gap[0] < end and (gap[1] is None or start < gap[1])]
        return [time for time in times if not _silent(time, gaps)] if gaps else times

    def change(self, device: Device, attribute: str, since: datetime, source: Source) -> None:
        """Let an attribute measure something else from `since` on."""
        changes = self.changes.setdefault((device.id, attribute), [])
        changes.append((since, source))
        changes.sort(key=lambda change: change[0])

    def source(self, device: Device, attribute: str, moment: datetime) -> Source:
        """Return what an attribute measures at an instant."""
        for since, source in reversed(self.changes.get((device.id, attribute), [])):
            if since <= moment:
                return source
        return device.channels[attribute].source

    def _gaps(self, device: Device, now: datetime) -> list[tuple[datetime, datetime | None]]:
        """Return between which times there are no reports, neither included; None is for ever."""
        # Reports are at whole seconds: the last before a gap is a second before its beginning at the latest.
        late = ((start - _SECOND, end) for start, end, until in self.late.get(device.id, ()) if now < until)
        return [*self.silences.get(device.id, ()), *late]


def _grid(device: Device, moment: datetime) -> datetime:
    passed = (moment.timestamp() - device.phase) // device.cadence
    return datetime.fromtimestamp(int(passed) * device.cadence + device.phase, UTC)


def _within(time: datetime, gap: tuple[datetime, datetime | None]) -> bool:
    return gap[0] < time and (gap[1] is None or time < gap[1])


def _silent(time: int, gaps: Iterable[tuple[datetime, datetime | None]]) -> bool:
    return any(since.timestamp() < time and (until is None or time < until.timestamp()) for since, until in gaps)
