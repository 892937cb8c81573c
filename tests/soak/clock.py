"""The time of the soak: it stands still while anything is under way, and then jumps to what is due next."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, override
from unittest.mock import patch

import freezegun.api
from freezegun.config import settings

_MICROSECONDS = 1_000_000
_BOOT = 10_000
"""What a monotonic clock shows at the beginning."""


class Clock:
    """The services' time, and Home Assistant's, which may be wrong for a while."""

    def __init__(self, start: datetime) -> None:
        self._start = start.timestamp()
        self._passed = 0
        self.skew = timedelta(0)
        """How far Home Assistant's machine is ahead of the services."""
        self.set_at = start
        """When Home Assistant's clock was set last."""

    def advance(self, seconds: float) -> None:
        """Let time pass: so much, and not a microsecond too little."""
        self._passed += int(seconds * _MICROSECONDS) + 1

    def set(self, skew: timedelta) -> None:
        """Set Home Assistant's clock."""
        self.skew, self.set_at = skew, self.true()

    def monotonic(self) -> float:
        """What no clock that is set changes."""
        return _BOOT + self._passed / _MICROSECONDS

    def time(self) -> float:
        """The time of Home Assistant's machine, in seconds since 1970."""
        return self._start + self._passed / _MICROSECONDS + self.skew.total_seconds()

    def true(self) -> datetime:
        """The services' time."""
        return datetime.fromtimestamp(self._start + self._passed / _MICROSECONDS, UTC)


class _Meta(type):
    @override
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, freezegun.api.real_datetime)

    @override
    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, freezegun.api.real_datetime)


def _moved_datetime(clock: Clock) -> type[datetime]:
    """A class in the place of `datetime` that makes true ones: those of freezegun do all arithmetic in Python."""
    real: type[datetime] = freezegun.api.real_datetime

    class Moved(real, metaclass=_Meta):  # type: ignore[misc,valid-type]
        def __new__(cls, *values: Any, **named: Any) -> datetime:  # type: ignore[misc]
            return real(*values, **named)

        @override
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return real.fromtimestamp(clock.time(), tz)

        @override
        @classmethod
        def utcnow(cls) -> datetime:
            return real.fromtimestamp(clock.time(), UTC).replace(tzinfo=None)

    return Moved


@contextmanager
def moved(clock: Clock) -> Iterator[None]:
    """Have everybody who asks for the time get this clock's; freezegun knows who has to be told."""

    def fake_time() -> float:
        return clock.time()

    def fake_time_ns() -> int:
        return int(clock.time() * 1e9)

    def fake_monotonic() -> float:
        return clock.monotonic()

    def fake_monotonic_ns() -> int:
        return int(clock.monotonic() * 1e9)

    def get_current_time() -> datetime:
        now: datetime = freezegun.api.real_datetime.fromtimestamp(clock.time(), UTC)
        return now.replace(tzinfo=None)

    with (
        patch.object(freezegun.api, "call_stack_inspection_limit", 0),
        patch.object(freezegun.api, "FakeDatetime", _moved_datetime(clock)),
        patch.object(freezegun.api, "fake_time", fake_time),
        patch.object(freezegun.api, "fake_time_ns", fake_time_ns),
        patch.object(freezegun.api, "fake_monotonic", fake_monotonic),
        patch.object(freezegun.api, "fake_monotonic_ns", fake_monotonic_ns),
        patch.object(freezegun.api, "get_current_time", get_current_time),
        patch.object(settings, "default_ignore_list", []),
        freezegun.freeze_time(clock.true()),
    ):
        yield
