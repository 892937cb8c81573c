"""How faults are put in force, and how they end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
import re
import socket
from typing import TYPE_CHECKING, Any, override

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from tests.simulators.enapter import TlsServer
from tests.simulators.enapter.tls import trusting
from tests.simulators.faults import Fault as Kind
from tests.simulators.server import HOST

from .homes import Home, Undo
from .kinds import Changed, Never, Replayed

if TYPE_CHECKING:
    from .cell import Cell


NOTHING = re.compile("(?!)")


class Struck(Enum):
    """Which requests are answered otherwise."""

    ALL = auto()
    DATA = auto()
    TOKENS = auto()


class Strike:
    """What happens to an account's service, to the way there, or to a clock."""

    async def prepare(self, cell: Cell) -> None:
        """Do what must be done before the account is set up."""

    async def remember(self, cell: Cell) -> None:
        """Do what must be done while all is well."""

    async def begin(self, cell: Cell) -> None:
        """Be in force from now on."""

    async def end(self, cell: Cell) -> None:
        """Let all be well again."""

    def holds(self) -> int | None:
        """How many requests have been held that get no answer; None where all get one."""
        return None


@dataclass(slots=True)
class Answers(Strike):
    """The service answers something else; `times` is how often."""

    kind: Callable[[Home[Any]], Kind]
    struck: Struck
    times: int | None = None

    @override
    async def begin(self, cell: Cell) -> None:
        match self.struck:
            case Struck.ALL:
                path = None
            case Struck.DATA:
                path = cell.home.data
            case Struck.TOKENS:
                path = cell.home.signing_in or NOTHING
        cell.account.simulator.faults.add(self.kind(cell.home), path, self.times)

    @override
    async def end(self, cell: Cell) -> None:
        cell.account.simulator.faults.clear()


@dataclass(slots=True)
class Holds(Strike):
    """The service takes requests, and gives no answer, or one that never ends."""

    drips: bool = False
    never: Never = field(default_factory=Never)

    @override
    async def begin(self, cell: Cell) -> None:
        self.never = Never(drips=self.drips)
        cell.account.simulator.faults.add(self.never)

    @override
    async def end(self, cell: Cell) -> None:
        cell.account.simulator.faults.clear()
        self.never.over.set()

    @override
    def holds(self) -> int | None:
        return self.never.held


class Unplugged(Strike):
    """Nobody listens at the service's port."""

    @override
    async def begin(self, cell: Cell) -> None:
        await cell.account.server.stop()

    @override
    async def end(self, cell: Cell) -> None:
        await cell.account.server.start()


@dataclass(slots=True)
class Unresolved(Strike):
    """The service's name is not to be had of any name server; connections that there were are gone."""

    resolver: Resolver = field(init=False)

    @override
    async def prepare(self, cell: Cell) -> None:
        connector = connector_of(cell)
        await connector._resolver.close()
        self.resolver = connector._resolver = Resolver()
        cell.host = "localhost"

    @override
    async def begin(self, cell: Cell) -> None:
        self.resolver.fails = True
        connector_of(cell).clear_dns_cache()
        await cell.account.server.stop()
        await cell.account.server.start()

    @override
    async def end(self, cell: Cell) -> None:
        self.resolver.fails = False


@dataclass(slots=True)
class Resolver(AbstractResolver):
    """Knows one name."""

    fails: bool = False
    asked: int = 0

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        if self.fails:
            raise OSError(None, "Name or service not known")
        return [
            ResolveResult(hostname=host, host=HOST, port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    @override
    async def close(self) -> None:
        """Nothing is open."""


class Untrusted(Strike):
    """The service shows another certificate than the one that can be trusted."""

    @override
    async def prepare(self, cell: Cell) -> None:
        connector_of(cell)._ssl = trusting()
        cell.account.server = TlsServer(cell.account.simulator)

    @override
    async def begin(self, cell: Cell) -> None:
        await self._serve(cell, certificate=1)

    @override
    async def end(self, cell: Cell) -> None:
        await self._serve(cell, certificate=0)

    async def _serve(self, cell: Cell, *, certificate: int) -> None:
        account = cell.account
        await account.server.stop()
        account.server = TlsServer(account.simulator, account.server.port, certificate)
        await account.server.start()


class Refused(Strike):
    """The credential is good no longer: a real reason to ask a person for another one."""

    @override
    async def begin(self, cell: Cell) -> None:
        cell.home.refuse_credential(cell.account.simulator)


@dataclass(slots=True)
class Forbidden(Strike):
    """The right to read one device is gone, or to read any."""

    all_devices: bool
    undo: Undo | None = None

    @override
    async def begin(self, cell: Cell) -> None:
        self.undo = cell.home.forbid(cell.account.simulator, all_devices=self.all_devices)

    @override
    async def end(self, cell: Cell) -> None:
        assert self.undo is not None
        self.undo()


@dataclass(slots=True)
class Lists(Strike):
    """The lists of devices are not what they should be."""

    change: Callable[[list[Any]], list[Any]]

    @override
    async def begin(self, cell: Cell) -> None:
        def changed(body: Any) -> Any:
            key = cell.home.listed
            if isinstance(body, list):
                return self.change(body)
            keys = (key,) if key is not None else ("devices", "meters")
            lists = {one: self.change(body[one]) for one in keys if one in body}
            told = {"total_count": sum(map(len, lists.values()))} if "total_count" in body else {}
            return body | lists | told

        cell.account.simulator.faults.add(Changed(changed), cell.home.lists)

    @override
    async def end(self, cell: Cell) -> None:
        cell.account.simulator.faults.clear()


@dataclass(slots=True)
class ServiceClock(Strike):
    """The service's clock is wrong."""

    error: timedelta

    @override
    async def begin(self, cell: Cell) -> None:
        cell.service_clock.error = self.error

    @override
    async def end(self, cell: Cell) -> None:
        cell.service_clock.error = timedelta(0)


@dataclass(slots=True)
class MachineClock(Strike):
    """The clock of Home Assistant's machine is wrong."""

    error: timedelta

    @override
    async def begin(self, cell: Cell) -> None:
        cell.machine_clock.error = self.error

    @override
    async def end(self, cell: Cell) -> None:
        cell.machine_clock.error = timedelta(0)


@dataclass(slots=True)
class Replays(Strike):
    """Answers that were given before come once more."""

    kind: Replayed = field(default_factory=Replayed)

    @override
    async def remember(self, cell: Cell) -> None:
        cell.account.simulator.faults.add(self.kind, cell.home.data)

    @override
    async def begin(self, cell: Cell) -> None:
        self.kind.replays = True

    @override
    async def end(self, cell: Cell) -> None:
        cell.account.simulator.faults.clear()


def connector_of(cell: Cell) -> TCPConnector:
    """What makes the connections of Home Assistant's session."""
    connector = async_get_clientsession(cell.account.hass).connector
    assert isinstance(connector, TCPConnector)
    return connector
