"""Every fault against every vendor: nothing wrong shown, nothing lost, nobody bothered without need."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
import pytest

from custom_components.energy_clouds.vendors import VENDORS
from tests.conftest import MakeAccount

from .cell import Cell
from .table import FAULTS, Fault


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.mark.parametrize("vendor", sorted(VENDORS))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_cell(
    fault: Fault,
    vendor: str,
    *,
    hass: HomeAssistant,
    make_account: MakeAccount,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    cell = Cell(hass, make_account, vendor, fault)
    outcome = await cell.live(monkeypatch, caplog)
    record_property("cell", (fault.name, vendor, str(outcome)))
    assert "\n".join(outcome.wrong) == ""
