"""A short soak: what `scripts/soak` does for a month, for a few hours in which far more goes wrong."""

import asyncio
from pathlib import Path
import sys

ARGUMENTS = "--days 0.3 --seed 22 --harsh 12 --recovery 0 --history 1"
"""There are two outages, a crash and a wrong clock in it. Statistics are compared over more time elsewhere."""
ROOT = Path(__file__).parents[2]


async def test_some_hours_of_faults() -> None:
    # The soak has an event loop, and a clock, of its own.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak", *ARGUMENTS.split()),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
