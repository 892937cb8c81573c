"""What every request has to pass: the length of its address, its token, the rate limit (enapter.md B2, B3)."""

from datetime import datetime
from email.utils import format_datetime

from aiohttp import web

from ..limits import FixedWindow
from .errors import HTTP_HEADER, TOKEN_HEADER, RefusalError
from .switches import EnapterSwitches
from .tokens import Access


class Gate:
    """Checks requests and tokens."""

    def __init__(self, tokens: dict[str, Access], switches: EnapterSwitches) -> None:
        """Let these tokens in, which may change."""
        self._tokens = tokens
        self._switches = switches
        limit = switches.rate_limit
        self._window = None if limit is None else FixedWindow(limit, switches.rate_window_s)

    def check(self, request: web.Request, now: datetime) -> Access:
        """Return what a request's token gives; raises `RefusalError`."""
        if len(request.raw_path.encode()) > self._switches.address_limit:
            raise RefusalError(414, "uri_too_long", "Request URI is too long.")
        self._check_transport(request)
        token = request.headers.get(TOKEN_HEADER, "")
        self._count(token, now)
        if not token:
            raise RefusalError(401, "unauthorized", "Authentication token is missed.")
        access = self._tokens.get(token)
        if access is None or access.expired(now):
            message = "Authentication token is invalid." if access is None else "Authentication token is expired."
            raise RefusalError(self._switches.bad_token_status, "invalid_header", message, {"header": TOKEN_HEADER})
        return access

    def _check_transport(self, request: web.Request) -> None:
        allowed = request.secure or request.headers.get(HTTP_HEADER, "").lower() == "true"
        if self._switches.requires_allow_http and not allowed:
            raise RefusalError(400, "https_required", f"Use https, or send {HTTP_HEADER}.", {"header": HTTP_HEADER})

    def _count(self, token: str, now: datetime) -> None:
        if self._window is None:
            return
        quota = self._window.count(token, now)
        if not quota.exceeded:
            return
        waits = {
            "absent": {},
            "seconds": {"Retry-After": str(quota.wait)},
            "http_date": {"Retry-After": format_datetime(quota.reset, usegmt=True)},
        }
        raise RefusalError(429, "too_many_requests", "Too many requests.", headers=waits[self._switches.retry_after])
