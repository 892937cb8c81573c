"""The hours that a person asks to import: which of them there can be, and why not."""

from datetime import MINYEAR, UTC, datetime

from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.dt import as_local, as_utc

from .const import DOMAIN, LONGEST_HISTORY
from .horizon import Horizon
from .hours import hour_of


def asked_hours(horizon: Horizon, start: datetime, end: datetime | None) -> tuple[datetime, datetime]:
    """The start of the first hour and the end of the last one. Those that are not over yet come by themselves."""
    over, first = horizon.last_complete, horizon.first_remembered
    earliest = over - LONGEST_HISTORY
    start, end = _utc(start), None if end is None else _utc(end)
    if start < earliest:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="too_long_ago",
            translation_placeholders={"time": _told(earliest)},
        )
    if end is not None and end <= start:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="end_before_start")
    if hour_of(start) >= over:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_over", translation_placeholders={"time": _told(over)}
        )
    if first is not None and hour_of(start) < first:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="forgotten", translation_placeholders={"time": _told(first)}
        )
    until = over if end is None else hour_of(min(end, over))
    if until <= hour_of(start):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_whole_hour")
    return hour_of(start), until


def _utc(time: datetime) -> datetime:
    """A time in UTC; the first or last one there is where that lies beyond it."""
    try:
        return as_utc(time)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if time.year == MINYEAR else datetime.max.replace(tzinfo=UTC)


def _told(time: datetime) -> str:
    return as_local(time).strftime("%Y-%m-%d %H:%M")
