"""Enpact's refusals, in the words of its documents; what is not documented is marked as inferred."""

from collections.abc import Iterable, Mapping
import json
from typing import Any, Literal

from aiohttp import web

from ..fault_kinds import Status
from .catalogue import SANDBOX_DEVICES_LISTED, SANDBOX_METERS_IN_403

type Environment = Literal["production", "sandbox"]
type Things = Literal["devices", "meters"]

INTERNAL_ERROR = Status(
    500,
    {"error": "Internal Server Error", "message": "An unexpected error occurred. Please try again later."},
)
"""The documented 500, to be given to `faults.add`."""
UNAVAILABLE = Status(
    503,
    {
        "error": "Service Unavailable",
        "message": "The service is temporarily unavailable. Please try again later.",
    },
)
"""The documented 503, to be given to `faults.add`."""

_WRONG_KEY: Mapping[Environment, str] = {
    "production": "Sandbox API keys cannot access production environment. "
    "Please use a production API key or switch to sandbox endpoints.",
    "sandbox": "Production API keys cannot access sandbox environment. "
    "Please use a sandbox API key or switch to production endpoints.",
}
_PERIODS: Mapping[Environment, str] = {"production": "15 minutes", "sandbox": "second"}
_ALLOWED: Mapping[Things, tuple[str, ...]] = {"devices": SANDBOX_DEVICES_LISTED, "meters": SANDBOX_METERS_IN_403}


class RefusalError(Exception):
    """A request is refused with this answer."""

    def __init__(self, response: web.Response) -> None:
        """Refuse with `response`."""
        super().__init__(response.status)
        self.response = response


def answer(body: Any, status: int = 200) -> web.Response:
    """Return a JSON answer, written without spaces and in ASCII as PHP does."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json")


def unauthorized(message: str) -> web.Response:
    """Return a 401."""
    return answer({"error": "Unauthorized", "message": message}, 401)


def wrong_environment(environment: Environment) -> web.Response:
    """Return the 403 that the other environment's keys get here."""
    return answer({"error": "Forbidden", "message": _WRONG_KEY[environment]}, 403)


def invalid(errors: Mapping[str, list[str]], status: int) -> web.Response:
    """Return the refusal of invalid parameters, with the messages per parameter."""
    return answer({"error": "Bad Request", "message": "Invalid parameters.", "errors": errors}, status)


def out_of_range() -> web.Response:
    """Return the refusal of a time outside the last 24 hours."""
    return answer({"error": "Bad Request", "message": "Timestamp must be within the last 24 hours."}, 400)


def mixed() -> web.Response:
    """Return the refusal of sandbox and production ids in one request."""
    body = {
        "error": "Bad Request",
        "message": "Cannot mix sandbox test IDs with production device IDs in the same request.",
        "details": "Use either sandbox test IDs or production device IDs, not both.",
    }
    return answer(body, 400)


def forbidden(environment: Environment, things: Things, ids: Iterable[str]) -> web.Response:
    """Return the 403 of a whole request of which these ids are not allowed."""
    offending = list(ids)
    names = ", ".join(offending)
    if environment == "production":
        message, allowed = f"Access denied for {things}: {names}", {}
    else:
        message, allowed = f"Invalid sandbox test {things}: {names}", {f"allowed_{things}": _ALLOWED[things]}
    return answer({"error": "Forbidden", "message": message, f"unauthorized_{things}": offending, **allowed}, 403)


def too_many_requests(environment: Environment, limit: int, wait: int, *, scope: bool) -> web.Response:
    """Return a 429; `scope` chooses the second documented body."""
    where, more = (" across all endpoints", {"rate_limit_scope": "all_endpoints"}) if scope else ("", {})
    message = f"Rate limit exceeded. Maximum {limit} requests per {_PERIODS[environment]}{where}."
    return answer({"error": "Too Many Requests", "message": message, "retry_after": wait, **more}, 429)


def no_route(path: str) -> web.Response:
    """Return Laravel's 404 of an unknown path [inferred]."""
    return answer({"message": f"The route {path.lstrip('/')} could not be found."}, 404)


def wrong_method(method: str, path: str) -> web.Response:
    """Return Laravel's 405 [inferred]."""
    return answer({"message": f"The {method} method is not supported for route {path.lstrip('/')}."}, 405)
