"""What history makes of failing devices, wrong clocks, changed units, slow databases and impatient people."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import time
from types import MappingProxyType
from typing import Any, ClassVar, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import statistics
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

import custom_components.energy_clouds as package
from custom_components.energy_clouds import connection, diagnostics
from custom_components.energy_clouds.const import (
    CONF_ACCOUNT_ID,
    CONF_CREDENTIALS,
    CONF_VENDOR,
    DOMAIN,
    OPTION_HISTORY_DAYS,
)
from custom_components.energy_clouds.history import KEEPERS, HistoryError, HistoryKeeper
from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.storage import AccountStore
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.errors import CannotConnect, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.model import (
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
)

from .conftest import START
from .hostile_vendor import Hostile, point
from .test_history import rows_of

ONE = point("one", "register", Quantity.ENERGY, Nature.REGISTER, "kWh")
OTHER = point("other", "register", Quantity.ENERGY, Nature.REGISTER, "kWh")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 2


def a_kilowatt_hour_an_hour(_point: PointId, at: datetime) -> float:
    return 1000 + (at - EPOCH) / HOUR


@dataclass(slots=True)
class Past:
    """What the service has."""

    points: tuple[Point, ...] = (ONE, OTHER)
    value: Callable[[PointId, datetime], float] = a_kilowatt_hour_an_hour
    present: Callable[[], datetime] = lambda: datetime.now(UTC)
    failing: Mapping[str, VendorError] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    """What the next answer waits for."""
    asked: int = 0


class Remembering(Hostile):
    """A vendor with a past of quarters of an hour."""

    key: ClassVar[str] = "remembering"
    history_reach: ClassVar[timedelta | None] = None
    calculates_energy: ClassVar[bool] = False
    past: ClassVar[Past] = Past()

    @override
    async def discover(self) -> Inventory:
        ids = dict.fromkeys(one.id.device_id for one in self.past.points)
        devices = tuple(Device(id=one, kind=DeviceKind.METER, name=one) for one in ids)
        return Inventory(devices=devices, points=self.past.points)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        return Readings(samples={}, broken=frozenset(), problems={}, inventory=None, requests=1)

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        self.past.asked += 1
        gate, self.past.gate = self.past.gate, None
        if gate is not None:
            await gate.wait()
        for one in points:
            if (failure := self.past.failing.get(one.id.device_id)) is not None:
                raise failure
        quarter = timedelta(minutes=15)
        until = min(end, self.past.present() + timedelta(seconds=1))
        times = [start + number * quarter for number in range(max(0, -((start - until) // quarter)))]
        yield tuple(
            Series(
                point_id=one.id,
                samples=tuple(Sample(time=at, value=self.past.value(one.id, at)) for at in times),
                interval=quarter,
            )
            for one in points
        )


@pytest.fixture(autouse=True)
def past(recorder_mock: Recorder, enable_custom_integrations: None, monkeypatch: pytest.MonkeyPatch) -> Past:
    """Let the vendor be known, with a past of its own in each test."""
    vendors = MappingProxyType({**VENDORS, Remembering.key: Remembering})
    for module in (package, connection, diagnostics):
        monkeypatch.setattr(module, "VENDORS", vendors)
    found = Past()
    monkeypatch.setattr(Remembering, "past", found)
    return found


class House:
    """An account in Home Assistant."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.freezer = freezer
        self.entry = MockConfigEntry()

    async def begin(self, days: int = DAYS) -> None:
        """Add it, and let it import so many days."""
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            unique_id="remembering_account",
            entry_id="01JCW000000000000REMEMBERING",
            data={CONF_VENDOR: Remembering.key, CONF_ACCOUNT_ID: "account", CONF_CREDENTIALS: {"token": "token"}},
            options={OPTION_HISTORY_DAYS: days},
        )
        self.entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hours(1)

    async def hours(self, number: int) -> None:
        """Let time pass."""
        for _ in range(4 * number):
            self.freezer.tick(timedelta(minutes=15))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    async def begin_anew(self) -> None:
        """Set it up with what the service has now, and nothing known of what it had."""
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        await AccountStore(self.hass, self.entry.entry_id).remove()
        await self.hass.config_entries.async_setup(self.entry.entry_id)

    @property
    def keeper(self) -> HistoryKeeper:
        """Who keeps its history now."""
        return self.hass.data[KEEPERS][self.entry.entry_id]

    async def amounts(self, of: Point = ONE) -> list[float]:
        """What each hour of a point's statistic has."""
        history = self.keeper.histories.known(of)
        assert history is not None
        sums = [row["sum"] for row in await rows_of(self.hass, history.statistic)]
        return [round(after - before, 6) for before, after in zip([0.0, *sums], sums, strict=False)]


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    freezer.move_to(START)
    one = House(hass, freezer)
    yield one
    await hass.config_entries.async_unload(one.entry.entry_id)
    await hass.async_block_till_done()


async def moments(number: int = 30) -> None:
    """Let everything happen that waits for no clock: the recorder is a thread of its own."""
    for _ in range(number):
        for _ in range(20):
            await asyncio.sleep(0)
        time.sleep(0.005)


async def test_device_that_always_fails_keeps_the_others_from_nothing(house: House, past: Past) -> None:
    await house.begin()
    before = len(await house.amounts(OTHER))
    past.failing = {"one": UnexpectedAnswer("broken for ever")}
    await house.hours(12)
    assert len(await house.amounts(OTHER)) == before + 12
    assert await house.amounts(OTHER) == [1.0] * (before + 12)
    past.failing = {}
    await house.hours(3)
    assert await house.amounts(ONE) == await house.amounts(OTHER)


async def test_service_in_trouble_is_not_asked_for_each_device(house: House, past: Past) -> None:
    past.points = tuple(point(f"meter {n}", "register", Quantity.ENERGY, Nature.REGISTER, "kWh") for n in range(40))
    past.failing = {one.id.device_id: CannotConnect("503", answered=True) for one in past.points}
    await house.begin()
    # Three attempts within the first hour: all together, then three alone.
    assert 4 <= past.asked <= 16
    past.failing = {}
    await house.hours(2)
    assert all([set(await house.amounts(one)) == {1.0} for one in past.points])


async def test_clock_that_was_ahead_for_a_while_costs_nothing(house: House, past: Past) -> None:
    await house.begin()
    ahead = timedelta(days=10)
    past.present = lambda: datetime.now(UTC) - ahead
    house.freezer.tick(ahead)
    await house.hours(2)
    house.freezer.tick(-ahead)
    past.present = lambda: datetime.now(UTC)
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    before = len(await house.amounts())
    await house.hours(30)
    assert len(await house.amounts()) >= before + 30
    assert set(await house.amounts()) == {1.0}
    until = house.keeper.complete_until()
    assert until is not None
    assert until <= datetime.now(UTC)


@pytest.mark.parametrize("change", [{"unit": "MWh"}, {"nature": Nature.INTERVAL}])
async def test_point_that_begins_to_count_in_another_way_begins_anew(
    house: House, past: Past, change: dict[str, Any]
) -> None:
    await house.begin()
    past.points = (msgspec.structs.replace(ONE, **change), OTHER)
    if "nature" in change:
        past.value = lambda point, at: 0.25 if point.device_id == "one" else a_kilowatt_hour_an_hour(point, at)
    await house.begin_anew()
    await house.hours(40)
    # The same numbers mean another energy from then on, but none in between.
    expected = {"unit": {1.0, 1000.0}, "nature": {1.0}}[next(iter(change))]
    assert set(await house.amounts()) == expected
    past.points, past.value = (ONE, OTHER), a_kilowatt_hour_an_hour
    await house.begin_anew()
    await house.hours(40)
    assert set(await house.amounts()) == expected
    assert set(await house.amounts(OTHER)) == {1.0}


@pytest.fixture
def slow_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorder take its time for every import."""
    original = statistics.import_statistics

    def slowly(*arguments: Any) -> bool:
        time.sleep(0.1)
        done: bool = original(*arguments)
        return done

    monkeypatch.setattr(statistics, "import_statistics", slowly)


@pytest.mark.usefixtures("slow_database")
async def test_slow_database_confuses_no_sums(house: House, past: Past) -> None:
    # The recorder's queue is empty while it does the only thing that there is to do.
    past.points = (ONE,)
    await house.begin(days=0)
    end = house.keeper.horizon.last_complete
    await house.keeper.async_import([ONE], end - timedelta(days=4), end)
    assert await house.amounts() == [1.0] * 96


async def test_older_hours_move_the_later_ones_and_do_not_write_them(house: House) -> None:
    await house.begin(days=20)
    keeper = house.keeper
    first, end = keeper.importer.rows, keeper.horizon.last_complete - timedelta(days=19)
    hours = await keeper.async_import(keeper.counted(), end - timedelta(days=20), end)
    assert keeper.importer.rows - first == hours
    assert set(await house.amounts()) == {1.0}
    assert len(await house.amounts()) >= 39 * 24


async def test_hours_that_nobody_asked_for_are_not_invented(house: House) -> None:
    await house.begin(days=0)
    keeper, day = house.keeper, timedelta(days=1)
    end = keeper.horizon.last_complete
    for start in (end - 100 * day, end - 2 * day):
        assert await keeper.async_import([ONE], start, start + day) == 24
    assert len(await house.amounts()) == 48
    assert set(await house.amounts()) == {1.0}


async def test_history_that_is_cleared_does_not_come_back_with_what_was_on_its_way(house: House, past: Past) -> None:
    await house.begin()
    keeper = house.keeper
    gate = past.gate = asyncio.Event()
    start = keeper.horizon.last_complete - timedelta(days=4)
    importing = asyncio.ensure_future(keeper.async_import(keeper.counted(), start, keeper.horizon.last_complete))
    await moments()
    clearing = asyncio.ensure_future(keeper.async_forget(keeper.counted()))
    await moments()
    assert not clearing.done()
    gate.set()
    await moments(100)
    assert clearing.result() == 2
    assert importing.done()
    assert await house.amounts() == []
    await house.hours(3)
    assert await house.amounts() == [1.0] * 3


async def test_keeper_of_before_a_reload_writes_nothing_any_more(house: House, past: Past) -> None:
    await house.begin()
    keeper = house.keeper
    before = await house.amounts()
    gate = past.gate = asyncio.Event()
    start = keeper.horizon.last_complete - timedelta(days=10)
    importing = asyncio.ensure_future(keeper.async_import(keeper.counted(), start, start + timedelta(days=1)))
    await moments()
    clearing = asyncio.ensure_future(keeper.async_forget(keeper.counted()))
    await moments()
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    gate.set()
    await moments(100)
    for one in (importing, clearing):
        with pytest.raises(HistoryError):
            await one
    assert await house.amounts() == before
