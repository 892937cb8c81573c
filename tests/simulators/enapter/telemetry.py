"""What devices have reported, and when: a function of the time, until a test interferes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any, NamedTuple

from .channels import Source
from .inventory import Device


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

    def newest(self, device: Device, attribute: str, now: datetime) -> Row | None:
        """Return the newest row of an attribute at `now`, however old; None without one."""
        time = self.reported(device, now)
        if time is None or attribute not in device.channels:
            return None
        return Row(time, self.value(device, attribute, time))

    def value(self, device: Device, attribute: str, time: datetime) -> Any:
        """Return what a report of this time says."""
        if device.channels[attribute].declaration.get("type") == "alerts":
            return list(device.raised(time))
        return self.source(device, attribute, time)(time)

    def reported(self, device: Device, now: datetime) -> datetime | None:
        """Return the time of a device's newest report at `now`."""
        time = _grid(device, now)
        for since, until in reversed(self.silences.get(device.id, [])):
            if since < time and (until is None or time < until):
                time = _grid(device, since)
        return time if time >= device.installed else None

    def reports(self, device: Device, start: datetime, end: datetime, now: datetime) -> Sequence[int]:
        """Return the Unix times of a device's reports in [start, end) and not after `now`."""
        begin = max(start, device.installed).timestamp()
        first = ceil((begin - device.phase) / device.cadence) * device.cadence + device.phase
        times = range(first, min(ceil(end.timestamp()), int(now.timestamp()) + 1), device.cadence)
        silences = self.silences.get(device.id)
        return [time for time in times if not _silent(time, silences)] if silences else times

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


def _grid(device: Device, moment: datetime) -> datetime:
    passed = (moment.timestamp() - device.phase) // device.cadence
    return datetime.fromtimestamp(int(passed) * device.cadence + device.phase, UTC)


def _silent(time: int, silences: Iterable[tuple[datetime, datetime | None]]) -> bool:
    return any(since.timestamp() < time and (until is None or time < until.timestamp()) for since, until in silences)
