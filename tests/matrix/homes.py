"""The small accounts that faults strike: one of each vendor, and what of its service a fault has to know."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
import re
from typing import Any, ClassVar, override

from custom_components.energy_clouds.vendors.model import Device, Point
from tests import eniris_home
from tests.simulators import enapter, eniris, faults
from tests.simulators.clock import Clock
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import LOGIN_TOKEN, EnectivaSimulator, errors as enectiva_errors
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.eniris.errors import error_body
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.envitron import PASSWORD, USERNAME, EnvitronSimulator
from tests.simulators.envitron.inventory import OFFICE, WAREHOUSE
from tests.simulators.simulator import Simulator

type Undo = Callable[[], None]
type Listed = list[Any]


class Home[S: Simulator](ABC):
    """An account at a vendor.

    `signing_in` are the paths at which tokens are had, `logging_in` those at which the credential itself is shown;
    `lists` are those that list devices. A list is the whole body, or under the key `listed`.
    """

    signing_in: ClassVar[re.Pattern[str] | None] = None
    logging_in: ClassVar[re.Pattern[str] | None] = None
    lists: ClassVar[re.Pattern[str]]
    round_minutes: ClassVar[int] = 1
    """How often its values are asked for."""
    settling_minutes: ClassVar[int] = 2
    """After how long all is as new as it can be, once something has come back."""
    first: ClassVar[str]
    """The device that is listed first."""
    listed: ClassVar[str | None] = None

    @abstractmethod
    def make(self, clock: Clock) -> S:
        """The service."""

    @abstractmethod
    def error(self, status: int) -> Any:
        """The documented body of a refusal."""

    @abstractmethod
    def refuse_credential(self, simulator: S) -> None:
        """Let the credential, and all that was got with it, be good no longer."""

    @abstractmethod
    def forbid(self, simulator: S, *, all_devices: bool) -> Undo:
        """Take the right to read the values of one device, or of each."""

    @abstractmethod
    def is_victim(self, device: Device) -> bool:
        """Whether it is the one device of which the right is taken."""

    def is_of_values(self, point: Point) -> bool:
        """Whether a point is asked for in each round, with a right of its own."""
        return True

    @property
    def data(self) -> re.Pattern[str] | None:
        """The paths of all requests but those for tokens; None where there are no others."""
        return None if self.signing_in is None else re.compile(f"^(?!.*(?:{self.signing_in.pattern}))")


class EnpactHome(Home[EnpactSimulator]):
    """A controller and two meters."""

    VICTIM: ClassVar = "meter-building-a-001"
    lists = re.compile(r"/(devices|meters)$")
    first = VICTIM

    @override
    def make(self, clock: Clock) -> EnpactSimulator:
        simulator = EnpactSimulator(clock=clock)
        simulator.devices = dict(list(simulator.devices.items())[:2])
        simulator.meters = dict(list(simulator.meters.items())[:2])
        return simulator

    @override
    def error(self, status: int) -> Any:
        return {"error": "Error", "message": "Invalid parameters." if status in (400, 422) else "It was refused."}

    @override
    def refuse_credential(self, simulator: EnpactSimulator) -> None:
        simulator.revoke(PRODUCTION_KEY)

    @override
    def forbid(self, simulator: EnpactSimulator, *, all_devices: bool) -> Undo:
        if all_devices:
            simulator.whitelist(PRODUCTION_KEY, devices=(), meters=())
        else:
            simulator.whitelist(PRODUCTION_KEY, meters=simulator.meters.keys() - {self.VICTIM})
        return lambda: simulator.whitelist(PRODUCTION_KEY)

    @override
    def is_victim(self, device: Device) -> bool:
        return device.id == self.VICTIM


class EnvitronHome(Home[EnvitronSimulator]):
    """The two buildings, with the sensors that give watts."""

    signing_in = re.compile("/token/")
    logging_in = re.compile("/token/$")
    lists = re.compile("/(buildings|sensors)/$")
    first = OFFICE

    @override
    def make(self, clock: Clock) -> EnvitronSimulator:
        simulator = EnvitronSimulator(clock=clock)
        for building in simulator.buildings.values():
            building.sensors = {uuid: sensor for uuid, sensor in building.sensors.items() if sensor.unit == "W"}
        return simulator

    @override
    def error(self, status: int) -> Any:
        return {"detail": "It was refused."}

    @override
    def refuse_credential(self, simulator: EnvitronSimulator) -> None:
        simulator.change_password(USERNAME, f"not {PASSWORD}")
        simulator.revoke(USERNAME)

    @override
    def forbid(self, simulator: EnvitronSimulator, *, all_devices: bool) -> Undo:
        path = "electricity" if all_devices else f"{WAREHOUSE}/electricity"
        fault = simulator.faults.add(faults.Status(403, self.error(403)), re.compile(path))
        return lambda: simulator.faults.remove(fault)

    @override
    def is_victim(self, device: Device) -> bool:
        return device.site_id == WAREHOUSE


class EnectivaHome(Home[EnectivaSimulator]):
    """Two meters."""

    VICTIM: ClassVar = "42"
    signing_in = re.compile("/access_tokens$")
    logging_in = signing_in
    lists = re.compile("/meters$")
    listed = "data"
    round_minutes = 15
    settling_minutes = 6
    first = VICTIM

    @override
    def make(self, clock: Clock) -> EnectivaSimulator:
        simulator = EnectivaSimulator(clock=clock)
        simulator.meters = dict(list(simulator.meters.items())[:2])
        simulator.virtual_meters, simulator.data_series = {}, {}
        return simulator

    @override
    def error(self, status: int) -> Any:
        return enectiva_errors.document(status, "It was refused.")

    @override
    def refuse_credential(self, simulator: EnectivaSimulator) -> None:
        simulator.revoke(LOGIN_TOKEN)

    @override
    def forbid(self, simulator: EnectivaSimulator, *, all_devices: bool) -> Undo:
        path = r"/meters/\d+/" if all_devices else f"/meters/{self.VICTIM}/"
        fault = simulator.faults.add(faults.Status(403, self.error(403)), re.compile(path))
        return lambda: simulator.faults.remove(fault)

    @override
    def is_victim(self, device: Device) -> bool:
        return device.id == self.VICTIM

    @override
    def is_of_values(self, point: Point) -> bool:
        # Months are asked for every three hours.
        return point.id.key == "reading"


class EnirisHome(Home[EnirisSimulator]):
    """A controller with its site, a meter and a heat pump."""

    signing_in = re.compile("/auth/")
    logging_in = re.compile("/auth/login$")
    lists = re.compile("/device/query$")
    first = eniris.CONTROLLER
    listed = "device"

    @override
    def make(self, clock: Clock) -> EnirisSimulator:
        kept = (eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER, eniris.HEAT_PUMP)
        return eniris_home.small(kept, clock=clock)

    @override
    def error(self, status: int) -> Any:
        return error_body(status, "It was refused.")

    @override
    def refuse_credential(self, simulator: EnirisSimulator) -> None:
        simulator.revoke_refresh_tokens()
        simulator.revoke_access_tokens()

    @override
    def forbid(self, simulator: EnirisSimulator, *, all_devices: bool) -> Undo:
        taken = [node for node in simulator.nodes if all_devices or node.node_id == eniris.HEAT_PUMP]
        for node in taken:
            simulator.take_rights(node.node_id)

        def undo() -> None:
            for node in taken:
                simulator.give_rights(node.node_id)

        return undo

    @override
    def is_victim(self, device: Device) -> bool:
        return device.id == eniris.HEAT_PUMP


class EnapterHome(Home[EnapterSimulator]):
    """A meter and a battery in the cloud."""

    lists = re.compile("/v3/devices$")
    first = min(enapter.POWER_METER, enapter.BATTERY)
    listed = "devices"

    @override
    def make(self, clock: Clock) -> EnapterSimulator:
        simulator = EnapterSimulator(clock=clock)
        kept = (enapter.POWER_METER, enapter.BATTERY)
        simulator.devices = {device: simulator.devices[device] for device in kept}
        return simulator

    @override
    def error(self, status: int) -> Any:
        return {"errors": [{"code": "refused", "message": "It was refused."}]}

    @override
    def refuse_credential(self, simulator: EnapterSimulator) -> None:
        simulator.revoke(enapter.TOKEN)

    @override
    def forbid(self, simulator: EnapterSimulator, *, all_devices: bool) -> Undo:
        taken = tuple(simulator.devices) if all_devices else (enapter.BATTERY,)
        simulator.forbid(*taken)
        return lambda: simulator.allow(*taken)

    @override
    def is_victim(self, device: Device) -> bool:
        return device.id == enapter.BATTERY

    @override
    def is_of_values(self, point: Point) -> bool:
        # The list of the devices tells these.
        return not point.id.key.startswith("own,")


HOMES: Mapping[str, Home[Any]] = {
    "enapter": EnapterHome(),
    "enectiva": EnectivaHome(),
    "eniris": EnirisHome(),
    "enpact": EnpactHome(),
    "envitron": EnvitronHome(),
}
"""By the vendor's key."""
