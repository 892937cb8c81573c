"""What the tests of security share: an account at every vendor."""

from typing import Any

import pytest

from .homes import HOMES, Home


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture(params=list(HOMES.values()), ids=list(HOMES))
def home(request: pytest.FixtureRequest) -> Home[Any]:
    """Each vendor's account in turn."""
    home: Home[Any] = request.param
    return home
