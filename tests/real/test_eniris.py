"""A person with a second factor adds an Eniris account, and renews its session. Chapters, in this order."""

from contextlib import AsyncExitStack
import re
import time

from playwright.sync_api import Locator, Page, expect
import pytest

from tests.simulators.eniris import BATTERY, PASSWORD, TOTP, USERNAME, EnirisSimulator, EnirisSwitches
from tests.simulators.server import running as serving

from .api import Api
from .background import Background
from .browser import Album, all_sensors, choose_integration, error_at, finish, log_in, submit
from .conftest import OWNER
from .inventory import DOMAIN, Entry, only_entry
from .texts import FORMS, error

WRONG_CODE = "111111"
PAUSE = 32
"""Seconds in which no other token is asked for, and a little more."""


@pytest.fixture(scope="module")
def eniris() -> EnirisSimulator:
    """A service whose user has an authenticator app."""
    return EnirisSimulator(switches=EnirisSwitches(two_factor="token_refused"))


@pytest.fixture(scope="module")
def address(loop: Background, stack: AsyncExitStack, eniris: EnirisSimulator) -> str:
    """Where it is."""
    return loop.run(stack.enter_async_context(serving(eniris))).url


@pytest.fixture(scope="module")
def dialog(page: Page) -> Locator:
    """The dialog of a flow."""
    return page.locator("dialog-data-entry-flow")


def test_a_wrong_password_is_refused_at_its_field(page: Page, dialog: Locator, address: str) -> None:
    log_in(page, OWNER.username, OWNER.password)
    choose_integration(page, "Energy Clouds")
    dialog.get_by_text(FORMS["user"]["menu_options"]["eniris"], exact=True).click()
    dialog.get_by_text("Advanced", exact=True).click()
    submit(dialog, username=USERNAME, password="wrong", url=address, auth_url=address)
    expect(error_at(dialog, "password")).to_have_text(error("invalid_auth"))
    expect(dialog.locator("ha-alert")).to_have_count(1)
    expect(dialog.locator("input[name=password]")).to_have_value("")
    expect(dialog.locator("input[name=username]")).to_have_value(USERNAME)
    expect(dialog.locator("input[name=auth_url]")).to_have_value(address)


def test_the_right_password_needs_a_code(page: Page, dialog: Locator, album: Album) -> None:
    submit(dialog, password=PASSWORD)
    _expect_code_to_be_asked_for(dialog)
    expect(dialog.locator("ha-alert")).to_have_count(0)
    album.take("eniris-code", page)


def test_a_wrong_code_is_refused_at_its_field(dialog: Locator) -> None:
    submit(dialog, code=WRONG_CODE)
    expect(error_at(dialog, "code")).to_have_text(error("invalid_code"))
    expect(dialog.locator("ha-alert")).to_have_count(1)
    expect(dialog.locator("input[name=code]")).to_have_value("")


def test_no_code_has_one_sent(dialog: Locator) -> None:
    submit(dialog)
    expect(error_at(dialog, "code")).to_have_text(error("code_sent"))


def test_the_right_code_adds_the_account(page: Page, dialog: Locator, album: Album, loop: Background, api: Api) -> None:
    submit(dialog, code=TOTP)
    finish(dialog)
    entry = loop.run(only_entry(api))
    _expect_values(entry)
    page.goto(f"/config/integrations/integration/{DOMAIN}")
    expect(page.locator("ha-config-entry-device-row")).to_have_count(len(entry.devices))
    album.take("eniris-account", page)


def test_the_battery_shows_numbers_and_words(page: Page, album: Album, loop: Background, api: Api) -> None:
    battery = next(one for one in loop.run(only_entry(api)).devices if one.vendor_id == BATTERY)
    page.goto(f"/config/devices/device/{battery.id}")
    for entity in battery.enabled().values():
        row = all_sensors(page).locator("hui-sensor-entity-row").filter(has=page.get_by_text(entity.name, exact=True))
        expect(row).to_contain_text(re.compile(rf"\d\s?{entity.unit}" if entity.unit else str(entity.state)))
    album.take("eniris-device", page)


def test_an_ended_session_asks_for_the_password_and_a_code(
    page: Page, dialog: Locator, eniris: EnirisSimulator, loop: Background, api: Api
) -> None:
    eniris.revoke_refresh_tokens()
    eniris.revoke_access_tokens()
    # Once may be a mistake of the service: it is not asked for another token at once.
    _poll(loop, api)
    page.wait_for_timeout(PAUSE * 1000)
    _poll(loop, api)
    page.goto("/config/integrations/dashboard")
    page.get_by_role("button", name="Reconfigure").click()
    expect(dialog.get_by_text(FORMS["reauth_confirm"]["title"].format(vendor="Eniris"))).to_be_visible()
    expect(dialog.locator("input[name=username]")).to_have_value(USERNAME)
    submit(dialog, password="wrong")
    expect(error_at(dialog, "password")).to_have_text(error("invalid_auth"))
    submit(dialog, password=PASSWORD)
    _expect_code_to_be_asked_for(dialog)
    submit(dialog, code=TOTP)
    expect(dialog.get_by_text("Re-authentication was successful")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    dialog.wait_for(state="hidden")
    _expect_values(_set_up(loop, api))


def _expect_code_to_be_asked_for(dialog: Locator) -> None:
    expect(dialog.get_by_text(FORMS["eniris_code"]["title"], exact=True)).to_be_visible()
    expect(dialog.locator("input[name=code]")).to_have_value("")


def _set_up(loop: Background, api: Api) -> Entry:
    """Return the account once it is set up again."""
    deadline = time.monotonic() + 20
    while (entry := loop.run(only_entry(api))).state == "setup_in_progress" and time.monotonic() < deadline:
        time.sleep(0.2)
    return entry


def _expect_values(entry: Entry) -> None:
    assert entry.state == "loaded"
    assert all(entity.valid for entity in entry.measuring())


def _poll(loop: Background, api: Api) -> None:
    loop.run(api.refresh(loop.run(only_entry(api)).measuring()[0].id))
