"""Eniris in the soak: the family home, with a device of each kind."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
import re
from typing import override

from custom_components.energy_clouds.vendors.model import Nature, Point, Sample
from tests.conservation.truth import Intervals, Register, grid
from tests.eniris_home import small
from tests.real import eniris as real
from tests.real.truth import Expected
from tests.simulators import eniris
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.eniris.cost import Limiter, Tier
from tests.simulators.eniris.fields import Value
from tests.simulators.eniris.nodes import MINUTE as EACH_MINUTE, TEN_MINUTES, Series
from tests.simulators.eniris.rows import Span
from tests.simulators.misreadings import Misreading

from .journal import Ceiling, Journal
from .service import HOUR, MINUTE, Counter, Service, minutes, next_minute, zero

DEVICES = (
    eniris.CONTROLLER,
    eniris.SITE,
    eniris.GRID_METER,
    eniris.BATTERY,
    eniris.CHARGER,
)
SPOILT = (eniris.GRID_METER, eniris.BATTERY, eniris.CHARGER)
ONE_PHASE = re.compile("L[23]")
"""What is measured of other phases than the first is left out: there is nothing new in it."""
COUNTER = "importedAbsEnergyTot_Wh"
FAR = 5_000.0
_NANO = 1_000_000_000


class Eniris(Service[EnirisSimulator]):
    """The service."""

    ceiling = Ceiling(6_000, timedelta(minutes=1))
    apart = "/auth/"

    @override
    def make(self) -> EnirisSimulator:
        simulator = small(DEVICES, world=self.world, clock=self.clock.true)
        for node in simulator.nodes:
            for series in node.series or ():
                series.fields = {name: one for name, one in series.fields.items() if not ONE_PHASE.search(name)}
        return simulator

    def charge(self, journal: Journal) -> None:
        """Have the journal know what each request costs."""

        class Charging(Limiter):
            __slots__ = ()

            @override
            def spend(self, user: str, address: str, tier: Tier | None, cost: float, now: datetime) -> dict[str, str]:
                journal.charge(cost)
                return Limiter.spend(self, user, address, tier, cost, now)

        self.simulator.limiter.__class__ = Charging

    @override
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        measurement, _, name = point.id.key.partition(".")
        for series in self._series(point.id.device_id, measurement, name):
            for moment in moments:
                value = self._value(point.id.device_id, series, name, sample.time, moment)
                if value not in (None, ""):
                    yield real._expected(name, value)

    @override
    def spoil(self, random: Random) -> str:
        device, now = random.choice(SPOILT), next_minute(self.clock.true())
        length, wait = minutes(random, 2, 300), minutes(random, 2, 300)
        simulator = self.simulator
        match random.choice(("lost", "late", "double", "misread", "reset", "access", "glitch")):
            case "lost":
                simulator.lose_rows(device, now, now + length)
                self.damage.lost.setdefault(device, []).append((now, now + length))
                self.trouble_until(now + length)
                return f"{device} is silent for {length}"
            case "late":
                simulator.delay_rows(device, now, now + length, now + length + wait)
                self.trouble_until(now + length + wait)
                return f"{device} has late rows for {length}"
            case "double":
                simulator.double_rows(device, now - length, now + length)
                return f"{device} has rows twice"
            case "misread":
                start, end = now - 2 * HOUR - length, now - 2 * HOUR
                wrong = Misreading(start, end, end + timedelta(hours=10), lambda _time, value: value + FAR)
                simulator.misread(eniris.GRID_METER, COUNTER, wrong)
                return f"{eniris.GRID_METER} has wrong rows from {start:%H:%M} to {end:%H:%M}"
            case "glitch":
                simulator.misread(eniris.GRID_METER, COUNTER, Misreading(now, now + MINUTE, now + HOUR, zero))
                return f"{eniris.GRID_METER} shows 0 for a moment"
            case "reset" if device not in self.damage.resets:
                simulator.reset_registers(device, now)
                self.damage.resets[device] = now
                return f"{device} begins at 0"
            case _:
                simulator.revoke_access_tokens()
                return "access tokens are revoked"

    @override
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        device, now = point.id.device_id, self.clock.true()
        measurement, _, name = point.id.key.partition(".")
        found = {series.policy: series for series in self._series(device, measurement, name)}
        step, column = MINUTE, name
        series = found[EACH_MINUTE]
        coarse = self._series(device, measurement, f"sum_{name}")
        if point.nature is Nature.INTERVAL and coarse:
            series, column = coarse[0], f"sum_{name}"
            step = 10 * MINUTE if series.policy == TEN_MINUTES else HOUR
        times = [time for time in grid(since - HOUR, until + HOUR, step) if self.damage.keeps(device, time)]

        def shows(time: datetime) -> float:
            value = self._value(device, series, column, time, now)
            assert isinstance(value, float), (device, column, time)
            return value

        if point.nature is Nature.INTERVAL:
            return Counter(Intervals(times, list(accumulate(shows(time) for time in times))), 1.0)
        return Counter(Register(times, shows, self.damage.resets.get(device)), 1.0)

    @override
    def tidy(self) -> None:
        grants, now = self.simulator.tokens._grants, self.clock.true()
        for token in [token for token, one in grants.items() if one.kind == "access" and one.expires < now]:
            del grants[token]
        for node in self.simulator.nodes:
            node.changes.late[:] = [one for one in node.changes.late if one[2] > now]

    def _series(self, device: str, measurement: str, name: str) -> list[Series]:
        series = self.simulator.node(device).series or ()
        return [one for one in series if one.measurement == measurement and name in one.fields]

    def _value(self, device: str, series: Series, name: str, time: datetime, now: datetime) -> Value:
        start = round(time.timestamp()) * _NANO
        span = Span(now, start, start + _NANO)
        rows = self.simulator.archive.rows(self.simulator.node(device), series, [name], span)
        row = next(rows, None)
        return None if row is None else row.values[0]
