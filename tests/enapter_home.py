"""An Enapter account for tests, in the cloud or at a gateway: what a person enters, and what is shown."""

from collections.abc import Collection, Mapping
from dataclasses import replace
import logging
from typing import Any

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.energy_clouds.const import CONF_ACCOUNT_ID, DOMAIN
from tests.simulators.enapter import HOME, POWER_METER, TOKEN, EnapterSimulator, EnapterSwitches

from .conftest import Account, MakeAccount

GATEWAY_ACCOUNT_ID = f"gateway_{HOME}"
PLATFORMS = ("sensor", "binary_sensor")

type Enapter = Account[EnapterSimulator]


def small(*kept: str, gateway: bool = False, **switches: Any) -> EnapterSimulator:
    """A service with these devices only."""
    simulator = EnapterSimulator(switches=EnapterSwitches(**switches), gateway=gateway)
    simulator.devices = {device: simulator.devices[device] for device in kept}
    return simulator


def at_gateway(make_account: MakeAccount, simulator: EnapterSimulator) -> Enapter:
    """The account of a gateway."""
    account: Enapter = make_account(simulator)
    account.row = replace(account.row, account_id=GATEWAY_ACCOUNT_ID, title="Enapter Home", path="/api")
    return account


def entered(url: str, token: str = TOKEN, *, verify_ssl: bool = True) -> dict[str, Any]:
    """What a person enters."""
    return {"url": url, "token": token, "verify_ssl": verify_ssl}


def entity_of(hass: HomeAssistant, account: Enapter, device: str, key: str) -> er.RegistryEntry | None:
    """The registered entity of a device's point."""
    registry, unique_id = er.async_get(hass), f"{account.entry.data[CONF_ACCOUNT_ID]}_{device}_{key}"
    found = (registry.async_get_entity_id(platform, DOMAIN, unique_id) for platform in PLATFORMS)
    return next((registry.async_get(entity_id) for entity_id in found if entity_id is not None), None)


def state_of(hass: HomeAssistant, account: Enapter, device: str, key: str) -> State:
    """The state of a device's point."""
    entity = entity_of(hass, account, device, key)
    assert entity is not None, key
    state = hass.states.get(entity.entity_id)
    assert state is not None, entity.entity_id
    return state


def shown(hass: HomeAssistant, account: Enapter, device: str, key: str) -> str:
    """What is shown of a device's point."""
    return state_of(hass, account, device, key).state


def shown_of(hass: HomeAssistant, account: Enapter, device: str) -> Mapping[str, str]:
    """What is shown of a device, by the keys of its points."""
    prefix = f"{account.entry.data[CONF_ACCOUNT_ID]}_{device}_"
    return {
        entity.unique_id.removeprefix(prefix): state.state
        for entity in er.async_entries_for_config_entry(er.async_get(hass), account.entry.entry_id)
        if entity.unique_id.startswith(prefix) and (state := hass.states.get(entity.entity_id)) is not None
    }


def registered_device(hass: HomeAssistant, account: Enapter, device: str) -> dr.DeviceEntry | None:
    """A device in the registry."""
    identifier = (DOMAIN, f"{account.entry.data[CONF_ACCOUNT_ID]}_{device}")
    found = dr.async_get(hass).async_get_device_by_identifier(identifier, account.entry.entry_id)
    assert found is None or isinstance(found, dr.DeviceEntry)
    return found


def truth(account: Enapter, device: str, attribute: str) -> Any:
    """What the service has as the newest value of an attribute now, in the words of its manifest."""
    row = account.simulator.truth(device, attribute, account.simulator.clock())
    about = account.simulator.devices[device].declared(attribute)
    assert row is not None
    assert about is not None
    words = {one["value"]: one["display_name"] for one in about.get("enum_with_metainfo", ())}
    return words.get(row.value, row.value) if not isinstance(row.value, list | dict) else row.value


def measured(hass: HomeAssistant, account: Enapter, device: str) -> set[str]:
    """What the points of a device's telemetry show."""
    states = shown_of(hass, account, device)
    return {state for key, state in states.items() if key != "own,connectivity" and "alert" not in key}


def truth_at_poll(account: Enapter, attribute: str, device: str = POWER_METER) -> Any:
    """What the service had as the newest value of an attribute when it was last asked."""
    row = account.simulator.truth(device, attribute, account.entry.runtime_data.last_success)
    assert row is not None
    return row.value


def shows(state: State, told: Any) -> bool:
    """Whether a state is what the service tells."""
    if isinstance(told, bool):
        return state.state == ("on" if told else "off")
    if isinstance(told, str) or "options" in state.attributes:
        return state.state == str(told)
    # Registers in Wh are shown in kWh.
    factor = 1000 if state.attributes.get("unit_of_measurement") == "kWh" and state.attributes.get("state_class") else 1
    value = float(state.state)
    return value == pytest.approx(told, abs=1e-6) or value * factor == pytest.approx(told, abs=1e-3)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as a warning or worse, by Home Assistant about this integration or by the integration."""
    # Every custom integration is said to be untested; the loop's own doubts are about the tests' pace.
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name not in ("homeassistant.loader", "asyncio")
    ]


def flows(hass: HomeAssistant) -> Collection[str]:
    """The sources of the dialogues that are open."""
    return [str(flow["context"]["source"]) for flow in hass.config_entries.flow.async_progress()]
