"""Diagnostics help us without telling anything that is the user's own."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_dumps
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
