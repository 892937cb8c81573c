"""The rows of statistics in the recorder's database: read, and set back as a power cut or a backup does."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.components.recorder.db_schema import Statistics, StatisticsMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util.dt import utc_from_timestamp
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import delete, insert, select

from custom_components.energy_clouds.hours import StatisticRow

type Rows = Mapping[str, Sequence[StatisticRow]]
type RawRows = Sequence[Mapping[str, Any]]


async def rows_of(hass: HomeAssistant) -> Rows:
    """All rows by statistic, in order."""

    def read() -> Rows:
        wanted = select(StatisticsMeta.statistic_id, Statistics.start_ts, Statistics.state, Statistics.sum)
        joined = wanted.join(StatisticsMeta, Statistics.metadata_id == StatisticsMeta.id)
        found: dict[str, list[StatisticRow]] = {}
        with session_scope(hass=hass, read_only=True) as session:
            for statistic, start, state, total in session.execute(joined.order_by(Statistics.start_ts)):
                found.setdefault(statistic, []).append(StatisticRow(utc_from_timestamp(start), state, total))
        return found

    await async_wait_recording_done(hass)
    return await get_instance(hass).async_add_executor_job(read)


async def copied(hass: HomeAssistant) -> RawRows:
    """A backup of the rows."""

    def read() -> RawRows:
        with session_scope(hass=hass, read_only=True) as session:
            return [dict(row) for row in session.execute(select(Statistics.__table__)).mappings()]

    await async_wait_recording_done(hass)
    return await get_instance(hass).async_add_executor_job(read)


async def put_back(hass: HomeAssistant, rows: RawRows) -> None:
    """Put a backup in the place of all rows."""

    def write() -> None:
        with session_scope(hass=hass) as session:
            session.execute(delete(Statistics))
            if rows:
                session.execute(insert(Statistics), list(rows))

    await async_wait_recording_done(hass)
    await get_instance(hass).async_add_executor_job(write)
