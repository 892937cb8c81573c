"""A person adds an Enectiva account, and chooses what the service cannot list. Chapters, in this order."""

from contextlib import AsyncExitStack

from playwright.sync_api import Locator, Page, expect
import pytest

from tests.simulators.enectiva import LOGIN_TOKEN
from tests.simulators.server import running as serving

from .accounts import DATA_SERIES, VIRTUAL_METER, enectiva_at_home
from .api import Api
from .background import Background
from .browser import USUAL, WIDE, Album, all_sensors, choose_integration, finish, log_in, shown, submit
from .conftest import OWNER
from .inventory import DOMAIN, Entity, only_entry

METER = "Main electricity"
CHOSEN = f"virtual_meter_{VIRTUAL_METER}"


@pytest.fixture(scope="module")
def address(loop: Background, stack: AsyncExitStack) -> str:
    """Where a simulated service is."""
    return loop.run(stack.enter_async_context(serving(enectiva_at_home()))).url


@pytest.fixture(scope="module")
def dialog(page: Page) -> Locator:
    """The dialog of a flow."""
    return page.locator("dialog-data-entry-flow")


def test_the_login_token_adds_the_account(page: Page, dialog: Locator, address: str) -> None:
    log_in(page, OWNER.username, OWNER.password)
    choose_integration(page, "Energy Clouds")
    dialog.get_by_text("Enectiva", exact=True).click()
    dialog.get_by_text("Advanced", exact=True).click()
    submit(dialog, token=LOGIN_TOKEN, url=address)
    finish(dialog)


def test_the_meter_shows_its_reading_and_its_month(page: Page, album: Album, loop: Background, api: Api) -> None:
    device = next(one for one in loop.run(only_entry(api)).devices if one.name == METER)
    # Names are cut short on a narrow page.
    page.set_viewport_size(WIDE)
    page.goto(f"/config/devices/device/{device.id}")
    for entity in device.entities:
        row = all_sensors(page).locator("hui-sensor-entity-row").filter(has_text=entity.name)
        expect(row).to_contain_text(f"{shown(entity.value, 1)} kWh")
    album.take("enectiva-device", page)
    page.set_viewport_size(USUAL)


def test_data_series_and_virtual_meters_are_typed_in(
    page: Page, dialog: Locator, album: Album, loop: Background, api: Api
) -> None:
    page.goto(f"/config/integrations/integration/{DOMAIN}")
    _open_options(page)
    for field, number in (("Data series", DATA_SERIES), ("Virtual meters", VIRTUAL_METER)):
        dialog.get_by_role("button", name=f"Add {field}").click()
        dialog.locator("ha-selector-text").filter(has_text=f"Add {field}").locator("input").fill(number)
    album.take("options-enectiva", page)
    submit(dialog)
    finish(dialog)
    found = _values(loop, api)
    assert found[f"data_series_{DATA_SERIES}"].valid
    assert found[CHOSEN].valid
    assert found[CHOSEN].unit == ""


def test_what_a_virtual_meter_counts_is_chosen(page: Page, dialog: Locator, loop: Background, api: Api) -> None:
    _open_options(page)
    meters = dialog.locator("ha-selector-select").filter(has_text="Meters of electricity")
    meters.get_by_role("button", name="Add").click()
    page.get_by_role("option").filter(has_text="Virtual meter 501").click()
    submit(dialog)
    finish(dialog)
    counted = _values(loop, api)[CHOSEN]
    assert counted.valid
    assert (counted.unit, counted.device_class) == ("kWh", "energy")


def _open_options(page: Page) -> None:
    page.locator("ha-config-entry-row").get_by_role("button", name="Configure").click()


def _values(loop: Background, api: Api) -> dict[str, Entity]:
    """Return the first entity of each device."""
    return {device.vendor_id: device.entities[0] for device in loop.run(only_entry(api)).devices if device.entities}
