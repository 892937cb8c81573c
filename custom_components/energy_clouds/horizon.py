"""The times that an account's history keeps to: which hours are over, remembered, and settled."""

from datetime import datetime, timedelta
from typing import Final

from .hours import HOUR, hour_of
from .vendors import Vendor

SETTLING: Final = timedelta(minutes=10)
"""How long after its end an hour is complete at the earliest."""
LOOK_BACK_EVERY: Final = timedelta(days=1)
LOOK_BACKS: Final = 4
"""A sample that comes late is looked for so many times at least."""
MARGIN: Final = timedelta(minutes=10)
"""What is that close to being forgotten may be forgotten when it is asked for."""


class Horizon:
    """What lies within reach of a vendor, now."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self._vendor.now()

    @property
    def last_complete(self) -> datetime:
        """The end of the last hour that is complete."""
        return hour_of(self.now - SETTLING)

    @property
    def first_remembered(self) -> datetime | None:
        """The first hour that the vendor still has; None if there is no known end to its memory."""
        reach = self._vendor.history_reach
        # The oldest minutes are being forgotten while they are asked for.
        return None if reach is None else hour_of(self.now - reach + MARGIN) + HOUR

    @property
    def look_back(self) -> timedelta:
        """How long after their time samples may still come, or be corrected, and be had."""
        reach, length = self._vendor.history_reach, self._vendor.look_back
        return length if reach is None else min(length, reach - HOUR)

    @property
    def look_back_every(self) -> timedelta:
        """How often they are looked for."""
        return min(self.look_back / LOOK_BACKS, LOOK_BACK_EVERY)

    @property
    def settled(self) -> datetime:
        """What ended before is not read once more as a matter of course."""
        return self.last_complete - self.look_back + self.look_back_every

    def first_hour(self, start: datetime) -> datetime:
        """The hour that a time is in, or the first one after it that the vendor still has."""
        return max(hour_of(start), self.first_remembered or hour_of(start))
