"""A person adds an Envitron account with every mistake there is, mends what breaks later. Chapters, in this order."""

from contextlib import AsyncExitStack
import re

from playwright.sync_api import Locator, Page, expect
import pytest

from tests.simulators.enectiva import EnectivaSimulator
from tests.simulators.envitron import MOST_OUTSTANDING, PASSWORD, USERNAME, EnvitronSimulator, EnvitronSwitches, User
from tests.simulators.server import running as serving

from .api import Api
from .background import Background
from .browser import Album, all_sensors, choose_integration, error_at, finish, log_in, submit
from .conftest import OWNER
from .inventory import DOMAIN, only_entry
from .texts import TEXTS, error

LOCKED_OUT_AFTER = 3
LOCKOUT = 10
"""Seconds: long enough to run into, short enough to wait for."""
CROWDED = "everybody@office.example"
NEW_PASSWORD = "a better horse battery staple"
_ISSUE = TEXTS["issues"]["too_many_tokens"]


@pytest.fixture(scope="module")
def envitron() -> EnvitronSimulator:
    """A service that locks out soon; one of its users has as many tokens as he may have."""
    switches = EnvitronSwitches(lockout_after=LOCKED_OUT_AFTER, lockout_seconds=LOCKOUT)
    simulator = EnvitronSimulator(switches=switches)
    simulator.users[CROWDED] = User(PASSWORD, 42, ())
    _use_up_tokens(simulator, CROWDED)
    return simulator


@pytest.fixture(scope="module")
def address(loop: Background, stack: AsyncExitStack, envitron: EnvitronSimulator) -> str:
    """Where it is."""
    return loop.run(stack.enter_async_context(serving(envitron))).url


@pytest.fixture(scope="module")
def elsewhere(loop: Background, stack: AsyncExitStack) -> str:
    """Where another service is."""
    return loop.run(stack.enter_async_context(serving(EnectivaSimulator()))).url


@pytest.fixture(scope="module")
def dialog(page: Page) -> Locator:
    """The dialog of a flow."""
    return page.locator("dialog-data-entry-flow")


def test_another_service_is_refused_at_the_address(page: Page, dialog: Locator, elsewhere: str) -> None:
    log_in(page, OWNER.username, OWNER.password)
    choose_integration(page, "Energy Clouds")
    dialog.get_by_text("Envitron", exact=True).click()
    submit(dialog, url=elsewhere, username=USERNAME, password=PASSWORD)
    expect(error_at(dialog, "url")).to_have_text(error("invalid_url"))
    expect(dialog.locator("ha-alert")).to_have_count(1)


def test_a_wrong_password_is_refused_at_its_field(page: Page, dialog: Locator, address: str, album: Album) -> None:
    submit(dialog, url=address, password="wrong")
    expect(error_at(dialog, "password")).to_have_text(error("invalid_auth"))
    expect(dialog.locator("ha-alert")).to_have_count(1)
    expect(dialog.locator("input[name=password]")).to_have_value("")
    expect(dialog.locator("input[name=username]")).to_have_value(USERNAME)
    album.take("envitron-wrong-password", page)


def test_who_guesses_on_is_locked_out(dialog: Locator) -> None:
    for _ in range(LOCKED_OUT_AFTER - 1):
        submit(dialog, password="wrong again")
        expect(dialog.locator("input[name=password]")).to_have_value("")
    submit(dialog, password=PASSWORD)
    expect(error_at(dialog, None)).to_have_text(error("locked_out"))
    expect(dialog.locator("ha-alert")).to_have_count(1)


def test_too_many_tokens_are_told(dialog: Locator) -> None:
    submit(dialog, username=CROWDED, password=PASSWORD)
    expect(error_at(dialog, None)).to_have_text(error("too_many_tokens"))
    expect(dialog.locator("ha-alert")).to_have_count(1)


def test_after_the_wait_the_account_is_added(
    page: Page, dialog: Locator, envitron: EnvitronSimulator, loop: Background, api: Api
) -> None:
    # The service counts in whole seconds, and so does who waits for it.
    page.wait_for_timeout((LOCKOUT + 2) * 1000)
    submit(dialog, username=USERNAME, password=PASSWORD)
    finish(dialog)
    entry = loop.run(only_entry(api))
    assert entry.state == "loaded"
    assert all(entity.valid for entity in entry.measuring())
    assert envitron.logins == 1


def test_the_building_shows_its_values(page: Page, album: Album, loop: Background, api: Api) -> None:
    building = next(device for device in loop.run(only_entry(api)).devices if device.name == "Office")
    assert {entity.unit for entity in building.entities} == {"W", "kWh"}
    page.goto(f"/config/devices/device/{building.id}")
    for entity in building.entities:
        row = all_sensors(page).locator("hui-sensor-entity-row").filter(has=page.get_by_text(entity.name, exact=True))
        expect(row).to_contain_text(re.compile(rf"\d\s{entity.unit}\b"))
    expect(page.get_by_text("EV chargers")).to_be_visible()
    album.take("envitron-device", page)


def test_a_changed_password_is_asked_for(
    page: Page, dialog: Locator, envitron: EnvitronSimulator, loop: Background, api: Api
) -> None:
    envitron.change_password(USERNAME, NEW_PASSWORD)
    envitron.revoke(USERNAME)
    _poll(loop, api)
    page.goto("/config/integrations/dashboard")
    page.get_by_role("button", name="Reconfigure").click()
    expect(dialog.get_by_text("Envitron does not accept the credential any more")).to_be_visible()
    submit(dialog, password=PASSWORD)
    expect(error_at(dialog, "password")).to_have_text(error("invalid_auth"))
    submit(dialog, password=NEW_PASSWORD)
    expect(dialog.get_by_text("Re-authentication was successful")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    dialog.wait_for(state="hidden")
    assert all(entity.valid for entity in loop.run(only_entry(api)).measuring())
    assert envitron.logins == 2


def test_too_many_tokens_are_a_repair(page: Page, envitron: EnvitronSimulator, loop: Background, api: Api) -> None:
    assert loop.run(api.issues(DOMAIN)) == []
    envitron.revoke(USERNAME)
    _use_up_tokens(envitron, USERNAME)
    _poll(loop, api)
    title = _ISSUE["title"].format(account=loop.run(only_entry(api)).title)
    page.goto("/config/repairs")
    page.get_by_text(title, exact=True).click()
    issue = page.locator("dialog-repairs-issue")
    for paragraph in _ISSUE["description"].split("\n\n"):
        expect(issue.get_by_text(paragraph, exact=True)).to_be_visible()


def test_the_repair_is_gone_with_the_account(page: Page, loop: Background, api: Api) -> None:
    loop.run(api.delete(f"/api/config/config_entries/entry/{loop.run(only_entry(api)).id}"))
    page.goto("/config/repairs")
    expect(page.get_by_text("There are currently no repairs pending")).to_be_visible()


def _use_up_tokens(envitron: EnvitronSimulator, username: str) -> None:
    user, now = envitron.users[username], envitron.clock()
    while envitron.outstanding(username) < MOST_OUTSTANDING:
        envitron.sessions.grant(user, now)


def _poll(loop: Background, api: Api) -> None:
    loop.run(api.refresh(loop.run(only_entry(api)).measuring()[0].id))
