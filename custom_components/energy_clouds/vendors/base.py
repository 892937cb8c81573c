"""The interface that a vendor implements, and what it is given to do so."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum, auto
import hashlib
from types import MappingProxyType
from typing import ClassVar

import aiohttp
from yarl import URL

from .budget import Budget, Limit
from .errors import InvalidAddress
from .model import Account, Inventory, Notice, Point, Quantity, Readings, Series
from .tokens import Vault


class FieldKind(StrEnum):
    """How a credential's field is typed in and kept."""

    SECRET = auto()
    """Never shown again, never logged, redacted in diagnostics."""
    CODE = auto()
    """A secret that is good once, for a few minutes: it may be seen while it is typed."""
    USERNAME = auto()
    ADDRESS = auto()
    CHOICE = auto()
    SWITCH = auto()


type Credentials = Mapping[str, str | bool]
type Options = Mapping[str, object]
"""The vendor's own options by key; one that is not set is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialField:
    """One field of the form in which a person enters an account; `advanced` ones are folded away.

    What is not `kept` is there for `login` only, and never stored. A field `on_demand` is not kept either; it is asked
    for in a step of its own once `login` has raised `InvalidCredentials` about it, with the reason `<key>_needed` where
    there was nothing wrong yet. It is then in the credentials, and empty if nothing was entered.
    """

    key: str
    kind: FieldKind
    required: bool = True
    default: str | bool | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    kept: bool = True
    on_demand: bool = False


class OptionKind(StrEnum):
    """How a vendor's own option is chosen."""

    SWITCH = auto()
    UNIT = auto()
    """One of some units."""
    IDS = auto()
    """Any number of ids, typed in."""
    DEVICES = auto()
    """Any number of the account's devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionField:
    """An option that only this vendor has; it may be left empty. `choices` are the units to choose from.

    The devices to choose from are those that have a point of the quantity `of`.
    """

    key: str
    kind: OptionKind
    choices: tuple[str, ...] = ()
    of: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What a vendor needs to talk to its service.

    `budget` is for everything but signing in, which has `login_budget`: a user who is locked out there may still read.
    `vault` holds the credential's tokens. `now` is this machine's clock, in UTC. `timezone` is that of the account's
    sites, where the vendor does not tell it.
    """

    credentials: Credentials
    session: aiohttp.ClientSession
    budget: Budget
    login_budget: Budget
    vault: Vault
    user_agent: str
    options: Options = MappingProxyType({})
    timezone: tzinfo = UTC
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Vendor(ABC):
    """One account at one energy cloud.

    It is made from a connection and the inventory as it was known before (empty at first); making it sends nothing and
    raises nothing but `InvalidAddress`. `login`, `logout`, `discover`, `read` and `history` raise the five errors
    of `errors.py` and no others, whatever the service answers.
    """

    key: ClassVar[str]
    """Names the vendor in the registry, the config flow's steps and the config entries."""
    title: ClassVar[str]
    credential_fields: ClassVar[tuple[CredentialField, ...]]
    identity: ClassVar[str]
    """The key of the credential field that tells two credentials of one service apart: the secret, or the user name."""
    cadence: ClassVar[timedelta]
    """How often a poll can bring something new: no account is polled faster."""
    history_reach: ClassVar[timedelta | None]
    """How far back `history` goes, zero where it has nothing; None where there is no known end."""
    history_part: ClassVar[timedelta] = timedelta(days=1)
    """How much of the past is read at a time."""
    history_interval: ClassVar[timedelta] = timedelta(hours=1)
    """How often the hours that are over are read."""
    look_back: ClassVar[timedelta] = timedelta(days=2)
    """How long after their time rows may still come, or be corrected."""
    discovery_interval: ClassVar[timedelta] = timedelta(hours=1)
    """How often the account's devices are listed."""
    login_limit: ClassVar[Limit] = Limit(requests=60, window=timedelta(hours=1))
    """How often an account signs in at most; no more than a guard where no document has a limit."""
    option_fields: ClassVar[tuple[OptionField, ...]] = ()
    calculates_energy: ClassVar[bool] = False
    """Whether it gives power and no energy: then that is calculated from all powers in watts."""
    empty: ClassVar[str] = "no_devices"
    """The config flow's error key for an account that shows no devices."""

    @abstractmethod
    def __init__(self, connection: Connection, inventory: Inventory) -> None: ...

    @classmethod
    @abstractmethod
    def limit(cls, credentials: Credentials) -> Limit:
        """The documented request limit for that credential."""

    @classmethod
    @abstractmethod
    def service(cls, credentials: Credentials) -> URL:
        """The address that the credential is for. Raises `InvalidAddress`."""

    @classmethod
    def addresses(cls, credentials: Credentials) -> tuple[URL, ...]:
        """Where the service is looked for, the likeliest first. Raises `InvalidAddress`."""
        return (cls.service(credentials),)

    @classmethod
    def verifies_certificate(cls, credentials: Credentials) -> bool:  # noqa: ARG003  for vendors with a switch
        """Whether the service's certificate has to be one that can be trusted. Raises nothing."""
        return True

    @classmethod
    def credential_id(cls, credentials: Credentials) -> str:
        """A secret-free name of the credential, the same however it was typed. Raises nothing.

        Its budgets and tokens are kept under that name.
        """
        try:
            service = str(cls.service(credentials))
        except InvalidAddress:
            service = str(credentials.get("url"))
        text = f"{service}\n{str(credentials.get(cls.identity)).strip()}"
        return f"{cls.key}_{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"

    @abstractmethod
    async def login(self) -> Account:
        """Prove the credential with the fewest requests and name the account."""

    async def logout(self) -> None:  # noqa: B027  most services know no sessions that could be ended
        """End the session that the credential's tokens are of, where the service has such a thing.

        Called for an account that is removed, and for tokens in whose place there are others. Raises what `login` does.
        """

    @abstractmethod
    async def discover(self) -> Inventory:
        """List everything the account has now, with the points that are known so far."""

    @abstractmethod
    async def read(self, points: Collection[Point]) -> Readings:
        """Read the newest samples of those points, with the fewest requests that can carry them.

        Devices of which no point is known yet are read too, so that their points can be learnt.
        """

    @abstractmethod
    def history(self, points: Collection[Point], start: datetime, end: datetime) -> AsyncIterator[tuple[Series, ...]]:
        """Samples of registers and intervals in [start, end), hourly or finer, batch by batch, oldest batch first."""

    @abstractmethod
    def requests_per_poll(self, points: Collection[Point]) -> int:
        """How many requests one `read` of those points takes."""

    def polls_per_round(self, points: Collection[Point]) -> int:
        """How many polls it takes to read all of those points once."""
        return 1

    def wants_discovery(self) -> bool:
        """Whether something came in that only a new list of the devices explains."""
        return False

    def notices(self) -> Collection[Notice]:
        """What a person should know of now, and can mend; empty while all is well."""
        return ()

    @abstractmethod
    def now(self) -> datetime:
        """The service's time, as far as known; UTC."""

    @abstractmethod
    def last_answers(self) -> Mapping[str, bytes]:
        """The newest body of each endpoint, for its shape; of one that carries a credential nothing else is left."""
