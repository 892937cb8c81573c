"""What is true of the simulated Eniris account."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from tests.simulators.eniris import SWITCHBOARD, UNKNOWN, EnirisSimulator
from tests.simulators.eniris.nodes import Node, Series
from tests.simulators.eniris.rows import Span

from .truth import Expected, Row, Rows, floor

LAG = timedelta(seconds=105)
"""How long ago the last poll may have been: one and a half polls of a minute, and a moment to take it in."""
FRESH = timedelta(minutes=1)
"""Of rows that are no further apart the coarsest are shown; of others the finest."""
HIDDEN = (SWITCHBOARD, UNKNOWN)
"""Devices that have only fields which no document explains."""
_OF_THE_CONTROLLER = "getMeasStats"
"""The measurement that says how the controller does, and nothing of the device in whose name it is."""
_UNITS: Mapping[str, tuple[str, float]] = {
    "W": ("W", 1),
    "VAr": ("var", 1),
    "Wh": ("Wh", 1),
    "V": ("V", 1),
    "A": ("A", 1),
    "Hz": ("Hz", 1),
    "frac": ("%", 100),
    "degC": ("°C", 1),
    "s": ("s", 1),
    "perkWh": ("EUR/kWh", 1),
}
"""By the last word of a field's name: the unit in Home Assistant, and the factor to it."""
_COUNTER = ("kWh", 0.001)
_SUMMED_UP = ("sum_", "mean_")
_NANO = 1_000_000_000


class EnirisTruth:
    """Knows the rows in the archive, and which of them are the newest."""

    def __init__(self, simulator: EnirisSimulator) -> None:
        """Judge by this simulator's archive; nothing is asked through its service."""
        self._simulator = simulator
        self._row = cache(self._calculated)

    def devices(self) -> Collection[str]:
        """Return the devices that measure and are in use: no controller does."""
        return [node.node_id for node in self._simulator.nodes if _is_active(node) and _series(node)]

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return the rows of each of a device's series from which something is shown."""
        node = self._simulator.node(device_id)
        return [
            Rows(
                [self._row(device_id, number, fields, time) for time in self._times(series, now)],
                rare=self._step(series) > FRESH,
            )
            for number, series in enumerate(_series(node))
            if (fields := tuple(self._shown(node, series)))
        ]

    def _shown(self, node: Node, series: Series) -> Iterator[str]:
        """Yield the fields that are shown from that series, and from no other of the device."""
        everywhere = {name for one in _series(node) for name in one.fields}
        for name in series.fields:
            if name.startswith(_SUMMED_UP) or name.replace("EnergyDelta", "AbsEnergy") in everywhere - {name}:
                continue
            steps = {
                self._step(one): one
                for one in _series(node)
                if one.measurement == series.measurement and name in one.fields
            }
            fresh = [step for step in steps if step <= FRESH]
            if steps[max(fresh) if fresh else min(steps)] is series:
                yield name

    def _times(self, series: Series, now: datetime) -> Iterator[datetime]:
        """Yield the times of the rows each of which was the newest at some time since `LAG`, the newest first."""
        step, delay = self._step(series), self._simulator.archive.delay
        time, oldest = (floor(moment - delay, step) for moment in (now, now - LAG))
        while time >= oldest:
            yield time
            time -= step

    def _step(self, series: Series) -> timedelta:
        return timedelta(seconds=self._simulator.archive.policies[series.policy].step)

    def _calculated(self, device_id: str, number: int, fields: Sequence[str], time: datetime) -> Row:
        node = self._simulator.node(device_id)
        series = _series(node)[number]
        start, archive = int(time.timestamp()) * _NANO, self._simulator.archive
        arrived = Span(time + archive.delay, start, start + _NANO)
        [row] = archive.rows(node, series, fields, arrived)
        # An empty text is no word at all.
        values = {name: value for name, value in zip(fields, row.values, strict=True) if value not in (None, "")}
        return Row(time, {f"{series.measurement}.{name}": _expected(name, value) for name, value in values.items()})


def _series(node: Node) -> Sequence[Series]:
    return [one for one in node.series or () if one.measurement != _OF_THE_CONTROLLER]


def _is_active(node: Node) -> bool:
    return bool(node.properties.get("isActive", True))


def _expected(name: str, value: float | str | bool | None) -> Expected:
    if isinstance(value, str | bool):
        return Expected(value)
    unit, factor = _COUNTER if "Abs" in name else _UNITS.get(name.rpartition("_")[2], ("", 1))
    return Expected(float(value or 0) * factor, unit=unit)
