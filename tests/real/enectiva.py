"""What is true of the simulated Enectiva account."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulators.enectiva import EnectivaMeter, EnectivaSimulator
from tests.simulators.enectiva.log import Log

from .truth import Expected, Row, Rows

LAG = timedelta(minutes=5)
"""How long ago a value may have been asked for, of an account that was added just now."""
_SERIES, _VIRTUAL = "data_series_", "virtual_meter_"
_UNITS: Mapping[str, str] = {"electricity": "kWh", "heat": "kWh", "cooling": "kWh", "water": "m³", "gas": "m³"}
# The service has three decimals, of both ends of a month.
_ROUNDED, _OF_MONTH = 0.0005, 0.002


class EnectivaTruth:
    """Knows the registers in the world, and when they are read.

    A reading comes `delay` after its time. A month's consumption goes from local midnight to the last reading.
    Of profiles only the month is told. What was chosen in the options is there besides the meters.
    """

    def __init__(
        self, simulator: EnectivaSimulator, *, data_series: Iterable[str] = (), virtual_meters: Iterable[str] = ()
    ) -> None:
        """Judge by this simulator's world; nothing is asked through its service."""
        self._simulator = simulator
        self._series = {f"{_SERIES}{one}": simulator.data_series[one] for one in data_series}
        self._virtual = {f"{_VIRTUAL}{one}": simulator.virtual_meters[one] for one in virtual_meters}

    def devices(self) -> Collection[str]:
        """Return the meters that are not deactivated, the data series, and the virtual meters."""
        meters = (meter.id for meter in self._simulator.meters.values() if meter.deactivated_at is None)
        return [*meters, *self._series, *self._virtual]

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return a meter's readings and its month; only the month, where nothing lists readings."""
        if device_id in self._series:
            log = self._series[device_id].log
            return [Rows([Row(time, {"value": Expected(log.source(time), _ROUNDED)}) for time in self._read(log, now)])]
        if device_id in self._virtual:
            parts = self._virtual[device_id].parts.items()
            return self._month([(factor, self._simulator.meters[one]) for one, factor in parts], now)
        meter = self._simulator.meters[device_id]
        month = self._month([(1.0, meter)], now)
        if meter.kind == "profiles":
            return month
        unit = _UNITS[meter.energy]
        readings = [
            Row(time, {"reading": Expected(meter.register(time), _ROUNDED, unit)})
            for time in self._read(meter.log, now)
        ]
        return [Rows(readings), *month]

    def _read(self, log: Log, now: datetime) -> Sequence[datetime]:
        """Return the times of the readings each of which was the newest at some time since `LAG`, the newest first."""
        newest, oldest = (_last(log, moment - self._simulator.delay) for moment in (now, now - LAG))
        return [newest] if newest == oldest else [newest, oldest]

    def _month(self, parts: Sequence[tuple[float, EnectivaMeter]], now: datetime) -> Sequence[Rows]:
        """Return what was consumed since the month began; nothing before its first reading."""
        _, first = parts[0]
        local = now.astimezone(ZoneInfo(first.time_zone))
        start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        rows = []
        for time in self._read(first.log, now):
            if time >= start:
                value = sum(factor * _since(start, time, meter.log) for factor, meter in parts)
                rows.append(Row(time, {"month": Expected(value, _OF_MONTH, _UNITS[first.energy], since=start)}))
        return [Rows(rows)] if rows else []


def _since(start: datetime, end: datetime, log: Log) -> float:
    """Return how far a register advanced until a reading; at the start it is interpolated between readings."""
    before, after = _last(log, start), log.schedule.time(log.schedule.first(start))
    share = (start - before) / (after - before) if after > before else 0.0
    return log.source(end) - (log.source(before) + share * (log.source(after) - log.source(before)))


def _last(log: Log, moment: datetime) -> datetime:
    """Return the time of the last reading that was not taken after a moment."""
    number = log.schedule.first(moment)
    time = log.schedule.time(number)
    return time if time == moment else log.schedule.time(number - 1)
