"""What a client asks for, checked as the documents say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
import re
from typing import Any, Literal, cast

from aiohttp import web

from .errors import RefusalError, Things, invalid, out_of_range
from .switches import EnpactSwitches

type Aggregation = Literal["none", "15min"]

MOST_IDS = 150
_DAY = timedelta(hours=24)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|\+00:00)", re.ASCII)
_SUFFIXES: Mapping[str, tuple[str, ...]] = {"both": ("Z", "+00:00"), "zulu": ("Z",), "offset": ("+00:00",)}
_ID_FIELDS: Mapping[Things, tuple[str, str]] = {
    "devices": ("deviceIds", "device ids"),
    "meters": ("meterIds", "meter ids"),
}
_WRONG_TIME = "The timestamp does not match the format Y-m-d\\TH:i:s\\Z."
_NO_TIME = "The timestamp field is required."
_WRONG_AGGREGATION = "The selected aggregation is invalid. Must be 'none' or '15min'."


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid request for data; the ids are in the order asked, each once."""

    things: Things
    ids: tuple[str, ...]
    start: datetime
    aggregation: Aggregation


@dataclass(frozen=True, slots=True)
class Validator:
    """Checks requests at the time `now` in the switched variant; raises `RefusalError`."""

    now: datetime
    switches: EnpactSwitches

    def single(self, request: web.Request, things: Things) -> Ask:
        """Check a GET for one id, which stands in the path."""
        return self._checked(things, request.query, [request.match_info["id"]])

    async def batch(self, request: web.Request, things: Things) -> Ask:
        """Check a POST for many ids."""
        try:
            parsed = json.loads(await request.read())
        except ValueError:
            # Laravel reads malformed JSON as no parameters at all [inferred]; the status 400 is documented.
            parsed = {}
        body = parsed if isinstance(parsed, dict) else {}
        return self._checked(things, body, body.get(_ID_FIELDS[things][0]))

    def _checked(self, things: Things, parameters: Mapping[str, Any], ids: Any) -> Ask:
        time: Any = parameters.get("timestamp")
        aggregation: Any = parameters.get("aggregation")
        aggregation = "15min" if aggregation is None else aggregation
        found = {
            "timestamp": self._wrong_time(time),
            _ID_FIELDS[things][0]: _wrong_ids(ids, *_ID_FIELDS[things]),
            "aggregation": None if aggregation in ("none", "15min") else _WRONG_AGGREGATION,
        }
        if errors := {name: [message] for name, message in found.items() if message}:
            raise RefusalError(invalid(errors, self.switches.validation_status))
        start = datetime.fromisoformat(time)
        if self.switches.day_limit and not self.now - _DAY <= start <= self.now:
            raise RefusalError(out_of_range())
        return Ask(things, tuple(dict.fromkeys(ids)), start, cast("Aggregation", aggregation))

    def _wrong_time(self, time: Any) -> str | None:
        if time is None or time == "":
            return _NO_TIME
        match = _TIME.fullmatch(time) if isinstance(time, str) else None
        if match is None or match[2] not in _SUFFIXES[self.switches.timestamps]:
            return _WRONG_TIME
        try:
            datetime.fromisoformat(match[1])
        except ValueError:
            return _WRONG_TIME
        return None


def _wrong_ids(ids: Any, field: str, words: str) -> str | None:
    """Return what is wrong with a list of ids; only "required" and "more than 150" are documented."""
    if ids is None or ids in ([], ""):
        return f"The {words} field is required."
    if not isinstance(ids, list):
        return f"The {words} must be an array."
    if len(ids) > MOST_IDS:
        return f"The {words} may not have more than {MOST_IDS} items."
    wrong = next((index for index, name in enumerate(ids) if not isinstance(name, str)), None)
    return None if wrong is None else f"The {field}.{wrong} must be a string."
