"""What Home Assistant made of an account: its devices and entities with their states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .api import Api

DOMAIN = "energy_clouds"
INVALID = ("unavailable", "unknown")


@dataclass(frozen=True, slots=True)
class Entity:
    """A registered entity; `key` is its point's. A disabled one has no state."""

    id: str
    key: str
    enabled: bool
    name: str
    state: str | None
    unit: str
    device_class: str | None
    last_reset: datetime | None

    @property
    def valid(self) -> bool:
        """Say whether it shows a value."""
        return self.state is not None and self.state not in INVALID

    @property
    def value(self) -> float:
        """The state as a number; a flag's is 0 or 1."""
        state = self.state or ""
        return float({"on": 1, "off": 0}.get(state, state))


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device; `vendor_id` is the vendor's id of it, empty for the account's own."""

    id: str
    vendor_id: str
    name: str
    entities: Sequence[Entity]

    def enabled(self) -> dict[str, Entity]:
        """Return the enabled entities by the key of their point."""
        return {entity.key: entity for entity in self.entities if entity.enabled}


@dataclass(frozen=True, slots=True)
class Entry:
    """One account in Home Assistant."""

    id: str
    title: str
    state: str
    devices: Sequence[Device]

    def entities(self) -> list[Entity]:
        """Return all entities."""
        return [entity for device in self.devices for entity in device.entities]

    def measuring(self) -> list[Entity]:
        """Return the enabled entities of its devices, without those that tell of the account itself."""
        return [entity for device in self.devices if device.vendor_id for entity in device.entities if entity.enabled]


async def look_at(api: Api, entry_id: str) -> Entry:
    """Return what an account has in the registries and the state machine now."""
    entry = (await api.command("config_entries/get_single", entry_id=entry_id))["config_entry"]
    devices = await api.command("config/device_registry/list")
    entities = await api.command("config/entity_registry/list")
    states = {state["entity_id"]: state for state in await api.get("/api/states")}
    own = [device for device in devices if device["config_entry_id"] == entry_id]
    identifiers = {device["id"]: dict(device["identifiers"])[DOMAIN] for device in own}
    account = next((identifiers[device["id"]] for device in own if device.get("entry_type") == "service"), "")
    return Entry(
        id=entry_id,
        title=entry["title"],
        state=entry["state"],
        devices=[
            Device(
                id=device["id"],
                vendor_id=identifiers[device["id"]].removeprefix(account).removeprefix("_"),
                name=device.get("name_by_user") or device["name"],
                entities=[
                    _entity(entity, identifiers[device["id"]], states)
                    for entity in sorted(entities, key=lambda entity: str(entity["entity_id"]))
                    if entity["device_id"] == device["id"] and entity["config_entry_id"] == entry_id
                ],
            )
            for device in own
        ],
    )


async def only_entry(api: Api) -> Entry:
    """Return what the only account has."""
    [entry] = await api.command("config_entries/get", domain=DOMAIN)
    return await look_at(api, entry["entry_id"])


def _entity(entity: Mapping[str, Any], device: str, states: Mapping[str, Any]) -> Entity:
    state = states.get(entity["entity_id"], {})
    attributes = state.get("attributes", {})
    return Entity(
        id=entity["entity_id"],
        key=entity["unique_id"].removeprefix(f"{device}_"),
        enabled=entity["disabled_by"] is None,
        name=entity["name"] or entity["original_name"] or "",
        state=state.get("state"),
        unit=attributes.get("unit_of_measurement") or "",
        device_class=attributes.get("device_class"),
        last_reset=datetime.fromisoformat(reset) if (reset := attributes.get("last_reset")) else None,
    )
