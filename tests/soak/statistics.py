"""The statistics against what the services have in the end."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant

from custom_components.energy_clouds.history import KEEPERS
from custom_components.energy_clouds.hours import StatisticRow
from custom_components.energy_clouds.statistics import statistic_id
from tests.conservation.disk import rows_of
from tests.conservation.truth import assert_conserved, whole_hour

from .house import House, Tenant
from .report import Report
from .service import HOUR

_BEFORE, _AFTER = timedelta(hours=2), timedelta(hours=4)
"""How far from the edges of what was forgotten nobody can say what was read."""


async def compare(hass: HomeAssistant, house: House, since: datetime, report: Report) -> int:
    """Compare all statistics; how many hours there are."""
    rows, hours = await rows_of(hass), 0
    for tenant in house.tenants:
        keeper = hass.data[KEEPERS].get(tenant.entry.entry_id)
        coordinator = tenant.coordinator
        if (
            coordinator is not None
            and not coordinator.vendor.history_reach
            and coordinator.vendor.history_reach is not None
        ):
            continue
        if keeper is None or coordinator is None:
            report.complain(f"{tenant.name} keeps no history")
            continue
        until = whole_hour(tenant.service.clock.true() - tenant.service.settled)
        for point in keeper.counted():
            statistic = statistic_id(f"{coordinator.unique_device_id(point.id.device_id)}_{point.id.key}")
            counter = tenant.service.counter(point, since, until)
            found = [row for row in rows.get(statistic, ()) if row.end <= until]
            hours += len(found)
            for start, end in spans(tenant, since, until):
                part = _part(found, start, end)
                try:
                    assert_conserved(part, counter.truth, start, end, watt_hours=counter.watt_hours)
                except AssertionError as err:
                    report.complain(f"{statistic} from {start} to {end}: {str(err)[:400]}")
    return hours


def spans(tenant: Tenant, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans of which everything can be known: what a service forgot before it could be asked is in none."""
    memory = tenant.service.memory
    start = since if memory is None else max(since, tenant.service.begun - memory + HOUR * 2)
    start = whole_hour(start)
    for begun, ended in tenant.service.outages if memory is not None else ():
        yield start, whole_hour(begun - _BEFORE)
        assert memory is not None
        start = whole_hour(ended - memory + _AFTER)
    yield start, until


def _part(rows: Sequence[StatisticRow], start: datetime, end: datetime) -> list[StatisticRow]:
    """The rows of a span, with sums that begin there."""
    before = max((row for row in rows if row.end <= start), key=lambda row: row.start, default=None)
    base = 0.0 if before is None else before.sum
    return [replace(row, sum=row.sum - base) for row in rows if start <= row.start and row.end <= end]
