"""`scripts/soak`: a simulated month with random faults. Exits 0, or says what is wrong."""

import argparse
from datetime import timedelta
import sys

import pytest_homeassistant_custom_component.patch_time  # noqa: F401  before anything of Home Assistant

import custom_components.energy_clouds  # noqa: F401  before the test plugin mounts another package of that name

from .run import Plan, soak
from .troubles import Pace


def main() -> int:
    """Read the arguments, and run."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description="A simulated month with random faults.")
    parser.add_argument("--days", type=float, default=30, help="how many days (else 30)")
    parser.add_argument("--seed", type=int, default=1, help="what the faults are drawn with (else 1)")
    parser.add_argument(
        "--recovery",
        type=float,
        default=60,
        help="how many hours without faults follow (else 60); 0: statistics are not compared",
    )
    parser.add_argument("--harsh", type=float, default=1, help="how many times as often something is wrong (else 1)")
    parser.add_argument("--history", type=int, default=7, help="how many days are imported at first (else 7)")
    options = parser.parse_args()
    return soak(
        Plan(
            days=options.days,
            seed=options.seed,
            pace=Pace().times(options.harsh),
            recovery=timedelta(hours=options.recovery),
            history_days=options.history,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
