"""The accounts that the conservation test lives with: one of each vendor that has a past, and the truth about each."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate, takewhile
import re
from typing import ClassVar, override

from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.statistics import statistic_id
from tests.simulators import enapter, eniris
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import CUSTOMER, EnectivaSimulator
from tests.simulators.enectiva.log import Monthly
from tests.simulators.eniris import EnirisSimulator, fields
from tests.simulators.enpact import EnpactSimulator, EnpactSwitches
from tests.simulators.misreadings import Misreading
from tests.simulators.simulator import Simulator
from tests.simulators.world import World

from ..conftest import ACCOUNT_ID, ENAPTER_ACCOUNT_ID
from .plan import DAY, MINUTE, Bounds, Plan, RowFate, RowFault
from .truth import Intervals, Register, Truth, grid, whole_hour

TIME_ZONE = "Europe/Amsterdam"
FAR = 5_000.0
"""By how many watt-hours a misread register is too high or too low."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A statistic, and the truth about it: rows of it are in a unit of so many watt-hours."""

    statistic: str
    truth: Truth
    watt_hours: float = 1.0


@cache
def world(epoch: datetime) -> World:
    """The world, of which all examples share what is computed."""
    return World(epoch=epoch)


class Home[S: Simulator](ABC):
    """An account that a plan happens to."""

    bounds: ClassVar[Bounds]
    asked: ClassVar[re.Pattern[str]]
    """The requests whose answers are spoilt: those for the past, and what cannot be told from them."""
    look_back: ClassVar[timedelta]
    settled: ClassVar[timedelta] = timedelta(minutes=95)
    """How long after its end an hour is read at the latest, when nothing is wrong and each step takes an hour."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.beginning = plan.season.beginning
        epoch = (self.beginning - timedelta(days=36)).replace(hour=0, minute=0, second=0)
        self.world = world(epoch)
        self.simulator = self.make()

    def at(self, minutes: int) -> datetime:
        """An instant of the plan: minutes are counted from a whole hour."""
        return self.beginning.replace(minute=0, second=0) + minutes * MINUTE

    def is_kept(self, time: datetime) -> bool:
        """Whether the service has a row of this time in the end."""
        return not any(
            self.at(fault.start) <= time < self.at(fault.end) for fault in self.plan.rows if not fault.fate.passes
        )

    def begin(self) -> None:
        """Let rows have the fates of the plan; until then all was well, so that everything there is could be learnt."""
        if (reset := self.reset_at()) is not None:
            self.reset(reset)
        for fault in self.plan.rows:
            self.spoil(fault)

    def spoil(self, fault: RowFault) -> None:
        """Let rows have that fate."""
        start, end, until = self.at(fault.start), self.at(fault.end), self.at(fault.until)
        match fault.fate:
            case RowFate.MISSING:
                self.lose(start, end)
            case RowFate.LATE:
                self.delay(start, end, until)
            case RowFate.DOUBLED:
                self.double(start, end)
            case _:
                self.misread(fault.fate, start, end, until)

    def remembered(self) -> datetime:
        """The first hour of which the service has all rows."""
        return self.world.epoch

    @abstractmethod
    def make(self) -> S:
        """The service, with a few devices."""

    @abstractmethod
    def reset(self, at: datetime) -> None:
        """Let the register begin again."""

    @abstractmethod
    def lose(self, start: datetime, end: datetime) -> None:
        """Let rows never arrive."""

    @abstractmethod
    def delay(self, start: datetime, end: datetime, until: datetime) -> None:
        """Let rows arrive only then."""

    @abstractmethod
    def double(self, start: datetime, end: datetime) -> None:
        """Let rows be there twice."""

    @abstractmethod
    def misread(self, fate: RowFate, start: datetime, end: datetime, until: datetime) -> None:
        """Let rows be wrong until then."""

    @abstractmethod
    def counters(self, end: datetime) -> Sequence[Counter]:
        """The truth about what was counted until an instant."""

    def reset_at(self) -> datetime | None:
        """When the register began again."""
        return None if self.plan.reset is None else self.at(self.plan.reset)

    def shown(self, register: Callable[[datetime], float]) -> Callable[[datetime], float]:
        """What a register shows that was reset as the plan has it."""
        reset = self.reset_at()
        if reset is None:
            return register
        lost = register(reset)
        return lambda time: register(time) - lost if time >= reset else register(time)

    def kept(self, end: datetime, step: timedelta) -> list[datetime]:
        """The times of the rows that the service has in the end, one each `step`."""
        first = self.at(0) - self.bounds.past - DAY
        return [time for time in grid(first, end, step) if self.is_kept(time)]


def rounded(register: Callable[[datetime], float], decimals: int = 3) -> Callable[[datetime], float]:
    """A register as the service shows it: by 0.5 Wh at most from the world's."""
    return lambda time: round(register(time), decimals)


def misreading(
    fate: RowFate, span: tuple[datetime, datetime, datetime], register: Callable[[datetime], float], far: float
) -> Misreading:
    """How a register is wrong in a span, until a time."""
    stood = register(span[0])
    changes: dict[RowFate, Callable[[datetime, float], float]] = {
        RowFate.STANDING: lambda _time, _value: stood,
        RowFate.HIGH: lambda _time, value: value + far,
        RowFate.LOW: lambda _time, value: max(0.0, value - far),
    }
    return Misreading(*span, changes[fate])


class EnpactHome(Home[EnpactSimulator]):
    """A main meter of which the service has the last 24 hours, a row each 30 s."""

    METER: ClassVar = "meter-building-a-001"
    bounds = Bounds(
        past=timedelta(days=1),
        life=timedelta(hours=27),
        latest=timedelta(hours=3),
        longest_gap=timedelta(hours=6),
        longest_step=1,
        most_troubles=3,
        # Of the 24 hours, one is lost until Home Assistant tries again, and almost two because whole hours are read.
        memory=timedelta(hours=21),
    )
    asked = re.compile("meters/batch")
    look_back = timedelta(hours=24)

    @override
    def make(self) -> EnpactSimulator:
        twice = any(fault.fate is RowFate.DOUBLED for fault in self.plan.rows)
        simulator = EnpactSimulator(world=self.world, switches=EnpactSwitches(duplicates=twice, descending=twice))
        simulator.devices = {}
        simulator.meters = {self.METER: simulator.meters[self.METER]}
        return simulator

    @override
    def remembered(self) -> datetime:
        return whole_hour(self.simulator.clock() - DAY) + HOUR

    @override
    def reset(self, at: datetime) -> None:
        self.simulator.replace_meter(self.METER, at)

    @override
    def lose(self, start: datetime, end: datetime) -> None:
        self.simulator.silence(self.METER, start, end)

    @override
    def delay(self, start: datetime, end: datetime, until: datetime) -> None:
        self.simulator.keep_back_rows(self.METER, start, end, until)

    @override
    def double(self, start: datetime, end: datetime) -> None:
        """All rows come twice, from the beginning, and the newest first."""

    @override
    def misread(self, fate: RowFate, start: datetime, end: datetime, until: datetime) -> None:
        for field, register in self._registers().items():
            wrong = misreading(fate, (start, end, until), self.shown(register), FAR / 1000)
            self.simulator.misread(self.METER, field, wrong)

    @override
    def counters(self, end: datetime) -> Sequence[Counter]:
        times = self.kept(end, timedelta(seconds=30))
        return [
            Counter(
                statistic_id(f"{ACCOUNT_ID}_{self.METER}_{field}"),
                Register(times, rounded(self.shown(register)), self.reset_at()),
                1000.0,
            )
            for field, register in self._registers().items()
        ]

    def _registers(self) -> dict[str, Callable[[datetime], float]]:
        meter = self.world.meter("grid")
        return {"imp": lambda time: meter.imported(time) / 1000, "exp": lambda time: meter.exported(time) / 1000}


class EnirisHome(Home[EnirisSimulator]):
    """A grid meter with a counter, a row each minute, and a site with the amounts of ten minutes each."""

    COUNTER: ClassVar = "importedAbsEnergyTot_Wh"
    AMOUNT: ClassVar = "childrenProducedEnergyDeltaTot_Wh"
    NODES: ClassVar = (eniris.GRID_METER, eniris.SITE)
    bounds = Bounds(past=timedelta(days=30), life=timedelta(days=4), latest=timedelta(days=1))
    asked = re.compile("telemetry")
    look_back = timedelta(days=2)

    @override
    def make(self) -> EnirisSimulator:
        simulator = EnirisSimulator(world=self.world)
        simulator.nodes = [one for one in simulator.nodes if one.node_id in (eniris.CONTROLLER, *self.NODES)]
        counter = fields.register(self.COUNTER, self._imported)
        amount = fields.delta(self.AMOUNT, self._produced)
        kept = {
            ("submeteringMetrics", eniris.MINUTE): counter,
            ("installationMetrics", eniris.MINUTE): amount,
            ("installationMetrics", eniris.TEN_MINUTES): fields.prefixed(amount, "sum"),
        }
        for node in simulator.nodes:
            node.series = [one for one in node.series or () if (one.measurement, one.policy) in kept]
            for series in node.series:
                field = kept[series.measurement, series.policy]
                series.fields = {field.name: field}
        return simulator

    @override
    def reset(self, at: datetime) -> None:
        self.simulator.reset_registers(eniris.GRID_METER, at)

    @override
    def lose(self, start: datetime, end: datetime) -> None:
        for node in self.NODES:
            self.simulator.lose_rows(node, start, end)

    @override
    def delay(self, start: datetime, end: datetime, until: datetime) -> None:
        for node in self.NODES:
            self.simulator.delay_rows(node, start, end, until)

    @override
    def double(self, start: datetime, end: datetime) -> None:
        for node in self.NODES:
            self.simulator.double_rows(node, start, end)

    @override
    def misread(self, fate: RowFate, start: datetime, end: datetime, until: datetime) -> None:
        wrong = misreading(fate, (start, end, until), self.shown(self._imported), FAR)
        self.simulator.misread(eniris.GRID_METER, self.COUNTER, wrong)
        amount = {RowFate.STANDING: 0.0, RowFate.HIGH: FAR, RowFate.LOW: 0.1}[fate]
        for name in (self.AMOUNT, f"sum_{self.AMOUNT}"):
            wrong = Misreading(start, end, until, lambda _time, _value: amount)
            self.simulator.misread(eniris.SITE, name, wrong)

    @override
    def counters(self, end: datetime) -> Sequence[Counter]:
        ends = self.kept(end, 10 * MINUTE)
        amounts = [round(self._produced(time), 3) - round(self._produced(time - 10 * MINUTE), 3) for time in ends]
        return [
            Counter(
                self._statistic(eniris.GRID_METER, "submeteringMetrics", self.COUNTER),
                Register(self.kept(end, MINUTE), rounded(self.shown(rounded(self._imported, 1)), 1), self.reset_at()),
            ),
            Counter(
                self._statistic(eniris.SITE, "installationMetrics", self.AMOUNT),
                Intervals(ends, list(accumulate(amounts))),
            ),
        ]

    @staticmethod
    def _statistic(node: str, measurement: str, field: str) -> str:
        return statistic_id(f"{eniris.USER_ID}_{node}_{measurement}.{field}")

    @property
    def _imported(self) -> Callable[[datetime], float]:
        return self.world.home.meter("grid").imported

    @property
    def _produced(self) -> Callable[[datetime], float]:
        return self.world.home.meter("solar").exported


class EnapterHome(Home[EnapterSimulator]):
    """A power meter that reports every 10 s; of each hour the service has the newest report."""

    ATTRIBUTE: ClassVar = "energy_lifetime"
    bounds = Bounds(past=timedelta(days=30), life=timedelta(days=4), latest=timedelta(days=1))
    asked = re.compile("query_timeseries")
    look_back = timedelta(days=2)

    @override
    def make(self) -> EnapterSimulator:
        twice = any(fault.fate is RowFate.DOUBLED for fault in self.plan.rows)
        simulator = EnapterSimulator(world=self.world, switches=enapter.EnapterSwitches(doubled_rows=twice))
        meter = simulator.devices[enapter.POWER_METER]
        channels = meter.channels
        meter.channels = {
            name: channels[name] for name in ("total_power", self.ATTRIBUTE, "alerts") if name in channels
        }
        simulator.devices = {meter.id: meter}
        return simulator

    @override
    def reset(self, at: datetime) -> None:
        self.simulator.reset_register(enapter.POWER_METER, self.ATTRIBUTE, at)

    @override
    def lose(self, start: datetime, end: datetime) -> None:
        self.simulator.lose_reports(enapter.POWER_METER, start, end)

    @override
    def delay(self, start: datetime, end: datetime, until: datetime) -> None:
        self.simulator.delay_reports(enapter.POWER_METER, start, end, until)

    @override
    def double(self, start: datetime, end: datetime) -> None:
        """All tables have their rows twice, from the beginning."""

    @override
    def misread(self, fate: RowFate, start: datetime, end: datetime, until: datetime) -> None:
        wrong = misreading(fate, (start, end, until), self.shown(self._register), FAR)
        self.simulator.misread(enapter.POWER_METER, self.ATTRIBUTE, wrong)

    @override
    def counters(self, end: datetime) -> Sequence[Counter]:
        reported = {hour: found for hour in grid(self._first, end, HOUR) if (found := self.newest_report(hour))}
        shown, reset = self.shown(rounded(self._register, 1)), self.reset_at()
        began = next((hour for hour, time in reported.items() if reset is not None and time >= reset), None)
        register = Register(list(reported), rounded(lambda hour: shown(reported[hour]), 1), began)
        return [Counter(statistic_id(f"{ENAPTER_ACCOUNT_ID}_{enapter.POWER_METER}_{self.ATTRIBUTE}"), register)]

    def newest_report(self, hour: datetime) -> datetime | None:
        """When the last report within the hour before was made; None where there was none."""
        device = self.simulator.devices[enapter.POWER_METER]
        cadence, seconds = timedelta(seconds=device.cadence), hour.timestamp() - 1 - device.phase
        newest = hour - timedelta(seconds=1 + seconds % device.cadence)
        before = takewhile(lambda time: time >= hour - HOUR, (newest - number * cadence for number in range(400)))
        return next((time for time in before if self.is_kept(time)), None)

    @property
    def _first(self) -> datetime:
        return self.at(0) - self.bounds.past - DAY

    @property
    def _register(self) -> Callable[[datetime], float]:
        return self.world.home.meter("grid").imported


class EnectivaHome(Home[EnectivaSimulator]):
    """Meters that are read every 15 minutes, every hour, and on the first day of each month."""

    bounds = Bounds(
        past=timedelta(days=30), life=timedelta(days=6), latest=timedelta(days=6), longest_gap=timedelta(days=3)
    )
    asked = re.compile("readings")
    look_back = timedelta(days=7)
    settled = timedelta(hours=7)

    @override
    def make(self) -> EnectivaSimulator:
        simulator = EnectivaSimulator(world=self.world)
        simulator.meters = {"42": simulator.meters["42"]}
        simulator.virtual_meters, simulator.data_series = {}, {}
        self._registers = {"42": simulator.meters["42"].log.source}
        for name, load in (("Hourly", "kitchen"), ("Monthly", "lighting")):
            meter = simulator.add_meter(name, of=load, factor=1.0, every=HOUR, installed=self.world.epoch)
            self._registers[meter.id] = meter.log.source
        meter.log.schedule = Monthly(TIME_ZONE)
        return simulator

    @override
    def reset(self, at: datetime) -> None:
        for meter in self._registers:
            self.simulator.reset_register(meter, at)

    @override
    def lose(self, start: datetime, end: datetime) -> None:
        for meter in self._registers:
            for time in self._between(meter, start, end):
                self.simulator.delete_reading(meter, time)

    @override
    def delay(self, start: datetime, end: datetime, until: datetime) -> None:
        for meter in self._registers:
            for time in self._between(meter, start, end):
                self.simulator.delay_reading(meter, time, max(until, self._processed(meter, time)))

    @override
    def double(self, start: datetime, end: datetime) -> None:
        for meter in self._registers:
            for time in self._between(meter, start, end):
                self.simulator.double_reading(meter, time)

    @override
    def misread(self, fate: RowFate, start: datetime, end: datetime, until: datetime) -> None:
        for meter, register in self._registers.items():
            self.simulator.misread(meter, misreading(fate, (start, end, until), self.shown(register), FAR / 1000))

    @override
    def counters(self, end: datetime) -> Sequence[Counter]:
        return [
            Counter(
                statistic_id(f"{CUSTOMER}_{meter}_reading"),
                Register(
                    [time for time in self._between(meter, self.world.epoch, end) if self.is_kept(time)],
                    rounded(self.shown(register)),
                    self.reset_at(),
                ),
                1000.0,
            )
            for meter, register in self._registers.items()
        ]

    def _processed(self, meter: str, time: datetime) -> datetime:
        return self.simulator.meters[meter].log.processed.get(time, time)

    def _between(self, meter: str, start: datetime, end: datetime) -> list[datetime]:
        schedule = self.simulator.meters[meter].log.schedule
        return [schedule.time(number) for number in range(schedule.first(start), schedule.first(end))]


HOMES: tuple[type[Home[Simulator]], ...] = (EnpactHome, EnirisHome, EnapterHome, EnectivaHome)  # type: ignore[assignment]
