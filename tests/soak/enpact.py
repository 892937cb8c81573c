"""Enpact in the soak: a cooling controller and a meter of each type, of which the service has the last 24 hours."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar, override

from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.conservation.truth import Register, grid
from tests.real.truth import Expected
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.enpact.windows import STEP, WINDOW, Window
from tests.simulators.misreadings import Misreading

from .journal import Ceiling
from .service import HOUR, Counter, Service, minutes, next_minute, zero

CONTROLLER = "esl-nt3-5555A1B2C3D4"
METERS = ("meter-building-a-001", "meter-building-a-005", "meter-building-a-006")
COUNTING = METERS[0]
REGISTERS = ("imp", "exp")
FAR = 5.0
"""In kWh."""
_SHARE = "_percentTrue"
_SUM = "p_total"


class Enpact(Service[EnpactSimulator]):
    """The service."""

    ceiling = Ceiling(300, timedelta(minutes=15))
    latest = timedelta(hours=3)
    memory: ClassVar[timedelta | None] = timedelta(hours=24)

    @override
    def make(self) -> EnpactSimulator:
        simulator = EnpactSimulator(world=self.world, clock=self.clock.true)
        simulator.devices = {CONTROLLER: simulator.devices[CONTROLLER]}
        simulator.meters = {name: simulator.meters[name] for name in METERS}
        return simulator

    @override
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        device, key = point.id.device_id, point.id.key
        if key.endswith(_SHARE):
            yield from self._shares(device, key.removesuffix(_SHARE), sample.time)
            return
        for moment in moments:
            row = self._row(device, sample.time, moment)
            if row is None:
                continue
            if key == _SUM:
                yield Expected(sum(float(row[name]) for name in ("p1", "p2", "p3")), 1e-6)
            elif key in row:
                value = row[key]
                yield Expected(value == "true" if key == "fault" else value, 1e-6)

    @override
    def spoil(self, random: Random) -> str:
        device, now = random.choice((CONTROLLER, *METERS)), next_minute(self.clock.true())
        length, wait = minutes(random, 2, 90), minutes(random, 2, 60)
        match random.choice(("lost", "late", "misread", "reset", "silent", "glitch")):
            case "late":
                self.simulator.keep_back_rows(device, now, now + length, now + length + wait)
                self.trouble_until(now + length + wait)
                return f"{device} has late rows for {length}"
            case "misread":
                start, end = now - HOUR - length, now - HOUR
                wrong = Misreading(
                    start, end, end + timedelta(minutes=100), _higher if random.random() < 0.5 else _none
                )
                self.simulator.misread(COUNTING, "imp", wrong)
                return f"{COUNTING} has wrong rows from {start:%H:%M} to {end:%H:%M}"
            case "glitch":
                self.simulator.misread(COUNTING, "imp", Misreading(now, now + STEP, now + HOUR, zero))
                return f"{COUNTING} shows 0 for a moment"
            case "reset" if COUNTING not in self.damage.resets:
                self.simulator.replace_meter(COUNTING, now)
                self.damage.resets[COUNTING] = now
                return f"{COUNTING} begins at 0"
            case _:
                self.simulator.silence(device, now, now + length)
                self.damage.lost.setdefault(device, []).append((now, now + length))
                self.trouble_until(now + length)
                return f"{device} is silent for {length}"

    @override
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        device, key, now = point.id.device_id, point.id.key, self.clock.true()

        def shows(time: datetime) -> float:
            row = self._row(device, time, now)
            assert row is not None
            return float(row[key])

        times = [time for time in grid(since - HOUR, until + HOUR, STEP) if self.damage.keeps(device, time)]
        return Counter(Register(times, shows, self.damage.resets.get(device)))

    def _row(self, device: str, time: datetime, now: datetime) -> Mapping[str, Any] | None:
        simulator = self.simulator
        source = simulator.meters.get(device) or simulator.devices[device]
        window = Window(time, time, now, simulator.switches)
        rows = window.raw(source, simulator.edits.get(device, ()))
        return rows[0] if rows else None

    def _shares(self, device: str, name: str, time: datetime) -> Iterator[Expected]:
        """A window's share, as its service rounds it; rows of it may come late."""
        source = self.simulator.devices[device]
        start = datetime.fromtimestamp(time.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), time.tzinfo)
        for window in (start, start - WINDOW):
            rows = [window + STEP * number for number in range(WINDOW // STEP)]
            kept = [source.fields(row)[name] for row in rows if self.damage.keeps(device, row)]
            if kept:
                late = 100.0 if self.simulator.edits.get(device) else 0.51
                yield Expected(100 * sum(kept) / len(kept), late)


def _higher(_time: datetime, value: float) -> float:
    return value + FAR


def _none(_time: datetime, value: float) -> float:
    return max(0.0, value - FAR)
