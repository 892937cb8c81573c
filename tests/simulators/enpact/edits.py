"""What happens to a device's or meter's rows on the way to the service: silence, faults, resets, corrections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..misreadings import Misreading

type Fields = Mapping[str, Any]

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the rows measured in [start, end); `change` gets the fields, the row's time and the present."""

    start: datetime
    end: datetime
    change: Callable[[Fields, datetime, datetime], Fields | None]

    def applied(self, fields: Fields, measured: datetime, now: datetime) -> Fields | None:
        """Return the fields as the service has them now, or None if it has no such row."""
        return self.change(fields, measured, now) if self.start <= measured < self.end else fields


def silenced(start: datetime, end: datetime) -> Edit:
    """Return an edit that leaves no rows."""
    return Edit(start, end, lambda _fields, _measured, _now: None)


def held(field: str, value: Any, start: datetime, end: datetime, published: datetime = BEGINNING) -> Edit:
    """Return an edit that gives a field this value, from the moment `published` on."""
    return Edit(
        start,
        end,
        lambda fields, _measured, now: {**fields, field: value} if now >= published and field in fields else fields,
    )


def shifted(offsets: Mapping[str, float], start: datetime) -> Edit:
    """Return an edit that adds a constant to fields: registers of a meter that was reset or replaced."""

    def shift(fields: Fields, _measured: datetime, _now: datetime) -> Fields:
        return {**fields, **{name: fields[name] + by for name, by in offsets.items() if name in fields}}

    return Edit(start, END, shift)


def unborn(field: str, until: datetime) -> Edit:
    """Return an edit that takes a field away until it first appears."""
    return Edit(
        BEGINNING,
        until,
        lambda fields, _measured, _now: {name: value for name, value in fields.items() if name != field},
    )


def kept_back(start: datetime, end: datetime, until: datetime) -> Edit:
    """Return an edit that lets rows arrive only at `until`."""
    return Edit(start, end, lambda fields, _measured, now: fields if now >= until else None)


def misread(field: str, misreading: Misreading) -> Edit:
    """Return an edit that lets a field be wrong for a while."""

    def change(fields: Fields, measured: datetime, now: datetime) -> Fields:
        return {**fields, field: misreading.told(measured, fields[field], now)} if field in fields else fields

    return Edit(misreading.start, misreading.end, change)


def late(by: timedelta, start: datetime, end: datetime) -> Edit:
    """Return an edit that lets rows arrive so long after they were measured."""
    return Edit(start, end, lambda fields, measured, now: fields if now >= measured + by else None)
