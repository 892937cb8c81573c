"""What is true: what a service to which nothing happens tells at an instant, read by a vendor that is new each time."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import State
from homeassistant.util.dt import get_default_time_zone
import pytest

from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.model import Point, PointId, Sample
from tests.conftest import ROWS
from tests.vendors.bench import make_bench

from .homes import HOMES

type Truth = Mapping[PointId, Sample]

_known: dict[tuple[str, datetime], Truth] = {}
"""Cells live through the same minutes."""


async def truth_at(vendor: str, time: datetime) -> Truth:
    """The newest sample of every point at that time of the service's."""
    if (found := _known.get((vendor, time))) is None:
        found = _known[vendor, time] = await _read(vendor, time)
    return found


async def _read(vendor: str, time: datetime) -> Truth:
    async with AsyncExitStack() as stack:
        bench = await make_bench(
            stack,
            VENDORS[vendor],
            HOMES[vendor].make,
            lambda url: _credentials(vendor, url),
            start=time,
            timezone=get_default_time_zone(),
        )
        row = ROWS[type(bench.simulator)]
        if row.grant is not None:
            await bench.connection.vault.put(row.grant(bench.simulator, time))
        await bench.discover()
        # Not everything is in the first poll.
        return {**(await bench.read()).samples, **(await bench.read()).samples}


def _credentials(vendor: str, url: str) -> dict[str, str | bool]:
    row = next(row for row in ROWS.values() if row.vendor == vendor)
    return {**row.credentials, **dict.fromkeys(row.addresses, url + row.path)}


def shows(state: State, point: Point, sample: Sample | None) -> bool:
    """Whether a state is what a sample says."""
    if sample is None:
        return False
    value = sample.value
    if isinstance(value, bool):
        return state.state == ("on" if value else "off")
    if isinstance(value, datetime):
        return datetime.fromisoformat(state.state) == value
    if isinstance(value, str):
        return state.state == value
    unit, converter = state.attributes.get("unit_of_measurement"), None
    if unit != point.unit:
        converter = UNIT_CONVERTERS.get(state.attributes.get("device_class"))
    if converter is not None:
        value = converter.convert(value, point.unit, unit)
    return float(state.state) == pytest.approx(value, rel=1e-5, abs=1e-2 if converter else 1e-6)
