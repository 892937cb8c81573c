"""What the demo prints."""

from collections.abc import Iterable
from contextlib import suppress
import time

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
