"""What the demo prints."""

from collections.abc import Iterable
from contextlib import suppress
import time

from .api import Api
from .dashboard import EVERYTHING
from .energy import Dashboard
from .history import DAYS, days_ago, local
from .inventory import Entry

_START = time.monotonic()


def say(text: str) -> None:
    """Print a line of progress, with the seconds since the start."""
    write(f"[{elapsed():5.1f} s] {text}")


def write(text: str) -> None:
    """Print. A terminal that is gone must not keep anything from being stopped."""
    with suppress(OSError):
        print(text, flush=True)  # noqa: T201


def elapsed() -> float:
    """Return the seconds since the start."""
    return time.monotonic() - _START


def table(entries: Iterable[Entry]) -> str:
    """Return all devices with their enabled entities and values."""
    lines: list[str] = []
    for entry in entries:
        for device in entry.devices:
            disabled = sum(not entity.enabled for entity in device.entities)
            more = f"  (and {disabled} more, disabled)" if disabled else ""
            lines.append(f"\n{entry.title}: {device.name}{more}")
            lines += [
                f"  {entity.name:<30}{entity.state or '':>15} {entity.unit:<7} {entity.id}"
                for entity in device.entities
                if entity.enabled
            ]
    return "\n".join(lines)


async def energy_table(api: Api, dashboard: Dashboard) -> str:
    """Return the energy of the last days and today, as the dashboard shows it, with the statistic that has it."""
    start = days_ago(DAYS)
    found = await dashboard.bars(api, start, None, "hour")
    lines = [f"\nEnergy from {local(start):%Y-%m-%d} on, in the energy dashboard"]
    for use in EVERYTHING:
        for counter in use.counters.values():
            statistic = dashboard.of(counter)
            bars = found[statistic.id]
            amount = f"{sum(bar.amount for bar in bars):,.1f} {statistic.unit}"
            since = f"  (since {local(bars[0].start):%Y-%m-%d %H:%M})" if bars and bars[0].start > start else ""
            lines.append(f"  {use.name:<20}{amount:>15}  {statistic.name}{since}")
    return "\n".join(lines)
