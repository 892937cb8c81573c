"""Credentials and options: from the environment, else from the person at the terminal."""

from collections.abc import Callable, Iterator, Sequence
import getpass
import os
import sys
import warnings

from vendors import Vendor
from vendors.base import CredentialField, Credentials, FieldKind, OptionField, OptionKind, Options

_YES = frozenset({"1", "true", "yes", "on", "y"})
_NO = frozenset({"0", "false", "no", "off", "n"})


class MissingError(Exception):
    """Something that was not entered, or cannot be. The text names the variable, never what it holds."""


def variables(vendor: type[Vendor]) -> Iterator[tuple[str, bool]]:
    """The environment variables of a vendor, and whether each is asked for without being sought."""
    for field in vendor.credential_fields:
        yield _variable(vendor, field.key), _is_needed(field)
    for option in vendor.option_fields:
        yield _variable(vendor, option.key), False


def entered_credentials(vendor: type[Vendor], *, advanced: bool) -> Credentials:
    """All fields of the form that have a value, as the config flow would have them. Raises `MissingError`."""
    entered: dict[str, str | bool] = {}
    for field in vendor.credential_fields:
        value = _credential(vendor, field, asked=not field.on_demand and (advanced or _is_needed(field)))
        if value not in (None, ""):
            entered[field.key] = value
    return entered


def entered_on_demand(vendor: type[Vendor], key: str | None) -> dict[str, str]:
    """A field that signing in turned out to need; nothing where it is none, or nobody can be asked."""
    demanded = any(field.on_demand and field.key == key for field in vendor.credential_fields)
    if key is None or not demanded or not sys.stdin.isatty():
        return {}
    return {key: _asked(f"{vendor.title}: {key}: ", secret=True)}


def entered_options(vendor: type[Vendor], *, advanced: bool) -> Options:
    """The vendor's own options that are set. Raises `MissingError`."""
    entered: dict[str, object] = {}
    for field in vendor.option_fields:
        variable = _variable(vendor, field.key)
        text = os.environ.get(variable, "").strip()
        if not text and advanced and sys.stdin.isatty():
            text = _asked(f"{vendor.title}: option {field.key}{_hint_of(field)}: ", secret=False)
        if text and (value := _option(field, text, variable)):
            entered[field.key] = value
    return entered


def _variable(vendor: type[Vendor], key: str) -> str:
    return f"{vendor.key}_{key}".upper()


def _is_needed(field: CredentialField) -> bool:
    return field.required and not field.advanced


def _credential(vendor: type[Vendor], field: CredentialField, *, asked: bool) -> str | bool | None:
    variable = _variable(vendor, field.key)
    text = os.environ.get(variable, "").strip()
    if not text and asked and sys.stdin.isatty():
        default = "" if field.default is None else f" [{_written(field.default)}]"
        choices = f" ({'/'.join(field.choices)})" if field.choices else ""
        prompt = f"{vendor.title}: {field.key}{choices}{default}: "
        text = _asked(prompt, secret=field.kind in (FieldKind.SECRET, FieldKind.CODE))
    if text:
        return _converted(field, text, variable)
    if field.default is None and field.required:
        raise MissingError(f"{field.key} is missing: set {variable}, or start this on a terminal to be asked for it")
    return field.default


def _converted(field: CredentialField, text: str, variable: str) -> str | bool:
    match field.kind:
        case FieldKind.CHOICE:
            return _chosen(field.choices, text, variable)
        case FieldKind.SWITCH:
            return _switched(text, variable)
        case _:
            return text


def _option(field: OptionField, text: str, variable: str) -> object:
    match field.kind:
        case OptionKind.SWITCH:
            return _switched(text, variable)
        case OptionKind.IDS | OptionKind.DEVICES:
            return list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
        case _:
            return _chosen(field.choices, text, variable)


def _hint_of(field: OptionField) -> str:
    match field.kind:
        case OptionKind.SWITCH:
            return " (yes/no)"
        case OptionKind.IDS | OptionKind.DEVICES:
            return " (ids, separated by commas)"
        case _:
            return f" ({', '.join(field.choices)})"


def _chosen(choices: Sequence[str], text: str, variable: str) -> str:
    chosen = [choice for choice in choices if choice == text] or [
        choice for choice in choices if choice.casefold() == text.casefold()
    ]
    if len(chosen) != 1:
        raise MissingError(f"{variable} must be one of: {', '.join(choices)}")
    return chosen[0]


def _switched(text: str, variable: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise MissingError(f"{variable} must be yes or no")
    return text.casefold() in _YES


def _written(default: str | bool) -> str:
    return default if isinstance(default, str) else ("yes" if default else "no")


def _asked(prompt: str, *, secret: bool) -> str:
    """What a person typed, without the spaces around it; on the terminal, not in what is printed."""
    ask: Callable[[str], str] = _hidden if secret else _visible
    try:
        return ask(prompt).strip()
    except EOFError:
        return ""


def _hidden(prompt: str) -> str:
    with warnings.catch_warnings():
        # Rather not at all than with an echo.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except getpass.GetPassWarning:
            raise MissingError("this terminal cannot hide what is typed; use the environment") from None


def _visible(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline()
