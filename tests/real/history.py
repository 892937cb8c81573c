"""Importing the past at once, which otherwise begins by itself two minutes after an account's start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .api import Api
from .configuration import TIME_ZONE
from .inventory import DOMAIN

DAYS = 30
"""So many whole days are imported, and today."""
HOUR = timedelta(hours=1)
SETTLING = timedelta(minutes=10)
"""How long after its end an hour is complete at the earliest."""
PATIENCE = 300
"""Seconds that an import may take on a slow machine."""
_ZONE = ZoneInfo(TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Import:
    """That an account's past was imported from a time on, when that was asked for, and how many hours were written."""

    start: datetime
    at: datetime
    hours: int

    @property
    def until(self) -> datetime:
        """The end of the last hour that must be there."""
        return floor_hour(self.at - SETTLING)


type Imports = Mapping[str, Import]
"""By vendor."""


async def import_history(api: Api, entry_id: str, start: datetime) -> Import:
    """Import an account's past from a time on."""
    at = datetime.now(UTC)
    data = {"config_entry_id": entry_id, "start": start.isoformat()}
    hours = (await api.act(DOMAIN, "import_history", data, patience=PATIENCE))["hours"]
    return Import(start, at, hours)


def oldest(remembers: timedelta | None) -> datetime:
    """Return from when on to import: as many days as there are to be, or what a service still remembers of them."""
    # The oldest hour is being forgotten while it is asked for, and an hour may end meanwhile.
    return days_ago(DAYS) if remembers is None else floor_hour(datetime.now(UTC) - SETTLING - remembers) + 2 * HOUR


def floor_hour(time: datetime) -> datetime:
    """Return the beginning of the hour that a time is in."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def local(time: datetime) -> datetime:
    """Return a time as it is where Home Assistant is."""
    return time.astimezone(_ZONE)


def midnight(day: date) -> datetime:
    """Return when a day begins where Home Assistant is."""
    return datetime(day.year, day.month, day.day, tzinfo=_ZONE).astimezone(UTC)


def days_ago(days: int) -> datetime:
    """Return when the day began that is so many days ago where Home Assistant is."""
    return midnight(local(datetime.now(UTC)).date() - timedelta(days=days))
