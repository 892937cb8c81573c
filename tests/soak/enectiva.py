"""Enectiva in the soak: meters that are read each quarter, one that is read by hand, profiles, and what is chosen."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar, override

from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.conservation.truth import Register
from tests.real.truth import Expected
from tests.simulators.enectiva import EnectivaSimulator
from tests.simulators.enectiva.listing import Deltas, month_of
from tests.simulators.enectiva.log import Log
from tests.simulators.misreadings import Misreading

from .journal import Ceiling
from .service import HOUR, Counter, Service, minutes, next_minute

METERS = ("42", "45", "48", "51", "52")
SPOILT = ("42", "45", "48")
SERIES, VIRTUAL = "11", "501"
FAR = 5.0
_SERIES, _VIRTUAL = "data_series_", "virtual_meter_"


class Enectiva(Service[EnectivaSimulator]):
    """The service."""

    ceiling = Ceiling(120, timedelta(minutes=1))
    options: ClassVar[dict[str, object]] = {"data_series": [SERIES], "virtual_meters": [VIRTUAL]}
    latest = timedelta(days=6)
    asks_always = False
    settled = timedelta(hours=8)

    @override
    def make(self) -> EnectivaSimulator:
        simulator = EnectivaSimulator(world=self.world, clock=self.clock.true)
        simulator.meters = {name: simulator.meters[name] for name in (*METERS, "44")}
        return simulator

    @override
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        for moment in moments:
            if point.id.key.startswith("month"):
                month = month_of(sample.time, self.world.time_zone)
                parts = [
                    (self.simulator.months(self.simulator.meters[meter], moment), factor)
                    for meter, factor in self._parts(point.id.device_id)
                ]
                yield Expected(Deltas({None: parts}, "").row((month, None)).value, 1e-6)
                continue
            seen = self.simulator.seen(self._log(point.id.device_id), moment)
            if sample.time in set(seen.times(sample.time, sample.time + HOUR)):
                yield Expected(seen.value(sample.time), 1e-6)

    @override
    def spoil(self, random: Random) -> str:
        device, now = random.choice(SPOILT), next_minute(self.clock.true())
        length, wait = minutes(random, 15, 600), minutes(random, 15, 3000)
        match random.choice(("lost", "late", "double", "misread", "reset", "access")):
            case "lost":
                for time in self._between(device, now, now + length):
                    self.simulator.delete_reading(device, time)
                self.damage.lost.setdefault(device, []).append((now, now + length))
                return f"{device} is not read for {length}"
            case "late":
                for time in self._between(device, now, now + length):
                    self.simulator.delay_reading(device, time, max(now + length + wait, time))
                return f"{device} has late readings for {length}"
            case "double":
                for time in self._between(device, now - length, now + length):
                    self.simulator.double_reading(device, time)
                return f"{device} has readings twice"
            case "misread":
                start, end = now - 2 * HOUR - length, now - 2 * HOUR
                wrong = Misreading(start, end, end + timedelta(hours=20), lambda _time, value: value + FAR)
                self.simulator.misread(device, wrong)
                return f"{device} has wrong readings from {start:%H:%M} to {end:%H:%M}"
            case "reset" if device == "48" and device not in self.damage.resets:
                self.simulator.reset_register(device, now)
                self.damage.resets[device] = now
                return f"{device} begins at 0"
            case _:
                self.simulator._desk._open.clear()
                return "access tokens are revoked"

    @override
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        log = self._log(point.id.device_id)
        seen = self.simulator.seen(log, self.clock.true())
        times = list(dict.fromkeys(seen.times(self.world.epoch, until + HOUR)))
        return Counter(Register(times, seen.value, self.damage.resets.get(point.id.device_id)))

    @override
    def tidy(self) -> None:
        now = self.clock.true()
        for meter in self.simulator.meters.values():
            processed = meter.log.processed
            for time in [time for time, until in processed.items() if until < now]:
                del processed[time]

    def _log(self, device: str) -> Log:
        if device.startswith(_SERIES):
            return self.simulator.data_series[device.removeprefix(_SERIES)].log
        return self.simulator.meters[device].log

    def _parts(self, device: str) -> list[tuple[str, float]]:
        if device.startswith(_VIRTUAL):
            return list(self.simulator.virtual_meters[device.removeprefix(_VIRTUAL)].parts.items())
        return [(device, 1.0)]

    def _between(self, device: str, start: datetime, end: datetime) -> list[datetime]:
        schedule = self.simulator.meters[device].log.schedule
        return [schedule.time(number) for number in range(schedule.first(start), schedule.first(end))]
