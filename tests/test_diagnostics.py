"""Diagnostics help us without telling anything that is the user's own."""

import json
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_dumps
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY

from .conftest import ACCOUNT_ID, Account


async def download(hass: HomeAssistant, account: Account) -> dict[str, Any]:
    diagnostics: dict[str, Any] = json.loads(json_dumps(await async_get_config_entry_diagnostics(hass, account.entry)))
    return diagnostics


async def test_shapes_budget_and_ages_are_there(
    hass: HomeAssistant, account: Account, snapshot: SnapshotAssertion
) -> None:
    await account.set_up()
    await account.polls(3)
    diagnostics = await download(hass, account)
    assert diagnostics["budget"].pop("used") >= 8
    assert diagnostics["credentials"] == {
        "api_key": "**REDACTED**",
        "environment": "production",
        "url": "**REDACTED**",
    }
    assert diagnostics == snapshot


async def test_nothing_of_the_users_own_is_in_it(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"excluded_devices": ["meter-building-a-002"]})
    await account.polls(3)
    text = json.dumps(await download(hass, account))
    private = [PRODUCTION_KEY, ACCOUNT_ID, str(account.server.port), "meter-building", "esl-nt3", "pgw-nec"]
    now = account.simulator.clock()
    private += [meter.fields(now)["deviceName"] for meter in account.simulator.meters.values()]
    assert [word for word in private if word in text] == []


async def test_outage_is_in_it(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.RateLimited(600))
    await account.polls(2)
    diagnostics = await download(hass, account)
    assert diagnostics["polling"]["last_error"]
    assert 0 < diagnostics["budget"]["held_for_seconds"] <= 601


async def test_account_that_is_not_set_up_tells_why(hass: HomeAssistant, account: Account) -> None:
    await account.start()
    await account.server.stop()
    await hass.config_entries.async_setup(account.entry.entry_id)
    diagnostics = await download(hass, account)
    assert diagnostics["state"] == "setup_retry"
    assert "could not be reached" in diagnostics["reason"]
    assert diagnostics["budget"]["allowed"] == 240
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=account.entry.entry_id, identifiers={(DOMAIN, f"{ACCOUNT_ID}_meter")}, name="Meter"
    )
    assert await async_get_device_diagnostics(hass, account.entry, device) == {"state": "setup_retry"}


async def test_device(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    registry = dr.async_get(hass)
    for identifier, kind in ((f"{ACCOUNT_ID}_meter-building-a-001", "meter"), (ACCOUNT_ID, None)):
        device = registry.async_get_device_by_identifier((DOMAIN, identifier), account.entry.entry_id)
        assert device is not None
        diagnostics = await async_get_device_diagnostics(hass, account.entry, device)
        assert diagnostics.get("kind") == kind
        if kind:
            assert 0 < diagnostics["age_of_newest_sample_seconds"]["imp"] < 120


async def test_the_key_is_nowhere(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    account: Account,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Through a day with every kind of trouble, the log at debug level, states, registries and stores stay clean."""
    await account.set_up()
    echo = {"error": "Forbidden", "message": f"No {PRODUCTION_KEY}", "errors": {PRODUCTION_KEY: [PRODUCTION_KEY]}}
    for fault in (
        faults.Status(400, echo),
        faults.Status(401, echo),
        faults.Status(403, echo),
        faults.Status(404, echo),
        faults.Status(422, echo),
        faults.Status(500, echo),
        faults.RateLimited(1),
        faults.HtmlPage(200, f"<html>{PRODUCTION_KEY}"),
        faults.Redirect(f"http://127.0.0.1:9/?key={PRODUCTION_KEY}"),
        faults.ConnectionReset(),
        faults.Answer({"data": {PRODUCTION_KEY: PRODUCTION_KEY}, "devices": {PRODUCTION_KEY: 1}}),
    ):
        account.simulator.faults.add(fault, times=2)
        await account.polls(3)
        account.simulator.faults.clear()
        if hass.config_entries.flow.async_progress():
            await hass.config_entries.async_reload(account.entry.entry_id)
            await hass.async_block_till_done()
    diagnostics = await download(hass, account)
    stored = {key: value for key, value in hass_storage.items() if key != "core.config_entries"}
    places = {
        "log": caplog.text,
        "diagnostics": json.dumps(diagnostics),
        "states": str(hass.states.async_all()),
        "stores": json.dumps(stored, default=str),
        "devices": str(dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)),
        "title": account.entry.title,
        "flows": str(hass.config_entries.flow.async_progress()),
        "URLs": str([request.path + request.query_string for request in account.simulator.requests]),
    }
    assert [place for place, text in places.items() if re.search(PRODUCTION_KEY, text)] == []
