"""The clients wait for a few seconds only: what the world computes once is computed before they ask."""

import pytest

from tests.simulators.world import default_world

from .test_enapter import NOW


@pytest.fixture(autouse=True, scope="session")
def computed_world() -> None:
    """Add up all days of all meters until the day that the clients read."""
    world = default_world()
    for meter in (*world.meters.values(), *world.home.meters.values()):
        meter.registers(NOW)
    for utility in world.utilities.values():
        utility.register(NOW)
