"""The cold store: compressors that cycle, and what their controllers measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from typing import override

from .calendar import Calendar
from .curve import NODES, STEP, Curve
from .noise import DAY, Noise, draw

CONTROLLERS = 4
"""Cooling controllers, numbered from 0."""
CYCLE = 1_440
"""Seconds of one compressor cycle; it begins with the compressor's start."""
_RUNNING = 1_450.0
_RESTING = 70.0
_FAN_RUN_ON = 180
_BY_DAY, _BY_NIGHT = 0.46, 0.30
"""The share of a cycle for which the compressor runs: doors open by day, set-back by night."""
_NIGHT = (*range(6), *range(20, 24))


@dataclass(frozen=True, slots=True)
class Cooling:
    """What one cooling controller measures at one instant; temperatures in °C.

    The compressor saver is on while it holds the compressor back although the room is warmer than the ordinary
    thermostat would allow; the fan saver while the fan stands still, from the end of its run-on to the next start.
    """

    coolant_in: float
    coolant_out: float
    space: float
    controller: float
    compressor_running: bool
    compressor_saver: bool
    fan_saver: bool


class ColdStore(Curve):
    """The cold store's electrical power in watts, made of the cycles of its controllers."""

    def __init__(self, seed: int, epoch_day: int, calendar: Calendar) -> None:
        """Draw the offsets between the controllers' cycles from `seed`."""
        super().__init__(epoch_day)
        self._calendar = calendar
        self._seed = seed
        self._offsets = tuple(round(CYCLE * draw(seed, "cold", number)) for number in range(CONTROLLERS))
        self._noise = tuple(Noise(seed, f"cold.{number}", 60) for number in range(CONTROLLERS))
        self._duties = lru_cache(maxsize=8)(self._day_duties)

    def _day_duties(self, day: int) -> Sequence[float]:
        """Return the running share at each node of a UTC day."""
        return [
            _BY_NIGHT if node * STEP // 3600 in _NIGHT else _BY_DAY
            for part in self._calendar.stretches(day)
            for node in range(part.first, part.first + part.count)
        ]

    def _duty(self, timestamp: float) -> float:
        day, second = divmod(int(timestamp), DAY)
        return self._duties(day)[second // STEP]

    @override
    def _values(self, day: int) -> Sequence[float]:
        start = day * DAY
        total = [0.0] * NODES
        for offset in self._offsets:
            first = (start - offset) // CYCLE
            stops = [self._duty(cycle * CYCLE + offset) * CYCLE for cycle in range(first, first + DAY // CYCLE + 1)]
            for node in range(NODES):
                cycle, elapsed = divmod(start + node * STEP - offset, CYCLE)
                total[node] += _RUNNING if elapsed < stops[cycle - first] else _RESTING
        return total

    def controller(self, number: int, timestamp: float) -> Cooling:
        """Return what controller `number` measures at a Unix time in seconds."""
        cycle, elapsed = divmod(timestamp - self._offsets[number], CYCLE)
        # A cycle keeps the share it began with, so that temperatures never jump.
        duty = self._duty(cycle * CYCLE + self._offsets[number])
        stop = duty * CYCLE
        running = elapsed < stop
        warm, cold, next_warm = self._top(number, cycle), 4.25 + 0.1 * number, self._top(number, cycle + 1)
        space = warm + (cold - warm) * elapsed / stop if running else cold + (next_warm - cold) * _rise(elapsed, stop)
        chill = 1 - exp(-elapsed / 150) if running else exp(-(elapsed - stop) / 260)
        noise = self._noise[number].at(timestamp)
        coolant_in = 1.5 - 0.65 * chill + 0.03 * noise
        return Cooling(
            coolant_in=coolant_in,
            coolant_out=coolant_in + 0.8 + 0.35 * chill,
            space=space + 0.02 * noise,
            controller=30.5 + 0.8 * number + 3.0 * chill + (1.5 if duty == _BY_DAY else 0.0) + 0.4 * noise,
            compressor_running=running,
            compressor_saver=not running and space > 5.05 + 0.1 * number,
            fan_saver=not running and elapsed > stop + _FAN_RUN_ON,
        )

    def _top(self, number: int, cycle: float) -> float:
        """Return the room's temperature at which a cycle starts: half a degree higher with night set-back."""
        begin = cycle * CYCLE + self._offsets[number]
        setback = 0.5 if self._duty(begin) == _BY_NIGHT else 0.0
        return 5.2 + 0.1 * number + setback + 0.15 * draw(self._seed, "top", number, int(cycle))


def _rise(elapsed: float, stop: float) -> float:
    """Return how far the room has warmed up again, from 0 to 1: fast first, as heat flows with the difference."""
    share = (elapsed - stop) / (CYCLE - stop)
    return (1 - exp(-1.2 * share)) / (1 - exp(-1.2))
