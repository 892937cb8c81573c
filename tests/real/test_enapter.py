"""A person adds the Enapter gateway in the house, whose certificate is self-signed. Chapters, in this order."""

from contextlib import AsyncExitStack
import re

from playwright.sync_api import Locator, Page, ViewportSize, expect
import pytest

from tests.simulators.enapter import HYBRID_INVERTER, TOKEN, EnapterSimulator, running_tls

from . import hygiene
from .api import Api
from .background import Background
from .browser import USUAL, Album, all_sensors, choose_integration, error_at, finish, log_in, submit
from .conftest import OWNER
from .home_assistant import HomeAssistant
from .inventory import only_entry
from .texts import error

LARGE: ViewportSize = {"width": 1440, "height": 1420}
ALERT, ALERT_NAME = "low_voltage", "Low voltage"
WRONG_TOKEN = TOKEN[::-1]


@pytest.fixture(scope="module")
def gateway() -> EnapterSimulator:
    """A gateway; its inverter has raised an alert."""
    simulator = EnapterSimulator(gateway=True)
    simulator.raise_alert(HYBRID_INVERTER, ALERT)
    return simulator


@pytest.fixture(scope="module")
def address(loop: Background, stack: AsyncExitStack, gateway: EnapterSimulator) -> str:
    """Where it is, as a person would say it."""
    return loop.run(stack.enter_async_context(running_tls(gateway))).url.removeprefix("https://")


@pytest.fixture(scope="module")
def dialog(page: Page) -> Locator:
    """The dialog of a flow."""
    return page.locator("dialog-data-entry-flow")


def test_a_certificate_that_proves_nothing_is_refused(
    page: Page, dialog: Locator, gateway: EnapterSimulator, address: str, album: Album
) -> None:
    log_in(page, OWNER.username, OWNER.password)
    choose_integration(page, "Energy Clouds")
    dialog.get_by_text("Enapter", exact=True).click()
    expect(dialog.locator("input[name=url]")).to_have_value("https://api.enapter.com")
    expect(_verification(dialog)).to_be_checked()
    submit(dialog, url=address, token=TOKEN)
    expect(dialog.locator("ha-alert")).to_have_text(error("untrusted_certificate"))
    # It was not even sent, and does not come back to the browser either: Home Assistant holds it.
    expect(dialog.locator("input[name=token]")).to_have_value("")
    assert gateway.requests == []
    album.take("enapter-certificate", page)


def test_a_wrong_token_is_refused_at_its_field(dialog: Locator) -> None:
    _verification(dialog).press("Space")
    submit(dialog, token=WRONG_TOKEN)
    expect(error_at(dialog, "token")).to_have_text(error("invalid_auth"))
    expect(dialog.locator("ha-alert")).to_have_count(1)
    expect(dialog.locator("input[name=token]")).to_have_value("")
    expect(_verification(dialog)).not_to_be_checked()


def test_without_verification_the_gateway_is_added(dialog: Locator, loop: Background, api: Api) -> None:
    submit(dialog, token=TOKEN)
    finish(dialog)
    entry = loop.run(only_entry(api))
    assert entry.state == "loaded"
    assert entry.title == "Enapter Home"


def test_the_inverter_shows_numbers_words_and_its_alert(page: Page, album: Album, loop: Background, api: Api) -> None:
    inverter = next(one for one in loop.run(only_entry(api)).devices if one.vendor_id == HYBRID_INVERTER)
    # Names are cut short on a narrow page, and its alerts are at the end of a long one.
    page.set_viewport_size(LARGE)
    page.goto(f"/config/devices/device/{inverter.id}")
    for entity in inverter.enabled().values():
        if entity.id.startswith("sensor."):
            row = _named(all_sensors(page).locator("hui-sensor-entity-row"), entity.name)
            expect(row).to_contain_text(re.compile(rf"\d\s?{entity.unit}" if entity.unit else str(entity.state)))
    assert inverter.enabled()["own,raised_alerts"].state == ALERT_NAME
    states = page.locator("ha-device-entities-card").filter(has_text="Diagnostic")
    for name, text in (("Connection", "Connected"), ("Warnings", "Problem"), ("Errors", "OK")):
        expect(_named(states.locator("hui-simple-entity-row"), name)).to_contain_text(text)
    album.take("enapter-device", page)
    page.set_viewport_size(USUAL)


def test_the_log_is_quiet(loop: Background, api: Api, home_assistant: HomeAssistant) -> None:
    assert hygiene.check_log(home_assistant, [loop.run(only_entry(api))]) == []


def _named(rows: Locator, name: str) -> Locator:
    return rows.filter(has=rows.page.get_by_text(name, exact=True))


def _verification(dialog: Locator) -> Locator:
    return dialog.get_by_role("switch")
