"""Seeded noise that is the same in every process: `hash()` is salted per process, SHAKE is not."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from struct import unpack

DAY = 86_400
"""Seconds of a day; days are counted in UTC since 1970-01-01."""


class Noise:
    """Values in [-1, 1) at nodes `step` seconds apart, linear in between; independent between names and nodes."""

    def __init__(self, seed: int, name: str, step: int) -> None:
        """Draw the noise called `name` of the world with this seed; `step` must divide a day."""
        self._key = f"{seed}:{name}"
        self._step = step
        self._count = DAY // step
        self.day = lru_cache(maxsize=4)(self._day)

    def _day(self, day: int) -> Sequence[float]:
        count = self._count
        drawn = unpack(f"<{count}H", shake_128(f"{self._key}:{day}".encode()).digest(2 * count))
        return [value / 32_768 - 1 for value in drawn]

    def at(self, timestamp: float) -> float:
        """Return the noise at a Unix time in seconds."""
        node, rest = divmod(timestamp, self._step)
        day, index = divmod(int(node), self._count)
        left = self.day(day)[index]
        if not rest:
            return left
        right = self.day(day)[index + 1] if index + 1 < self._count else self.day(day + 1)[0]
        return left + (right - left) * rest / self._step


def draw(seed: int, *key: object) -> float:
    """Return one number in [0, 1) that belongs to this key."""
    digest = shake_128(":".join(map(str, (seed, *key))).encode()).digest(6)
    return int.from_bytes(digest) / (1 << 48)
