"""What Enapter's devices read off the world's meters."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ..world import Meter
from .channels import Channel, Source, number


def watts(meter: Meter, factor: float = 1.0) -> Source:
    """Return a meter's total power in watts, times a factor: its sign, or a share."""
    return lambda moment: factor * meter.power(moment).total


def imported(meter: Meter, factor: float = 1.0) -> Source:
    """Return a meter's import register in Wh, times a factor."""
    return lambda moment: factor * meter.imported(moment)


def exported(meter: Meter, factor: float = 1.0) -> Source:
    """Return a meter's export register in Wh, times a factor."""
    return lambda moment: factor * meter.exported(moment)


def produced(meter: Meter, factor: float = 1.0) -> Source:
    """Return what a meter that is negative while producing shows as production, in watts: never below 0."""
    return lambda moment: max(0.0, -factor * meter.power(moment).total)


def total(*sources: Source) -> Source:
    """Return a sum."""
    return lambda moment: sum(source(moment) for source in sources)


def daily(register: Source, timezone: str) -> Source:
    """Return what a register has counted since local midnight (enapter.md B11)."""
    zone = ZoneInfo(timezone)

    def counted(moment: datetime) -> float:
        midnight = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return float(register(moment) - register(midnight))

    return counted


def phases(
    meter: Meter,
    prefix: str = "",
    *,
    units: tuple[str, str, str] = ("volt", "ampere", "watt"),
    titled: bool = True,
) -> list[Channel]:
    """Return voltage, current and power of each phase, with these units' spellings, with or without display names."""
    channels: list[Channel] = []
    for phase in ("l1", "l2", "l3"):
        voltage, current, power = (_phase(meter, what, phase) for what in ("voltage", "current", "power"))
        title = f"{prefix.replace('_', ' ').upper()}{phase.upper()}"
        titles = [f"{title} {what}" if titled else None for what in ("Voltage", "Current", "Power")]
        channels += [
            number(f"{prefix}{phase}_voltage", titles[0], units[0], voltage),
            number(f"{prefix}{phase}_current", titles[1], units[1], current, 2),
            number(f"{prefix}{phase}_power", titles[2], units[2], power),
        ]
    return channels


def frequency(meter: Meter) -> Source:
    """Return the grid's frequency in Hz."""
    return lambda moment: meter.at(moment).frequency


def _phase(meter: Meter, what: str, phase: str) -> Source:
    return lambda moment: getattr(getattr(meter.at(moment), what), phase)
