"""Every variant that the documents leave open gives the same account, the same points and the same values."""

from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from custom_components.energy_clouds.vendors.model import Inventory, PointId, Sample
from tests.simulators.enectiva import EnectivaSwitches

from .conftest import Bench, MakeBench

OPTIONS: dict[str, object] = {
    "data_series": ["11"],
    "virtual_meters": ["501"],
    "electricity_meters": ["virtual_meter_501"],
}
NOT_SHAPES = {"rate_limit", "rate_window_s"}
CHOSEN: dict[tuple[str, Any], dict[str, object]] = {
    ("energy", "absent"): {
        "electricity_meters": ["42", "43", "44", "51", "virtual_meter_501"],
        "heat_meters": ["45", "46"],
        "gas_meters": ["47"],
        "water_meters": ["48", "49", "52"],
        "cooling_meters": ["50"],
    },
    ("unit", "absent"): {"heat_unit": "kWh", "gas_unit": "m³", "cooling_unit": "kWh"},
}
"""What a person must choose where the service tells less."""


def variants() -> list[tuple[str, Any]]:
    """Each switch with each of its values."""
    hints = get_type_hints(EnectivaSwitches)
    found: list[tuple[str, Any]] = []
    for one in fields(EnectivaSwitches):
        if one.name in NOT_SHAPES:
            continue
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else (one.default,)
        found += [(one.name, value) for value in values]
    return found


async def outcome(bench: Bench) -> tuple[Inventory, dict[PointId, Sample]]:
    await bench.vendor.login()
    await bench.discover()
    readings = await bench.read()
    return bench.inventory, dict(readings.samples)


@pytest.mark.parametrize(("switch", "value"), variants())
async def test_variant_shows_the_same(make_bench: MakeBench, switch: str, value: Any) -> None:
    inventory, samples = await outcome(await make_bench(options=OPTIONS))
    options = OPTIONS | CHOSEN.get((switch, value), {})
    bench = await make_bench(options=options, **{switch: value})
    other, other_samples = await outcome(bench)
    if (switch, value) == ("deltas", 404):
        samples = {one: sample for one, sample in samples.items() if one.key != "month" or "virtual" in one.device_id}
        points = {one for one in inventory.points if one.id in samples}
        assert {one for one in other.points if one.id.key != "month" or "virtual" in one.id.device_id} == points
    else:
        assert set(other.points) == set(inventory.points)
    assert other_samples == samples
    assert {device.id for device in other.devices} == {device.id for device in inventory.devices}
    assert bench.vendor.notices() == []
    if switch == "entities" and value != "available":
        assert other.sites == ()
    else:
        assert other.sites == inventory.sites
