"""A vendor that answers whatever a test wants, in the process itself: for sequences that no simulator would send."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, override

from yarl import URL

from custom_components.energy_clouds.vendors.base import Connection, CredentialField, Credentials, FieldKind, Vendor
from custom_components.energy_clouds.vendors.budget import Limit
from custom_components.energy_clouds.vendors.errors import VendorError
from custom_components.energy_clouds.vendors.model import (
    Account,
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
    Readings,
    Sample,
    Series,
    Site,
)


def point(device: str, key: str, quantity: Quantity, nature: Nature, unit: str) -> Point:
    """A point that is called like its key."""
    return Point(
        id=PointId(device_id=device, key=key),
        quantity=quantity,
        nature=nature,
        unit=unit,
        name=key,
        cadence=timedelta(minutes=20),
    )


KILOWATT_HOURS = point("one", "kilowatt hours", Quantity.ENERGY, Nature.REGISTER, "kWh")
WATT_HOURS = point("other", "watt hours", Quantity.ENERGY, Nature.REGISTER, "Wh")
POWER = point("one", "watts", Quantity.POWER, Nature.GAUGE, "W")
POINTS = (KILOWATT_HOURS, WATT_HOURS, POWER)
DEVICES = tuple(Device(id=one, kind=DeviceKind.METER, name=one) for one in ("one", "other"))


@dataclass(slots=True)
class Cloud:
    """What the service has: it outlives whoever reads it."""

    listed: Collection[Point] = POINTS
    devices: Collection[Device] = DEVICES
    sites: Collection[Site] = ()
    samples: Mapping[PointId, Sample] = field(default_factory=dict)
    broken: frozenset[PointId] = frozenset()
    failure: VendorError | None = None


class Hostile(Vendor):
    """Reads the cloud that is in force."""

    key: ClassVar[str] = "hostile"
    title: ClassVar[str] = "Hostile"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (CredentialField(key="token", kind=FieldKind.SECRET),)
    identity: ClassVar[str] = "token"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = timedelta(0)
    calculates_energy: ClassVar[bool] = True
    cloud: ClassVar[Cloud] = Cloud()

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        """Need nothing."""

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        return Limit(requests=600, window=timedelta(hours=1))

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        return URL("https://hostile.example")

    @override
    async def login(self) -> Account:
        return Account(id="hostile", title=self.title, named=True)

    @override
    async def discover(self) -> Inventory:
        cloud = self.cloud
        return Inventory(sites=tuple(cloud.sites), devices=tuple(cloud.devices), points=tuple(cloud.listed))

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        if self.cloud.failure is not None:
            raise self.cloud.failure
        return Readings(
            samples=dict(self.cloud.samples),
            broken=self.cloud.broken,
            problems={},
            inventory=await self.discover(),
            requests=1,
        )

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        for _ in ():
            yield ()

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        return 1

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return {}
