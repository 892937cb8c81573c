"""An account's long-term statistics in Home Assistant's recorder: how they are called, read and written.

A statistic keeps the unit that it has. Rows are read and written here in the unit of the point that it is of.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import hashlib
import re
from types import MappingProxyType
from typing import Final

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    async_add_external_statistics,
    get_last_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance
from homeassistant.util.dt import utc_from_timestamp
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    EnergyConverter,
    ReactiveEnergyConverter,
    VolumeConverter,
)

from .calculated import CalculatedPoint
from .const import DOMAIN
from .hours import HOUR, Rewriting, StatisticRow
from .vendors.model import Nature, Point, Quantity

_CONVERTERS: Final[Mapping[Quantity, type[BaseUnitConverter]]] = MappingProxyType(
    {
        Quantity.ENERGY: EnergyConverter,
        Quantity.REACTIVE_ENERGY: ReactiveEnergyConverter,
        Quantity.GAS: VolumeConverter,
        Quantity.WATER: VolumeConverter,
        Quantity.VOLUME: VolumeConverter,
    }
)
_LONGEST_ID: Final = 255
"""The recorder's column has no room for more characters."""
_LONGEST_SLUG: Final = _LONGEST_ID - len(f"{DOMAIN}:") - max(len(f"_{one.UNIT_CLASS}") for one in _CONVERTERS.values())
"""What is behind the domain. The kind of what is counted may have to follow it."""
_HASH_DIGITS: Final = 12
_SLUG: Final = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_HASHED: Final = re.compile(rf"(^|_)[0-9a-f]{{{_HASH_DIGITS}}}$")
"""What looks like an id with a hash gets one of its own: else it could be that of another."""
_MONTH: Final = timedelta(days=31)
_AT_ONCE: Final = 100
"""So many statistics are read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A point's statistic, and the hours, up to an `end`, whose rows are wanted."""

    statistic: str
    point: Point
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What there is of a statistic: its own unit, rows of it in the unit of its point, and when the newest starts."""

    unit: str | None = None
    rows: tuple[StatisticRow, ...] = ()
    newest: datetime | None = None


def has_statistic(point: Point) -> bool:
    """Whether a point counts something that statistics can be made of, from what the vendor has."""
    if isinstance(point, CalculatedPoint):
        return False
    counts = point.nature is Nature.REGISTER or (point.nature is Nature.INTERVAL and not point.running)
    converter = _CONVERTERS.get(point.quantity)
    return counts and converter is not None and point.unit in converter.VALID_UNITS


def statistic_id(unique_id: str) -> str:
    """The id of the statistic of what has a unique id: always the same, whatever other statistics there are.

    A unique id that is no slug, or is too long, is told from all others by its hash. What has the same unique id has
    the same statistic: two accounts of two vendors that have one account id, one device id and one key. Their entities
    have the same unique id then, too.
    """
    if _SLUG.fullmatch(unique_id) and len(unique_id) <= _LONGEST_SLUG and not _HASHED.search(unique_id):
        return f"{DOMAIN}:{unique_id}"
    digest = hashlib.sha256(unique_id.encode(errors="surrogatepass")).hexdigest()[:_HASH_DIGITS]
    words = re.sub(r"[^a-z0-9]+", "_", unique_id.lower())[: _LONGEST_SLUG - _HASH_DIGITS - 1].strip("_")
    return f"{DOMAIN}:{words}_{digest}" if words else f"{DOMAIN}:{digest}"


def kind_of(point: Point) -> str:
    """The kind of what a point counts: the units of one kind can be converted into each other."""
    return str(_CONVERTERS[point.quantity].UNIT_CLASS)


def has_recorder(hass: HomeAssistant) -> bool:
    """Whether there is a recorder to keep statistics."""
    return DATA_INSTANCE in hass.data


async def written(hass: HomeAssistant) -> None:
    """Wait until everything that was written is in the database. Raises `HomeAssistantError` if nobody writes."""
    instance = get_instance(hass)
    if not instance.is_running:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_recorder")
    done: asyncio.Future[None] = hass.loop.create_future()
    # `async_block_till_done` does not wait for a task that is being done: the queue is empty then.
    instance.queue_task(SynchronizeTask(done))
    await done


async def last_rows(hass: HomeAssistant, points: Mapping[str, Point]) -> dict[str, Stored]:
    """Each statistic that there is, with its newest row; without a unit if what it counts is of another kind."""

    def read() -> dict[str, Stored]:
        found = {}
        for statistic, unit in _units(hass, points).items():
            found[statistic] = Stored()
            if unit is not None:
                rows = _newest(hass, statistic, points[statistic], unit)
                found[statistic] = Stored(unit=unit, rows=tuple(rows))
        return found

    await written(hass)
    return await get_instance(hass).async_add_executor_job(read)


async def stored_rows(hass: HomeAssistant, wanted: Collection[Wanted]) -> dict[str, Stored]:
    """The rows of each statistic within some hours, and the last one before them, however old that is."""
    found: dict[str, Stored] = {}
    if not wanted:
        return found
    ordered = sorted(wanted, key=lambda one: one.start)
    await written(hass)
    for place in range(0, len(ordered), _AT_ONCE):
        some = ordered[place : place + _AT_ONCE]
        found |= await get_instance(hass).async_add_executor_job(_stored, hass, some)
    return found


@callback
def write_rows(hass: HomeAssistant, wanted: Wanted, stored: Stored, name: str, rewriting: Rewriting) -> None:
    """Write rows, in the place of those that are there for the same hours, and move the sums of all later ones."""
    point, unit = wanted.point, stored.unit or wanted.point.unit
    converter = _CONVERTERS[point.quantity]
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=name,
        source=DOMAIN,
        statistic_id=wanted.statistic,
        unit_class=converter.UNIT_CLASS,
        unit_of_measurement=unit,
    )
    own = converter.converter_factory(point.unit, unit)
    async_add_external_statistics(hass, metadata, [_data(row, own) for row in rewriting.rows])
    if rewriting.shift and stored.newest is not None and stored.newest >= wanted.end and unit is not None:
        get_instance(hass).async_adjust_statistics(wanted.statistic, wanted.end, own(rewriting.shift), unit)


async def clear(hass: HomeAssistant, statistics: Collection[str]) -> None:
    """Delete statistics."""
    get_instance(hass).async_clear_statistics(list(statistics))
    await written(hass)


def _data(row: StatisticRow, own: Callable[[float], float]) -> StatisticData:
    data = StatisticData(start=row.start, sum=own(row.sum))
    if row.state is not None:
        data["state"] = own(row.state)
    return data


def _stored(hass: HomeAssistant, wanted: Collection[Wanted]) -> dict[str, Stored]:
    told = _units(hass, {one.statistic: one.point for one in wanted})
    found, left = dict[str, Stored](), list[tuple[Wanted, str, datetime]]()
    for one in wanted:
        if (unit := told.get(one.statistic)) is None:
            continue
        rows = _newest(hass, one.statistic, one.point, unit)
        if not rows or rows[0].start < one.start:
            # Nothing to look for: this is what usually is the case.
            found[one.statistic] = Stored(unit=unit, rows=tuple(rows), newest=rows[0].start if rows else None)
        else:
            left.append((one, unit, rows[0].start))
    for before in (HOUR, _MONTH, None):
        if not left:
            break
        since = utc_from_timestamp(0) if before is None else min(one.start for one, _, _ in left) - before
        until = max(one.end for one, _, _ in left)
        ids = {one.statistic for one, _, _ in left}
        read = statistics_during_period(hass, since, until, ids, "hour", None, {"state", "sum"})
        for one, unit, newest_start in left:
            rows = [row for row in _rows(read.get(one.statistic, ()), one.point, unit) if row.start < one.end]
            earlier = [place for place, row in enumerate(rows) if row.start < one.start]
            if earlier or before is None:
                kept = tuple(rows[max(earlier, default=0) :])
                found[one.statistic] = Stored(unit=unit, rows=kept, newest=newest_start)
        left = [one for one in left if one[0].statistic not in found]
    return found


def _newest(hass: HomeAssistant, statistic: str, point: Point, unit: str) -> list[StatisticRow]:
    found = get_last_statistics(hass, 1, statistic, False, {"state", "sum"})
    return _rows(found.get(statistic, ()), point, unit)


def _units(hass: HomeAssistant, points: Mapping[str, Point]) -> dict[str, str | None]:
    """The unit of each statistic that there is, if its point can be counted in it."""
    return {
        statistic: unit
        if (unit := metadata["unit_of_measurement"]) in _CONVERTERS[points[statistic].quantity].VALID_UNITS
        else None
        for statistic, (_, metadata) in get_metadata(hass, statistic_ids=set(points)).items()
    }


def _rows(found: Iterable[StatisticsRow], point: Point, unit: str) -> list[StatisticRow]:
    own = _CONVERTERS[point.quantity].converter_factory(unit, point.unit)
    return [
        StatisticRow(
            utc_from_timestamp(row["start"]), None if (state := row.get("state")) is None else own(state), own(total)
        )
        for row in found
        if (total := row.get("sum")) is not None
    ]
