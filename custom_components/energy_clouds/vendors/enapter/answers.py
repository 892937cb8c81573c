"""From the bodies of Enapter's answers to sites, devices and the latest telemetry.

The shapes are those that the documents and the vendor's own clients show; of every field, other spellings are in use
too. What has no id is left out, and a row that cannot be read costs itself only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ..errors import CannotConnect, UnexpectedAnswer
from ..http import Answer
from ..values import first, identifier, json_object, name, number

TOKEN_HEADER: Final = "X-Enapter-Auth-Token"  # noqa: S105 - its name, not a token
ONLINE: Final = "ONLINE"
OFFLINE: Final = "OFFLINE"
MOST_RAISED: Final = 200
_COMMUNICATIONS: Final = ("communication", "communication_info")
_anything: Final = msgspec.json.Decoder()
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list: Final = msgspec.json.Decoder(list[msgspec.Raw])

type Item = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list; how many it sent, and how many there are in all, where it says so."""

    items: Sequence[Item]
    received: int
    total: int | None


_ROLES: Final = ("READONLY", "USER", "OWNER", "INSTALLER", "VENDOR", "SYSTEM")
"""Each may do what those before it may (Enapter HTTP API, "Authorization")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSite:
    """A site as it is listed."""

    id: str
    name: str | None
    timezone: str | None
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """A device as it is listed.

    `version` changes when its manifest may have. `online` is None where nobody knows. `raised` are the alerts that are
    raised, None where the list does not tell; `manifest` is None where the list has none. `role` is the rank of the
    token's role at the device, None where nobody knows.
    """

    id: str
    name: str | None
    type: str
    site_id: str | None
    parent_id: str | None
    blueprint: str | None
    version: str
    profiles: tuple[str, ...]
    properties: Item
    online: bool | None
    raised: tuple[str, ...] | None
    manifest: Item | None
    role: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What an attribute was last, and when. Raw: nobody has looked yet at whether it is what was declared."""

    timestamp: object
    value: object


def page_of(answer: Answer, key: str) -> Page:
    """The rows of a list. Raises `UnexpectedAnswer` where there is no list under `key`, `CannotConnect` for no JSON."""
    try:
        body = answer.decode(_object)
        rows = _part(answer, body.get(key)).decode(_list)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: no list '{key}'") from err
    items = [item for row in rows if isinstance(item := _decoded(_part(answer, row)), dict)]
    total = number(_decoded(_part(answer, body.get("total_count"))))
    return Page(items, len(rows), int(total) if total is not None and total > 0 else None)


def one_of(answer: Answer, key: str) -> Item | None:
    """The object under `key`; None where there is none."""
    found = json_object(answer).get(key)
    return found if isinstance(found, dict) else None


def site_of(item: Item) -> ListedSite | None:
    """A site; None for one without an id."""
    site_id = identifier(item.get("id"))
    if site_id is None:
        return None
    return ListedSite(
        id=site_id,
        name=name(item.get("name")),
        timezone=name(item.get("timezone")),
        archived=item.get("archived") is True,
    )


def device_of(item: Item) -> ListedDevice | None:
    """A device; None for one without an id."""
    device_id = identifier(item.get("id"))
    if device_id is None:
        return None
    communication = first(item, _COMMUNICATIONS)
    properties, manifest = item.get("properties"), item.get("manifest")
    blueprint = identifier(item.get("blueprint_id"))
    return ListedDevice(
        id=device_id,
        name=name(item.get("name")),
        type=(name(item.get("type")) or "").upper(),
        site_id=identifier(item.get("site_id")),
        parent_id=identifier(communication.get("upstream_id")) if isinstance(communication, dict) else None,
        blueprint=blueprint,
        version=f"{name(str(item.get('updated_at')))} {blueprint}",
        profiles=texts(item.get("implemented_profiles")),
        properties=properties if isinstance(properties, dict) else {},
        online=_online(item.get("connectivity")),
        raised=_raised(item["raised_alert_names"]) if "raised_alert_names" in item else None,
        manifest=manifest if isinstance(manifest, dict) else None,
        role=rank_of(item.get("authorized_role")),
    )


def latest_of(answer: Answer) -> Iterator[tuple[str, str, Entry]]:
    """Device, attribute and entry of everything that has a time. Raises what `page_of` raises.

    Entries without a timestamp are those of attributes that are not there, or have no recent value.
    """
    try:
        body = answer.decode(_object)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: no object") from err
    # An older page of the documents has the devices without the wrapper.
    devices = _object_of(_part(answer, body["telemetry"])) if "telemetry" in body else body
    for device_id, attributes in devices.items():
        for attribute, raw in _object_of(_part(answer, attributes)).items():
            entry = _decoded(_part(answer, raw))
            if isinstance(entry, dict) and entry.get("timestamp") is not None and "value" in entry:
                yield device_id, attribute, Entry(entry["timestamp"], entry["value"])


def rank_of(role: object) -> int | None:
    """How much a role may do, in whichever of its two spellings; None for one that nobody knows."""
    text = role.upper().replace("_", "") if isinstance(role, str) else ""
    return _ROLES.index(text) if text in _ROLES else None


def names_a_bad_token(answer: Answer) -> bool:
    """Whether a refusal's body says that the token is not valid (Enapter HTTP API, "Error Object")."""
    errors = json_object(answer).get("errors")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict) and error.get("code") == "invalid_header":
            details = error.get("details")
            header = details.get("header") if isinstance(details, dict) else None
            if header is None or str(header).lower() == TOKEN_HEADER.lower():
                return True
    return False


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list that are fit to be ids; none where it is no list."""
    return tuple(text for one in value if (text := identifier(one)) is not None) if isinstance(value, list) else ()


def _part(answer: Answer, raw: msgspec.Raw | None) -> Answer:
    """A part of an answer, to be decoded by itself: what is wrong with it is then its own."""
    return Answer(endpoint=answer.endpoint, status=answer.status, body=b"null" if raw is None else bytes(raw))


def _decoded(part: Answer) -> object:
    try:
        return part.decode(_anything)
    except CannotConnect, msgspec.ValidationError:
        return None


def _object_of(part: Answer) -> Mapping[str, msgspec.Raw]:
    try:
        return part.decode(_object)
    except CannotConnect, msgspec.ValidationError:
        return {}


def _online(connectivity: object) -> bool | None:
    """Version 1 had `online`; now there is a status, which may be missing, or in lower case."""
    if not isinstance(connectivity, dict):
        return None
    online, status = connectivity.get("online"), connectivity.get("status")
    if isinstance(online, bool) and status is None:
        return online
    return {ONLINE: True, OFFLINE: False}.get(status.upper()) if isinstance(status, str) else None


def _raised(value: object) -> tuple[str, ...] | None:
    """The raised alerts; null says that there is none, anything else nothing."""
    if value is None:
        return ()
    return raised_in(value)


def raised_in(value: object) -> tuple[str, ...] | None:
    """The alerts of a list, each once, in the order of their names; None where it is no list."""
    return tuple(sorted(set(texts(value))))[:MOST_RAISED] if isinstance(value, list) else None
