"""What a test does to a running Enectiva service, and what it may know about it."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..misreadings import Misreading
from ..simulator import Simulator
from .catalogue import CODES, DEFAULT_UNITS, Direction, EnergyName, Kind
from .inventory import QUARTER, DataSeries, EnectivaMeter, Entity, VirtualMeter, code_of
from .listing import Months, month_of, shifted
from .log import Every, Log, Seen
from .sources import Registers
from .tokens import Login

_LOADS = {"electricity": "kitchen", "heat": "heat", "water": "water", "gas": "gas", "cooling": "cooling"}


class Manipulations(Simulator):
    """The controls of the Enectiva simulator."""

    logins: dict[str, Login]
    meters: dict[str, EnectivaMeter]
    entities: dict[str, Entity]
    data_series: dict[str, DataSeries]
    virtual_meters: dict[str, VirtualMeter]
    registers: Registers
    delay: timedelta

    def revoke(self, login_token: str) -> None:
        """Revoke a login token; access tokens it has got stay valid until they expire."""
        self.logins[login_token] = replace(self.logins[login_token], revoked=True)

    def expire(self, login_token: str, at: datetime | None = None) -> None:
        """Let a login token expire."""
        self.logins[login_token] = replace(self.logins[login_token], expires=at or self.clock())

    def grant(self, login_token: str, *scopes: str) -> None:
        """Add scopes to a login token, which the next access token carries."""
        login = self.logins[login_token]
        self.logins[login_token] = replace(login, scopes=login.scopes | frozenset(scopes))

    def withdraw(self, login_token: str, *scopes: str) -> None:
        """Take scopes from a login token; access tokens it has got keep them until they expire."""
        login = self.logins[login_token]
        self.logins[login_token] = replace(login, scopes=login.scopes - frozenset(scopes))

    def add_meter(
        self,
        name: str = "New meter",
        *,
        energy: EnergyName = "electricity",
        use: str | None = None,
        of: str | None = None,
        factor: float = 0.25,
        unit: str | None = None,
        external_id: str | None = None,
        entity_id: str = "7",
        kind: Kind = "readings",
        direction: Direction = "consumption",
        time_zone: str | None = None,
        every: timedelta | None = None,
        installed: datetime | None = None,
    ) -> EnectivaMeter:
        """Install a meter on `factor` times a register of the world, by default of this energy.

        `use` is the last part of its code. A meter without a date of installation has history since the world's epoch.
        """
        register = of or _LOADS[energy]
        source, unit = self.registers.of(register, direction), unit or DEFAULT_UNITS[energy]
        scale = factor * self.registers.factor(register, unit)
        number = str(max((meter.number for meter in self.meters.values()), default=0) + 1)
        schedule = QUARTER if every is None else Every(int(every.total_seconds()))
        meter = EnectivaMeter(
            id=number,
            name=name,
            external_id=external_id,
            code=code_of(len(self.meters) + 1, use or CODES[energy]),
            unit=unit,
            entity_id=entity_id,
            kind=kind,
            direction=direction,
            time_zone=time_zone or self.world.time_zone,
            log=Log(lambda moment: source(moment) * scale, schedule, installed or self.world.epoch),
        )
        self.meters[number] = meter
        return meter

    def deactivate(self, meter_id: str, at: datetime) -> None:
        """Deactivate a meter, which deletes its readings after that."""
        meter = self.meters[meter_id]
        meter.deactivated_at = meter.log.until = at

    def replace(self, meter_id: str) -> str:
        """Replace a meter now by one that begins at 0, and return its id.

        The new meter has the name and external id of the old one, which is deactivated and renamed.
        """
        old, now = self.meters[meter_id], self.clock()
        source, before = old.log.source, old.register(now)
        number = str(max(meter.number for meter in self.meters.values()) + 1)
        self.meters[number] = replace(
            old,
            id=number,
            code=code_of(len(self.meters) + 1, old.use),
            log=Log(lambda moment: source(moment) - before, old.log.schedule, now),
        )
        old.name, old.external_id = f"{old.name}_deakt", None
        self.deactivate(meter_id, now)
        return number

    def delay_reading(self, meter_id: str, time: datetime, until: datetime) -> None:
        """Let one reading be valid and fully processed only from `until` on."""
        log = self.meters[meter_id].log
        log.processed[log.row_time(time)] = until

    def correct(self, meter_id: str, time: datetime, value: float) -> None:
        """Give the reading of this time another value."""
        log = self.meters[meter_id].log
        log.corrected[log.row_time(time)] = value

    def delete_reading(self, meter_id: str, time: datetime) -> None:
        """Delete the reading of this time."""
        log = self.meters[meter_id].log
        log.deleted.add(log.row_time(time))

    def misread(self, meter_id: str, misreading: Misreading) -> None:
        """Let some readings be wrong for a while."""
        self.meters[meter_id].log.misread.append(misreading)

    def double_reading(self, meter_id: str, time: datetime) -> None:
        """Let the reading of this time be there twice."""
        log = self.meters[meter_id].log
        log.doubled.add(log.row_time(time))

    def reset_register(self, meter_id: str, at: datetime | None = None) -> None:
        """Let a meter begin again at 0 at `at` (now)."""
        log, since = self.meters[meter_id].log, at or self.clock()
        source = log.source
        before = source(since)
        log.source = lambda moment: source(moment) - before if moment >= since else source(moment)

    def newest(self, meter_id: str, now: datetime) -> tuple[datetime, float] | None:
        """Return the newest reading that the service would list at `now`."""
        meter = self.meters[meter_id]
        seen = self.seen(meter.log, now)
        time = seen.newest()
        return None if time is None or meter.kind == "profiles" else (time, seen.value(time))

    def month_delta(self, meter_id: str, now: datetime, months_back: int = 0) -> float | None:
        """Return the delta that the service would list at `now` for the month so many months ago."""
        meter = self.meters[meter_id]
        return self.months(meter, now).delta(shifted(month_of(now, meter.time_zone), -months_back))

    def months(self, meter: EnectivaMeter, now: datetime) -> Months:
        """Return a meter's months as the service knows them at `now`."""
        return Months(self.seen(meter.log, now), meter.time_zone)

    def seen(self, log: Log, now: datetime) -> Seen:
        """Return what the service lists of a log at `now`."""
        return log.seen(now, self.delay)
