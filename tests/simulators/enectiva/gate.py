"""What every request has to pass: the rate limit, the media types, and its token."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
import json
from typing import Any

from aiohttp import web

from ..limits import FixedWindow, Quota
from .errors import MEDIA_TYPE, refused, unauthorized
from .switches import EnectivaSwitches

_BEARER = "Bearer "


class Throttle:
    """The rate limit per address, told in headers on every answer if there is one."""

    def __init__(self, switches: EnectivaSwitches) -> None:
        """Limit as the switches say."""
        self._form = switches.rate_reset
        self._window = None if switches.rate_limit is None else FixedWindow(switches.rate_limit, switches.rate_window_s)

    def count(self, quota_of: str, now: datetime) -> Quota | None:
        """Count a request of a caller."""
        return None if self._window is None else self._window.count(quota_of, now)

    def headers(self, quota: Quota | None) -> Mapping[str, str]:
        """Return the headers that tell the state of the limit."""
        if quota is None:
            return {}
        resets = {
            "delta_seconds": str(quota.wait),
            "epoch": str(int(quota.reset.timestamp())),
            "http_date": format_datetime(quota.reset, usegmt=True),
        }
        return {
            "RateLimit-Limit": str(quota.limit),
            "RateLimit-Remaining": str(quota.remaining),
            "RateLimit-Reset": resets[self._form],
        }


async def check_media_types(request: web.Request) -> None:
    """Refuse what does not accept JSON:API, and what declares another content."""
    if not any(_accepts(part) for part in request.headers.get("Accept", "").split(",")):
        raise refused(406, f"The request does not include Accept: {MEDIA_TYPE}.")
    declared = request.headers.get("Content-Type")
    if declared is None and not await request.read():
        return
    if declared != MEDIA_TYPE:
        raise refused(415, f"The declared Content-Type is {declared}, not {MEDIA_TYPE}.")


def bearer(request: web.Request) -> str:
    """Return the token of a request."""
    sent = request.headers.get("Authorization")
    if sent is None:
        raise unauthorized("The token is missing.")
    token = sent.removeprefix(_BEARER)
    if not sent.startswith(_BEARER) or len(token.split(".")) != 3 or " " in token:
        raise unauthorized("The token is malformed.")
    return token


async def json_body(request: web.Request) -> Any:
    """Return the parsed body, or None if there is none or it is not JSON."""
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _accepts(part: str) -> bool:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    # Any parameter but the quality makes it another media type.
    return name == MEDIA_TYPE and all(parameter.startswith("q=") for parameter in parameters)
