"""What can be told of single JSON values, in answers whose shape no document fixes."""

from collections.abc import Mapping, Sized
from datetime import UTC, datetime
import math
import re

import msgspec

from .errors import UnexpectedAnswer
from .http import Answer

LONGEST_ID = 200
LONGEST_TEXT = 4096
"""More of a text is not even looked at."""
MOST_LISTED = 20_000
"""More things than these are in no list that could be believed, and in none that could be shown."""
LONGEST_NAME = 255
LONGEST_WORD = 255
"""That of a state in Home Assistant."""
MILLISECONDS_FROM = 1e11
"""Epoch times from here on are in milliseconds."""


def number(value: object) -> float | None:
    """A finite number, also from a numeric string (DynamoDB may send those); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "_" in value:
        return None
    try:
        converted = float(value)
    except ValueError, OverflowError:
        return None
    return converted if math.isfinite(converted) else None


def flag(value: object) -> bool | None:
    """A flag, also as the strings `true` and `false` in which meters send `fault`."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def instant(value: object) -> datetime | None:
    """An ISO 8601 instant in UTC, with `Z`, an offset, or (the documents know only UTC) neither."""
    if not isinstance(value, str) or value[10:11] not in ("T", "t", " "):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def epoch(value: object) -> datetime | None:
    """An instant in epoch seconds or milliseconds, as a number or as text; or one as `instant` reads it."""
    seconds = number(value)
    if seconds is None:
        return instant(value)
    if abs(seconds) > MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except ValueError, OverflowError, OSError:
        return None


def printable(text: str) -> str:
    """The text on one line, without characters that control, reverse or hide others. Of a book it is the beginning."""
    text = text[:LONGEST_TEXT]
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def name(value: object) -> str | None:
    """A name fit to be shown; None where there is none."""
    text = printable(value) if isinstance(value, str) else ""
    return text[:LONGEST_NAME] or None


def own_name(called: str | None, of: str | None) -> str | None:
    """A name without that of the thing it belongs to, which it begins with; None where nothing is left to say."""
    if called is None or of is None:
        return called
    own = re.sub(rf"^{re.escape(of)}(?![^\W_])", "", called, flags=re.IGNORECASE).strip(" -_:,/")
    return own[:1].upper() + own[1:] or None


def word(value: object) -> str | None:
    """A text fit to be a state; None where there is none. What is too long ends in an ellipsis."""
    text = printable(value) if isinstance(value, str) else ""
    return f"{text[: LONGEST_WORD - 1]}…" if len(text) > LONGEST_WORD else text or None


def identifier(value: object) -> str | None:
    """An id as text that can become part of a path and of a unique id; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**40 else None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or printable(value) != value:
        return None
    return None if value.strip(".") == "" else value


def first[T](source: Mapping[str, T], keys: tuple[str, ...]) -> T | None:
    """The value under the first of those keys that has one."""
    return next((source[key] for key in keys if source.get(key) is not None), None)


def credible[L: Sized](listed: L, answer: Answer) -> L:
    """A list of things that an account may have. Raises `UnexpectedAnswer` for one that is too long for that."""
    if len(listed) > MOST_LISTED:
        raise UnexpectedAnswer(f"{answer.endpoint}: no list of a credible length")
    return listed


def json_object(answer: Answer) -> Mapping[str, object]:
    """The object that a body holds; an empty one where it holds none."""
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError, RecursionError, UnicodeDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
