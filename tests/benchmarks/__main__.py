"""`scripts/benchmark`: measures, prints the table, and fails if a target is missed."""

import argparse
import asyncio
import logging
import sys

import custom_components.energy_clouds  # noqa: F401  before the test plugin mounts another package of that name

from . import importing
from .figure import table


def main() -> int:
    """Measure everything, and return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="What Energy Clouds costs, as ratios.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (else 3)")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    figures = asyncio.run(importing.measure(options.rounds))
    sys.stdout.write(f"{table(figures)}\n")
    return 0 if all(figure.is_good for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
