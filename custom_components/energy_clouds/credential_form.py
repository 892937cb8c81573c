"""The form of a vendor's credentials, made from the vendor's own description of them."""

from collections.abc import Mapping
import re
from types import MappingProxyType
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import CONF_ADVANCED
from .vendors import Vendor
from .vendors.base import CredentialField, Credentials, FieldKind
from .vendors.model import Account

NOTHING: Credentials = MappingProxyType({})


def credential_schema(vendor: type[Vendor], current: Credentials, held: Credentials = NOTHING) -> vol.Schema:
    """The form, with the current values filled in, but for secrets: those that are `held` may be left empty.

    Advanced fields are in a section that is folded while they are empty.
    """
    plain = _fields(vendor, current, held, advanced=False)
    if advanced := _fields(vendor, current, held, advanced=True):
        unused = not any(current.get(field.key) for field in vendor.credential_fields if field.advanced)
        plain[vol.Required(CONF_ADVANCED)] = section(vol.Schema(advanced), {"collapsed": unused})
    return vol.Schema(plain)


def demand_schema(field: CredentialField) -> vol.Schema:
    """The form of a field that is asked for on demand."""
    marker = vol.Required if field.required else vol.Optional
    return vol.Schema({marker(field.key): _selector(field)})


def kept_credentials(vendor: type[Vendor], credentials: Credentials, account: Account) -> dict[str, str | bool]:
    """What is stored of a credential that has opened that account."""
    passing = {field.key for field in vendor.credential_fields if field.on_demand or not field.kept}
    kept = {key: value for key, value in credentials.items() if key not in passing}
    if account.address is not None:
        kept[next(field.key for field in vendor.credential_fields if field.kind is FieldKind.ADDRESS)] = account.address
    return kept


def entered_credentials(user_input: Mapping[str, Any]) -> dict[str, str | bool]:
    """What was entered, without the section, the spaces around it, and the fields left empty."""
    entered = {**user_input, **user_input.get(CONF_ADVANCED, {})}
    entered.pop(CONF_ADVANCED, None)
    values = {key: value.strip() if isinstance(value, str) else value for key, value in entered.items()}
    return {key: value for key, value in values.items() if value not in ("", None)}


def completed_credentials(vendor: type[Vendor], entered: Credentials, held: Credentials) -> Credentials:
    """What was entered, with the secrets that were left empty since they are held.

    Of an address only what leads to the service is taken: behind it may be somebody's token.
    """
    secrets = {field.key: held[field.key] for field in vendor.credential_fields if _is_held_secret(field, held)}
    addresses = {field.key for field in vendor.credential_fields if field.kind is FieldKind.ADDRESS}
    return secrets | {
        key: re.split("[?#]", str(value), maxsplit=1)[0] if key in addresses else value
        for key, value in entered.items()
    }


def as_private_as(vendor: type[Vendor], entered: Credentials, stored: Credentials) -> Credentials:
    """What was entered in the place of what is stored: no address of an account that has HTTPS leaves that open."""
    addresses = {
        field.key: f"https://{entered[field.key]}"
        for field in vendor.credential_fields
        if field.kind is FieldKind.ADDRESS
        and "://" not in str(entered.get(field.key, "://"))
        and not str(stored.get(field.key, "")).lower().startswith("http://")
    }
    return {**entered, **addresses}


def field_on_demand(vendor: type[Vendor], key: str | None) -> CredentialField | None:
    """The field of that key, if it is one that is asked for on demand."""
    return next((field for field in vendor.credential_fields if field.on_demand and field.key == key), None)


def first_field(vendor: type[Vendor], kind: FieldKind) -> str:
    """The key of the first field of that kind that can carry an error message, else `base`."""
    keys = (field.key for field in vendor.credential_fields if field.kind is kind and not field.advanced)
    return next(keys, "base")


def _fields(vendor: type[Vendor], current: Credentials, held: Credentials, *, advanced: bool) -> dict[vol.Marker, Any]:
    schema: dict[vol.Marker, Any] = {}
    for field in vendor.credential_fields:
        if field.advanced is not advanced or field.on_demand:
            continue
        marker = vol.Required if field.required and not _is_held_secret(field, held) else vol.Optional
        value = None if field.kind is FieldKind.SECRET else current.get(field.key, field.default)
        if field.kind is FieldKind.ADDRESS and "@" in str(value):
            # There is a password before it.
            value = None
        description = {"suggested_value": value} if value is not None else None
        if field.kind is FieldKind.CHOICE:
            schema[marker(field.key, default=value)] = _selector(field)
        else:
            schema[marker(field.key, description=description)] = _selector(field)
    return schema


def _is_held_secret(field: CredentialField, held: Credentials) -> bool:
    return field.kind is FieldKind.SECRET and field.key in held


def _selector(field: CredentialField) -> Selector[Any]:
    match field.kind:
        case FieldKind.SECRET:
            return TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
        case FieldKind.CODE:
            return TextSelector(TextSelectorConfig(autocomplete="one-time-code"))
        case FieldKind.USERNAME:
            return TextSelector(TextSelectorConfig(autocomplete="username"))
        case FieldKind.ADDRESS:
            return TextSelector(TextSelectorConfig(autocomplete="off"))
        case FieldKind.CHOICE:
            return SelectSelector(SelectSelectorConfig(options=list(field.choices), translation_key=field.key))
        case FieldKind.SWITCH:
            return BooleanSelector()
