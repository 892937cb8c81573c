"""What must never be printed, and what only a person who asks for names may see."""

from collections.abc import Collection, Iterator
from datetime import datetime
import json
import re
from urllib.parse import quote

from vendors import Vendor
from vendors.base import Credentials, FieldKind
from vendors.model import Value
from yarl import URL

from .findings import Findings
from .markdown import cell

HIDDEN = "…"
REDACTED = "[redacted]"
_SECRETS = (FieldKind.SECRET, FieldKind.CODE, FieldKind.USERNAME)
_SHORTEST = 4
"""Shorter words, which everything is full of, are replaced only where they stand alone."""
_FIELD_NAME = re.compile(r"[A-Za-z_]{1,60}\d{0,2}\Z")
_UNIT = re.compile(r"(?=.{1,12}\Z)[^\W\d_]*[%°€$/·²³^()\w]*\Z")
_WORD = re.compile(r"[A-Za-z][A-Za-z _-]{0,23}\Z")


class Guard:
    """The last look at everything that is printed: no secret, no user name and no token passes."""

    def __init__(self, vendor: type[Vendor], credentials: Credentials) -> None:
        self.addresses: set[str] = set()
        self._forms: set[str] = set()
        for field in vendor.credential_fields:
            value = credentials.get(field.key)
            if not isinstance(value, str):
                continue
            if field.kind in _SECRETS:
                self.add(value)
            elif field.kind is FieldKind.ADDRESS and value != field.default:
                self.addresses.update(_forms_of_address(value))

    def add(self, secret: str) -> None:
        """Let this pass no more, in whatever way it may have been written."""
        plain = secret.strip()
        written = (plain, quote(plain), quote(plain, safe=""), json.dumps(plain)[1:-1], cell(plain))
        self._forms.update(form for form in written if form)

    def clean(self, text: str) -> str:
        """The text without them."""
        return _replaced(text, self._forms, REDACTED, re.IGNORECASE)


class Words:
    """Decides about every word that comes from the account whether it is shown."""

    def __init__(self, findings: Findings, guard: Guard, *, shown: bool) -> None:
        self.shown = shown
        self.known = frozenset(_known(findings))
        self._addresses = guard.addresses

    def text(self, text: str) -> str:
        """A message, without the account's names, ids and address."""
        if self.shown:
            return text
        text = _replaced(text, self._addresses, HIDDEN, re.IGNORECASE)
        return _replaced(text, self.known, HIDDEN, shortest=None)

    def key(self, key: str) -> str:
        """A point's key, if it is a field's name and not an id."""
        return key if self.shown or (_FIELD_NAME.match(key) and key not in self.known) else HIDDEN

    def unit(self, unit: str | None) -> str:
        """A unit; some vendors let people write their own."""
        if unit is None:
            return ""
        return unit if self.shown or (_UNIT.match(unit) and unit not in self.known) else HIDDEN

    def value(self, value: Value) -> str:
        """A measured value; words only if they can be no more than a state."""
        match value:
            case bool():
                return "true" if value else "false"
            case float() | int():
                return f"{value:.12g}"
            case datetime():
                return value.isoformat(timespec="seconds")
            case _ if self.shown or (_WORD.match(value) and value not in self.known):
                return value
        return "a text"


def _known(findings: Findings) -> Iterator[str]:
    inventory, account = findings.inventory, findings.account
    words: list[str | None] = [] if account is None else [account.id, account.title]
    for site in inventory.sites:
        words += [site.id, site.name, site.timezone]
    for device in inventory.devices:
        words += [device.id, device.name, device.serial]
    for point in inventory.points:
        words += [point.name]
        words += [] if _FIELD_NAME.match(point.id.key) else [point.id.key]
    yield from (word for word in words if word)


def _forms_of_address(text: str) -> Iterator[str]:
    yield text
    try:
        url = URL(text if "://" in text else f"https://{text}")
        forms = url.host, url.raw_host, url.authority
    except ValueError:
        return
    yield from (form for form in forms if form)


def _replaced(
    text: str,
    words: Collection[str],
    by: str,
    flags: re.RegexFlag = re.NOFLAG,
    *,
    shortest: int | None = _SHORTEST,
) -> str:
    """Without those words, long ones first; where they are shorter than `shortest` (None: any) only on their own."""
    if not words:
        return text
    patterns = (
        re.escape(word) if shortest is not None and len(word) >= shortest else rf"(?<![\w-]){re.escape(word)}(?![\w-])"
        for word in sorted(words, key=len, reverse=True)
    )
    return re.sub("|".join(patterns), lambda _found: by, text, flags=flags)
