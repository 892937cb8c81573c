"""What a test does to a running Envitron service, and what it may know about it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from ..simulator import Simulator
from .accounts import User
from .inventory import Building, Sensor
from .sessions import Sessions
from .shapes import Shapes
from .switches import EnvitronSwitches
from .telemetry import Telemetry


class Controls(Simulator):
    """The controls of the Envitron simulator."""

    users: dict[str, User]
    buildings: dict[str, Building]
    sessions: Sessions
    telemetry: Telemetry

    @property
    def sensors(self) -> dict[str, Sensor]:
        """All sensors by uuid; `add_sensor` and `remove_sensor` change them."""
        return {uuid: sensor for building in self.buildings.values() for uuid, sensor in building.sensors.items()}

    @property
    def most_outstanding(self) -> int:
        """How many refresh tokens one user ever had at the same time."""
        return self.sessions.most_outstanding

    @property
    def blacklisted_uses(self) -> int:
        """How often a used or revoked refresh token was presented."""
        return self.sessions.blacklisted_uses

    def outstanding(self, username: str) -> int:
        """Return how many refresh tokens of a user still work."""
        return self.sessions.outstanding(self.users[username], self.clock())

    def revoke(self, username: str) -> None:
        """Make all tokens of a user invalid."""
        self.sessions.revoke(self.users[username])

    def change_password(self, username: str, new: str) -> None:
        """Change a password; tokens stay valid."""
        self.users[username] = replace(self.users[username], password=new)

    def silence(self, uuid: str, since: datetime | None = None) -> None:
        """Let a sensor transmit no more: its last measurement is of `since`, or the one it has now.

        Combined sensors fall silent with their contributors.
        """
        self.telemetry.silences[uuid] = since or self.measured_at(uuid, self.clock())

    def wake(self, uuid: str) -> None:
        """Let a silenced sensor transmit again."""
        self.telemetry.silences.pop(uuid, None)

    def add_sensor(self, sensor: Sensor) -> None:
        """Install a sensor in its building."""
        self.buildings[sensor.building].add(sensor)

    def remove_sensor(self, uuid: str) -> None:
        """Take a sensor away."""
        del self.buildings[self.sensors[uuid].building].sensors[uuid]

    def remove_building(self, uuid: str) -> None:
        """Take a building away, from the service and from its users."""
        del self.buildings[uuid]
        for name, user in self.users.items():
            self.users[name] = replace(user, buildings=tuple(one for one in user.buildings if one != uuid))

    def measured_at(self, uuid: str, now: datetime) -> datetime:
        """Return the time of the newest measurement of a sensor that the service has at `now`."""
        sensor = self.sensors[uuid]
        return self.telemetry.measured_at(self.buildings[sensor.building], sensor, now)

    def actual(self, uuid: str, now: datetime) -> dict[str, Any] | None:
        """Return a building's actual electricity, in the default shape whatever is switched; None without data."""
        electricity = self.telemetry.electricity(self.buildings[uuid], now, fresh=True)
        return None if electricity is None else Shapes(EnvitronSwitches()).electricity(electricity)
