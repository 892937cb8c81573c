"""An account's long-term statistics in Home Assistant's recorder: how they are called, read and written."""

from collections.abc import Collection, Iterable, Mapping
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
    statistics_during_period,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance
from homeassistant.util.dt import utc_from_timestamp
from homeassistant.util.unit_conversion import EnergyConverter, ReactiveEnergyConverter, VolumeConverter

from .const import DOMAIN
from .hours import HOUR, StatisticRow
from .vendors.model import Nature, Point, Quantity

_UNIT_CLASSES: Final = MappingProxyType(
    {
        Quantity.ENERGY: EnergyConverter,
        Quantity.REACTIVE_ENERGY: ReactiveEnergyConverter,
        Quantity.GAS: VolumeConverter,
        Quantity.WATER: VolumeConverter,
        Quantity.VOLUME: VolumeConverter,
    }
)
_FAR: Final = timedelta(days=366 * 200)


def has_statistic(point: Point) -> bool:
    """Whether a point counts something that statistics can be made of."""
    counts = point.nature is Nature.REGISTER or (point.nature is Nature.INTERVAL and not point.running)
    converter = _UNIT_CLASSES.get(point.quantity)
    return counts and converter is not None and point.unit in converter.VALID_UNITS


def statistic_id(unique_id: str, others: Collection[str]) -> str:
    """The id of the statistic of a point. `others` are ids in use already, that must not be used twice."""
    name = re.sub(r"[^a-z0-9]+", "_", unique_id.lower()).strip("_")
    found = f"{DOMAIN}:{name}"
    if found in others:
        found = f"{found}_{hashlib.sha256(unique_id.encode(errors='surrogatepass')).hexdigest()[:8]}"
    return found


def has_recorder(hass: HomeAssistant) -> bool:
    """Whether there is a recorder to keep statistics."""
    return DATA_INSTANCE in hass.data


async def last_row(hass: HomeAssistant, statistic: str) -> StatisticRow | None:
    """The newest row of a statistic."""
    found = await get_instance(hass).async_add_executor_job(
        get_last_statistics, hass, 1, statistic, False, {"state", "sum"}
    )
    rows = _rows(found, statistic)
    return rows[-1] if rows else None


async def rows_from(hass: HomeAssistant, statistic: str, start: datetime) -> list[StatisticRow]:
    """The rows from an hour on, and the last one before it, however old that is."""
    instance = get_instance(hass)
    # What was written just now may still be in the queue.
    await instance.async_block_till_done()

    def read(since: datetime) -> Mapping[str, list[StatisticsRow]]:
        return statistics_during_period(hass, since, None, {statistic}, "hour", None, {"state", "sum"})

    for before in (HOUR, 31 * 24 * HOUR, _FAR):
        since = start - before if before is not _FAR else utc_from_timestamp(0)
        rows = _rows(await instance.async_add_executor_job(read, since), statistic)
        if any(row.start < start for row in rows) or before is _FAR:
            first = max((place for place, row in enumerate(rows) if row.start < start), default=0)
            return rows[first:]
    return []


@callback
def write_rows(hass: HomeAssistant, point: Point, statistic: str, name: str, rows: Iterable[StatisticRow]) -> None:
    """Write rows, in the place of those that are there for the same hours."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=name,
        source=DOMAIN,
        statistic_id=statistic,
        unit_class=_UNIT_CLASSES[point.quantity].UNIT_CLASS,
        unit_of_measurement=point.unit,
    )
    data = [StatisticData(start=row.start, state=row.state, sum=row.sum) for row in rows]
    async_add_external_statistics(hass, metadata, data)


def _rows(found: Mapping[str, list[StatisticsRow]], statistic: str) -> list[StatisticRow]:
    rows = []
    for row in found.get(statistic, ()):
        total = row.get("sum")
        if total is not None:
            rows.append(StatisticRow(utc_from_timestamp(row["start"]), row.get("state") or 0.0, total))
    return rows
