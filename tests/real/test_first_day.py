"""A person's first day: from the login to a graph, in the browser. The tests are its chapters, in this order."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Download, Page, expect

from tests.simulators.enpact import PRODUCTION_KEY

from . import hygiene
from .api import Api
from .background import Background
from .browser import Album, choose_integration, log_in, shown
from .conftest import OWNER
from .home_assistant import HomeAssistant
from .inventory import DOMAIN, Entity, only_entry

WRONG_KEY = PRODUCTION_KEY[::-1]
METER = "Main incomer"
PICTURED = timedelta(minutes=5)
"""How much of the graph is waited for where pictures are wanted."""


def test_log_in(page: Page) -> None:
    log_in(page, OWNER.username, OWNER.password)


def test_a_wrong_key_is_refused_at_its_field(page: Page, enpact: str, album: Album) -> None:
    dialog = choose_integration(page, "Energy Clouds")
    expect(dialog.get_by_text("Where is your account?")).to_be_visible()
    album.take("add-account", page)
    dialog.get_by_text("Enpact", exact=True).click()
    dialog.locator("input[name=api_key]").fill(WRONG_KEY)
    dialog.get_by_text("Advanced", exact=True).click()
    dialog.locator("input[name=url]").fill(enpact)
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog.locator("ha-alert")).to_have_text("This is not accepted: it is mistyped, has expired or was revoked.")
    expect(dialog.locator("input[name=api_key]")).to_have_value("")
    album.take("wrong-key", page)


def test_the_right_key_adds_the_account(page: Page, album: Album, loop: Background, api: Api) -> None:
    dialog = page.locator("dialog-data-entry-flow")
    dialog.locator("input[name=api_key]").fill(PRODUCTION_KEY)
    dialog.get_by_role("button", name="Submit").click()
    finish = dialog.get_by_role("button", name="Skip and finish")
    finish.wait_for()
    album.take("account-added", page)
    finish.click()
    dialog.wait_for(state="hidden")
    entry = loop.run(only_entry(api))
    assert entry.state == "loaded"
    assert all(entity.valid for entity in entry.measuring())


def test_the_device_page_shows_entities_and_values(page: Page, album: Album, loop: Background, api: Api) -> None:
    page.goto(f"/config/integrations/integration/{DOMAIN}")
    page.get_by_text(METER, exact=True).click()
    sensors = page.locator("ha-device-entities-card").filter(has_text="Sensors")
    for entity in _meter(loop, api).values():
        if entity.id.startswith("sensor."):
            expect(sensors.get_by_text(entity.name, exact=True)).to_be_visible()
    for attempt in reversed(range(3)):
        total_power = _meter(loop, api)["p_total"]
        row = sensors.locator("hui-sensor-entity-row").filter(has_text=total_power.name)
        try:
            expect(row.filter(has_text=f"{shown(total_power.value, 0)} W")).to_be_visible(timeout=3000)
        except AssertionError:
            # A poll may have come between reading the value and looking for it, but not each time.
            if not attempt:
                raise
        else:
            break
    album.take("device", page)


def test_the_device_list_shows_them_all(page: Page, album: Album, loop: Background, api: Api) -> None:
    page.goto(f"/config/devices/dashboard?config_entry={loop.run(only_entry(api)).id}")
    expect(page.get_by_text("EV chargers", exact=True)).to_be_visible()
    expect(page.get_by_placeholder("Search 22 devices")).to_be_visible()
    album.take("devices", page)


def test_the_power_has_a_graph(page: Page, album: Album, loop: Background, api: Api) -> None:
    start = datetime.now(UTC)
    total_power = _meter(loop, api)["p_total"]
    while album.is_wanted and datetime.now(UTC) - start < PICTURED:
        page.wait_for_timeout(1000)
    end = datetime.now(UTC)
    begin = end - (PICTURED if album.is_wanted else timedelta(minutes=1))
    query = urlencode({"entity_id": total_power.id, "start_date": begin.isoformat(), "end_date": end.isoformat()})
    page.goto(f"/history?{query}")
    expect(page.locator("state-history-chart-line canvas").first).to_be_visible()
    expect(page.locator("state-history-chart-line").get_by_text(METER)).to_be_visible()
    album.take("graph", page)


def test_diagnostics_hold_no_key(page: Page, loop: Background, api: Api) -> None:
    meter = next(device for device in loop.run(only_entry(api)).devices if device.name == METER)
    page.goto(f"/config/devices/device/{meter.id}")
    with page.expect_download() as of_device:
        page.get_by_text("Download diagnostics").click()
    assert json.loads(_text(of_device.value))["data"]["kind"] == "meter"
    page.goto(f"/config/integrations/integration/{DOMAIN}")
    page.locator("ha-config-entry-row").get_by_role("button", name="Menu").first.click()
    with page.expect_download() as of_account:
        page.get_by_text("Download diagnostics").click()
    text = _text(of_account.value)
    assert json.loads(text)["data"]["vendor"] == "enpact"
    assert PRODUCTION_KEY not in text + _text(of_device.value)


def test_the_log_is_quiet(loop: Background, api: Api, home_assistant: HomeAssistant) -> None:
    assert hygiene.check_log(home_assistant, [loop.run(only_entry(api))]) == []


def _meter(loop: Background, api: Api) -> dict[str, Entity]:
    return next(device.enabled() for device in loop.run(only_entry(api)).devices if device.name == METER)


def _text(download: Download) -> str:
    return Path(download.path()).read_text()
