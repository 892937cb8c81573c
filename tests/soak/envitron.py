"""Envitron in the soak: a building with sensors of all kinds, which gives power only."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import override

from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.real.truth import Expected
from tests.simulators.envitron import OFFICE, PASSWORD, USER_ID, USERNAME, EnvitronSimulator, User

from .journal import Ceiling
from .service import Counter, Service, minutes


class Envitron(Service[EnvitronSimulator]):
    """The service."""

    ceiling = Ceiling(500, timedelta(hours=1))
    apart = "/token"

    @override
    def make(self) -> EnvitronSimulator:
        users = {USERNAME: User(PASSWORD, USER_ID, (OFFICE,))}
        return EnvitronSimulator(world=self.world, clock=self.clock.true, users=users)

    @override
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        building, telemetry = self.simulator.buildings[OFFICE], self.simulator.telemetry
        sensor = building.sensors.get(point.id.key)
        for moment in moments:
            if sensor is not None:
                measured = telemetry.latest(building, sensor, moment)
                if measured is not None and measured.time == sample.time:
                    yield Expected(float(measured.value), 1e-6)
                continue
            for fresh in (True, False):
                electricity = telemetry.electricity(building, moment, fresh=fresh)
                value = None if electricity is None else electricity.quantities.get(point.id.key)
                if electricity is not None and value is not None and electricity.time == sample.time:
                    yield Expected(float(value.value), 1e-6)

    @override
    def spoil(self, random: Random) -> str:
        sensors = [one for one in self.simulator.sensors.values() if one.unit == "W" and not one.contributors]
        silent = self.simulator.telemetry.silences
        match random.choice(("silent", "silent", "tokens")):
            case "silent":
                uuid = random.choice(sensors).uuid
                if uuid in silent:
                    return "nothing"
                self.simulator.silence(uuid)
                self.wakes[uuid] = self.clock.true() + minutes(random, 2, 300)
                self.trouble_until(self.wakes[uuid])
                return f"{uuid} is silent until {self.wakes[uuid]:%H:%M}"
            case _:
                self.simulator.revoke(USERNAME)
                return "all tokens are revoked"

    @property
    def wakes(self) -> dict[str, datetime]:
        """When silent sensors transmit again."""
        found: dict[str, datetime] = self.__dict__.setdefault("_wakes", {})
        return found

    @override
    def look(self) -> None:
        now = self.clock.true()
        for uuid in [uuid for uuid, at in self.wakes.items() if at <= now]:
            self.simulator.wake(uuid)
            del self.wakes[uuid]

    @override
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        raise LookupError("it has no past")
