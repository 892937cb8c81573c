"""Enapter in the soak: devices with attributes of every type, and with alerts."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import override

from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.conservation.truth import Register, grid
from tests.real import enapter as real
from tests.real.truth import Expected
from tests.simulators import enapter
from tests.simulators.enapter import EnapterSimulator, EnapterSwitches
from tests.simulators.misreadings import Misreading

from .journal import Ceiling
from .service import HOUR, Counter, Service, minutes, next_minute, zero

DEVICES = (enapter.GATEWAY, enapter.POWER_METER, enapter.ELECTROLYSER, enapter.AMBIENT_SENSOR)
ONE_PHASE = ("l2_", "l3_")
"""What is measured of other phases than the first is left out: there is nothing new in it."""
COUNTER = "energy_lifetime"
FAR = 5_000.0
_OWN = "own,"


class Enapter(Service[EnapterSimulator]):
    """The service."""

    ceiling = Ceiling(120, timedelta(minutes=1))

    @override
    def make(self) -> EnapterSimulator:
        simulator = EnapterSimulator(world=self.world, clock=self.clock.true, switches=EnapterSwitches())
        simulator.devices = {name: simulator.devices[name] for name in DEVICES}
        meter = simulator.devices[enapter.POWER_METER]
        meter.channels = {name: one for name, one in meter.channels.items() if not name.startswith(ONE_PHASE)}
        return simulator

    @override
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        device, key = self.simulator.devices[point.id.device_id], point.id.key
        for moment in moments:
            if key.startswith(_OWN):
                if (state := real._state(device, moment).get(key)) is not None:
                    yield state
                continue
            value = self.simulator.telemetry.value(device, key, sample.time, moment)
            if value != []:
                yield real._expected(device, key, value)

    @override
    def spoil(self, random: Random) -> str:
        device, now = random.choice(DEVICES[1:]), next_minute(self.clock.true())
        length, wait = minutes(random, 2, 300), minutes(random, 2, 300)
        simulator = self.simulator
        match random.choice(("lost", "late", "misread", "reset", "glitch", "alert", "clear", "offline")):
            case "lost":
                simulator.lose_reports(device, now, now + length)
                self.damage.lost.setdefault(device, []).append((now, now + length))
                self.trouble_until(now + length)
                return f"{device} is silent for {length}"
            case "late":
                simulator.delay_reports(device, now, now + length, now + length + wait)
                self.trouble_until(now + length + wait)
                return f"{device} has late reports for {length}"
            case "misread":
                start, end = now - 2 * HOUR - length, now - 2 * HOUR
                wrong = Misreading(start, end, end + timedelta(hours=10), lambda _time, value: value + FAR)
                simulator.misread(enapter.POWER_METER, COUNTER, wrong)
                return f"the power meter has wrong reports from {start:%H:%M} to {end:%H:%M}"
            case "glitch":
                wrong = Misreading(now, now + timedelta(seconds=50), now + HOUR, zero)
                simulator.misread(enapter.POWER_METER, COUNTER, wrong)
                return "the power meter shows 0 for a moment"
            case "reset" if enapter.POWER_METER not in self.damage.resets:
                simulator.reset_register(enapter.POWER_METER, COUNTER, now)
                self.damage.resets[enapter.POWER_METER] = now
                return "the power meter begins at 0"
            case "alert":
                simulator.raise_alert(enapter.ELECTROLYSER, random.choice(("water_low", "leak", "maintenance_due")))
                return "an alert is raised"
            case "clear":
                simulator.clear_alert(enapter.ELECTROLYSER)
                return "alerts are cleared"
            case _:
                simulator.set_connectivity(device, random.choice(("ONLINE", "OFFLINE")))
                return f"{device} is told to be on or off"

    @override
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        device, name = self.simulator.devices[point.id.device_id], point.id.key
        telemetry, now = self.simulator.telemetry, self.clock.true()
        # Its history has the newest report of each hour, dated at the hour's end.
        reported = {
            hour: datetime.fromtimestamp(reports[-1], UTC)
            for hour in grid(since - HOUR, until + HOUR, HOUR)
            if (reports := telemetry.reports(device, hour - HOUR, hour, now))
        }

        def shows(hour: datetime) -> float:
            return float(telemetry.value(device, name, reported[hour], now))

        reset = self.damage.resets.get(device.id) if name == COUNTER else None
        began = next((hour for hour, time in reported.items() if reset is not None and time >= reset), None)
        declared = device.declared(name) or {}
        watt_hours = 1.0 if declared.get("unit") in ("watt_hour", "Wh") else 1000.0
        return Counter(Register(list(reported), shows, began), watt_hours)

    @override
    def tidy(self) -> None:
        now = self.clock.true()
        for device in self.simulator.devices.values():
            del device.alert_log[:-20]
        for late in self.simulator.telemetry.late.values():
            late[:] = [one for one in late if one[2] > now]
