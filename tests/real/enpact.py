"""What is true of the simulated Enpact account."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.simulators.enpact import EnpactSimulator
from tests.simulators.enpact.catalogue import FIELDS

from .truth import Expected, Row, Rows, floor

STEP = timedelta(seconds=30)
WINDOW = timedelta(minutes=15)
LAG = timedelta(seconds=150)
"""How old the newest row may be: one and a half polls of a minute, the row's own step, the delay of its arrival."""
SETTLED_AFTER = timedelta(minutes=2)
_SHARES = ("compressorEnergySaverEnabled", "fanEnergySaverEnabled")
_PHASES = ("p1", "p2", "p3")


class EnpactTruth:
    """Knows the world behind the simulator's rows."""

    def __init__(self, simulator: EnpactSimulator) -> None:
        """Judge by this simulator's world; nothing is asked through its service."""
        self._simulator = simulator

    def devices(self) -> Collection[str]:
        """Return the controllers and meters."""
        return [*self._simulator.devices, *self._simulator.meters]

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return a meter's rows; a controller's rows, and its energy savers' shares of a window."""
        newest = floor(now - self._simulator.delay, STEP)
        live = Rows([self._row(device_id, newest - STEP * back) for back in range(LAG // STEP)])
        if device_id in self._simulator.meters:
            return [live]
        settled = floor(now - SETTLED_AFTER, WINDOW) - WINDOW
        return [live, Rows([self._shares(device_id, start) for start in (settled, settled - WINDOW)], from_poll=2)]

    def _fields(self, device_id: str, time: datetime) -> Mapping[str, Any]:
        simulator = self._simulator
        return (simulator.meters.get(device_id) or simulator.devices[device_id]).fields(time)

    def _row(self, device_id: str, time: datetime) -> Row:
        fields = self._fields(device_id, time)
        values = {
            name: Expected(value == "true") if name == "fault" else Expected(value, _tolerance(name), _unit(name))
            for name, value in fields.items()
            if name in FIELDS or name in ("fault", *_SHARES)
        }
        if all(phase in fields for phase in _PHASES):
            values["p_total"] = Expected(sum(fields[phase] for phase in _PHASES), 3 * _tolerance("p1"), "W")
        return Row(time, values)

    def _shares(self, device_id: str, start: datetime) -> Row:
        rows = [self._fields(device_id, start + STEP * number) for number in range(WINDOW // STEP)]
        return Row(
            start,
            {
                f"{name}_percentTrue": Expected(100 * sum(row[name] for row in rows) / len(rows), 0.5, "%")
                for name in _SHARES
            },
        )


def _tolerance(name: str) -> float:
    return 0.5 / 10 ** FIELDS[name].decimals if name in FIELDS else 0.0


def _unit(name: str) -> str:
    return FIELDS[name].unit if name in FIELDS else ""
