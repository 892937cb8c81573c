"""An account that is one device, and answers to a poll of it."""

from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import NotPermitted
from tests.simulators import faults

from .conftest import DEVICES, TELEMETRY, Bench


def listed(bench: Bench, *series: dict[str, Any]) -> None:
    """Let the account be one device with these series."""
    device = {
        "id": 1,
        "lastUpdate": "x",
        "properties": {
            "nodeId": "a",
            "nodeInfluxSeries": [
                {"database": "db", "measurement": "m", "tags": {"nodeId": "a"}, **one} for one in series
            ],
        },
    }
    bench.simulator.faults.add(faults.Answer({"device": [device]}), DEVICES)


def answered(bench: Bench, *cells: dict[str, Any]) -> None:
    """Let a poll have one row for each of its queries."""
    bench.simulator.faults.clear()
    time = bench.clock().isoformat()
    items = [{"series": [{"columns": ["time", *one], "values": [[time, *one.values()]]}]} for one in cells]
    bench.simulator.faults.add(faults.Answer(items), TELEMETRY)


async def ask(bench: Bench) -> None:
    """Read devices of which the simulator has no rows."""
    with pytest.raises(NotPermitted):
        await bench.read()
