"""What is true of energy that Home Assistant calculates from a power, sample by sample of what its polls were told."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from tests.simulators.envitron.telemetry import Measurement

from .truth import Expected

_TOLERANCE = 0.005
"""In kWh: the request log says when a request arrived, the answer is of a moment later."""


def registers(key: str, samples: Sequence[Measurement]) -> Mapping[str, Expected]:
    """Return what the registers of a power show after these samples; that of a sign only if a sample had it."""
    areas = [area for first, last in pairwise(samples) for area in _areas(first, last)]
    sides = {
        "_positive_energy": (any(one.value >= 0 for one in samples), sum(area for area in areas if area > 0)),
        "_negative_energy": (any(one.value < 0 for one in samples), -sum(area for area in areas if area < 0)),
    }
    return {
        f"{key}{end}": Expected(watt_hours / 1000, _TOLERANCE, unit="kWh")
        for end, (is_there, watt_hours) in sides.items()
        if is_there
    }


def _areas(first: Measurement, last: Measurement) -> tuple[float, ...]:
    """Return the areas of a line, in Wh, on each side of where it crosses zero."""
    hours = (last.time - first.time).total_seconds() / 3600
    if first.value * last.value >= 0:
        return ((first.value + last.value) * hours / 2,)
    until = hours * first.value / (first.value - last.value)
    return first.value * until / 2, last.value * (hours - until) / 2
