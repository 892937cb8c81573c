"""What all tests share: Home Assistant with this integration, and the Enpact simulator on loopback."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

import custom_components  # noqa: F401  the test plugin mounts a package of that name, too late for ours

START = datetime(2026, 11, 17, 10, 0, 30, tzinfo=UTC)
"""A Tuesday morning on which an office building is busy."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as Home Assistant's own tests write them."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Let sockets be made; the test plugin lets them connect to 127.0.0.1 only."""
