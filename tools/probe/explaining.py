"""Why a probe ended early, in one line: what the config flow would say, and the detail that it has no room for."""

import json
import math
from pathlib import Path
import traceback

from vendors.errors import (
    CannotConnect,
    InvalidAddress,
    InvalidCredentials,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)

from . import INTEGRATION, ROOT

UNKNOWN = "unknown"


def explained(err: Exception, detail: str) -> str:
    """The config flow's reason, its text where it has one, and the detail: what may be shown of the error's own."""
    reason = _reason(err)
    match err:
        case UnexpectedAnswer():
            text = "the service answered in a way that no document describes; the shapes printed above show it"
        case RateLimited():
            text = _text(reason).replace("{wait}", str(math.ceil(err.retry_after.total_seconds())))
        case _ if reason == UNKNOWN:
            return f"{UNKNOWN}: {type(err).__name__}, which is a mistake of this integration\n{frames_of(err)}"
        case _:
            text = _text(reason)
    return f"{reason}: {f'{text} ({detail})' if text else detail}".replace("\n", " ")


def short(err: Exception, detail: str) -> str:
    """The same in a few words, for the report. Nothing is known of what the text of any other exception holds."""
    shown = f": {detail}" if isinstance(err, (VendorError, InvalidAddress)) else ""
    return f"{_reason(err)} ({type(err).__name__}{shown})"


def frames_of(err: BaseException) -> str:
    """Where it happened, without any of the values: those may be secrets."""
    lines = (
        f"  {_place(frame.filename)}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(err.__traceback__)
    )
    return "\n".join(lines)


def _reason(err: Exception) -> str:
    match err:
        case InvalidAddress():
            return "invalid_url"
        case InvalidCredentials() | RateLimited():
            return err.reason
        case CannotConnect():
            return "cannot_connect"
        case NotPermitted():
            return "not_permitted"
        case _:
            return UNKNOWN


def _text(reason: str) -> str:
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
    return str(texts["config"]["error"].get(reason, ""))


def _place(filename: str) -> str:
    """A file as it is called in the repository or the library; the folders above may name a person."""
    path = Path(filename)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])
