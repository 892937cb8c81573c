"""A short soak: what `scripts/soak` does for a month, for a few hours in which far more goes wrong."""

import asyncio
from pathlib import Path
import sys

ROOT = Path(__file__).parents[2]


async def test_some_hours_of_faults() -> None:
    # The soak has an event loop, and a clock, of its own.
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.soak",
            "--days",
            "0.35",
            "--seed",
            "3",
            "--harsh",
            "12",
            "--recovery",
            "0",
            "--history",
            "1",
        ),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
