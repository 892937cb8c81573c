"""Enapter's refusals: `{"errors": [{"code", "message", "details"}]}` with the documented statuses (enapter.md B3)."""

from collections.abc import Mapping
import json
from typing import Any

from aiohttp import web

from ..fault_kinds import Status
from .switches import EnapterSwitches

TOKEN_HEADER = "X-Enapter-Auth-Token"
HTTP_HEADER = "X-Enapter-Allow-HTTP"

_HTML = (
    "<html>\r\n<head><title>Error</title></head>\r\n<body>\r\n<center><h1>Error</h1></center>\r\n</body>\r\n</html>\r\n"
)


class RefusalError(Exception):
    """A request is refused for this reason."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse with one error."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


def document(code: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the documented error document for one error."""
    more = {} if details is None else {"details": dict(details)}
    return {"errors": [{"code": code, "message": message, **more}]}


INTERNAL_ERROR = Status(500, document("internal_error", "Internal server error."))
"""The documented 500, to be given to `faults.add`; `HtmlPage(500)` is a proxy's."""


def refused(refusal: RefusalError, switches: EnapterSwitches) -> web.Response:
    """Return a refusal's answer, in the switched shape."""
    body = document(refusal.code, refusal.message, refusal.details)
    (error,) = body["errors"]
    status, headers = refusal.status, refusal.headers
    match switches.error_body:
        case "no_code":
            del error["code"]
        case "empty_code":
            error["code"] = ""
        case "empty_errors":
            body["errors"] = []
        case "empty":
            return web.Response(status=status, content_type="application/json", headers=headers)
        case "text":
            return web.Response(status=status, text=refusal.message, content_type="text/plain", headers=headers)
        case "html":
            return web.Response(status=status, text=_HTML, content_type="text/html", headers=headers)
        case "documented":
            pass
    return answer(body, status, headers)


def invalid_query(parameter: str, message: str) -> RefusalError:
    """Return the 400 of a query parameter; its code is found in a test of the vendor's Grafana plugin."""
    return RefusalError(400, "invalid_query_parameter_format", message, {"parameter": parameter})


def unknown_device(device_id: str, status: int = 404) -> RefusalError:
    """Return the refusal of a device that does not exist."""
    return RefusalError(status, "DEVICE_NOT_FOUND", "Device is not found.", {"device_id": device_id})


def unknown_site() -> RefusalError:
    """Return the 404 of a site that does not exist."""
    return RefusalError(404, "SITE_NOT_FOUND", "Site is not found.")


def forbidden_device(device_id: str, status: int = 403) -> RefusalError:
    """Return the refusal of a device that the token has no right to."""
    return RefusalError(status, "forbidden", "Access to the device is denied.", {"device_id": device_id})


def unprocessable(field: str, message: str) -> RefusalError:
    """Return the 422 of a field of the body."""
    return RefusalError(422, "unprocessable_entity", message, {"field": field})
