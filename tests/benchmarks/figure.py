"""What a measurement is, and how its figures are told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import statistics
import time


@dataclass(slots=True)
class Stretch:
    """How long something took; for how long nobody else in the event loop had a turn at most, and how much of that the
    loop itself worked; in seconds.

    The rest of such a time it waited for other threads, or other processes of the machine.
    """

    took: float = 0.0
    held: float = 0.0
    worked: float = 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: what was measured, against which target."""

    what: str
    floor: str
    value: float
    target: float
    unit: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target


@asynccontextmanager
async def stretch() -> AsyncIterator[Stretch]:
    """Measure what is done within, while a task of its own looks every millisecond whether it gets its turn."""
    measured, running = Stretch(), True

    async def look() -> None:
        last, worked = time.perf_counter(), time.thread_time()
        while running:
            await asyncio.sleep(0.001)
            now, working = time.perf_counter(), time.thread_time()
            measured.held = max(measured.held, now - last - 0.001)
            measured.worked = max(measured.worked, working - worked)
            last, worked = now, working

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    start = time.perf_counter()
    try:
        yield measured
    finally:
        measured.took = time.perf_counter() - start
        running = False
        await looking


def median_ratio(floors: Sequence[float], values: Sequence[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(value / floor for floor, value in zip(floors, values, strict=True))


def table(figures: Sequence[Figure]) -> str:
    """The figures in Markdown."""
    lines = ["| what | floor | measured | target | |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.what} | {one.floor} | {one.value:.2f}{one.unit} | {one.target:g}{one.unit} | "
        f"{'met' if one.is_good else '**missed**'} |"
        for one in figures
    ]
    return "\n".join(lines)
