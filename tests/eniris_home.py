"""A small Eniris account for tests: one device of each kind, and what a person enters to add it."""

from collections.abc import Collection
import json
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.simulators import faults
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    ORPHAN,
    PASSWORD,
    ROOF,
    SITE,
    STRING,
    UNKNOWN,
    USERNAME,
    WITHOUT_SERIES,
    EnirisSimulator,
    EnirisSwitches,
)
from tests.simulators.server import Server

from .conftest import Account

TOKENS = f"{DOMAIN}.tokens"
HOUSE = frozenset({CONTROLLER, SITE, GRID_METER, INVERTER, BATTERY, CHARGER, HEAT_PUMP})
ONE_OF_EACH = HOUSE | {STRING, ROOF, UNKNOWN, ORPHAN, WITHOUT_SERIES}
METER = "sensor.family_home_lgf_digital_smart_meter_e360"
POWER = f"{METER}_power"
HEAT = "sensor.family_home_daikin_altherma_power"
IMPORTED = f"{METER}_imported_energy"
UNKNOWN_PATH = faults.Status(404, {"statusCode": 404, "error": "Not Found", "message": "Route not found"})
AN_HOUR = 66
"""Minutes until what is done hourly has been done for certain."""

type Eniris = Account[EnirisSimulator]


def small(kept: Collection[str] = HOUSE, *, switches: EnirisSwitches | None = None, **options: Any) -> EnirisSimulator:
    """A service with these devices only."""
    simulator = EnirisSimulator(switches=switches, **options)
    simulator.nodes = [node for node in simulator.nodes if node.node_id in kept]
    return simulator


def entered(server: Server, username: str = USERNAME, password: str = PASSWORD, **advanced: str) -> dict[str, Any]:
    """What a person enters."""
    return {
        "username": username,
        "password": password,
        "advanced": {"url": server.url, "auth_url": server.url, **advanced},
    }


def kept_tokens(hass_storage: dict[str, Any]) -> dict[str, Any]:
    """What is kept of tokens on disk, by credential."""
    kept: dict[str, Any] = hass_storage[TOKENS]["data"] if TOKENS in hass_storage else {}
    return json.loads(json.dumps(kept)) if kept else {}


def refresh_tokens(hass_storage: dict[str, Any]) -> list[str]:
    """The refresh tokens on disk."""
    return [grant["refresh"]["text"] for grant in kept_tokens(hass_storage).values()]


async def all_on_disk(hass: HomeAssistant, hass_storage: dict[str, Any]) -> dict[str, str]:
    """Everything that Home Assistant has on disk when it stops, as text by store."""
    hass.config_entries._async_schedule_save()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    hass.set_state(CoreState.running)
    stored = {key: json.dumps(store, default=str) for key, store in hass_storage.items()}
    assert {"core.config_entries", "core.entity_registry", "core.device_registry"} <= stored.keys()
    return stored


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """The log, without what the test tool itself says: it tells what it stores."""
    return "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("pytest_"))


def logins(account: Eniris) -> int:
    """How often somebody tried to sign in."""
    return account.requests.count("POST /auth/login")
