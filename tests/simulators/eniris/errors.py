"""What the service answers when it refuses: `{"statusCode", "error", "message"}` everywhere (eniris.md A2.1, A3.1)."""

from collections.abc import Mapping
from http import HTTPStatus
import json
from typing import Any

from aiohttp import web

_NAMES = {422: "Unprocessable Content"}
"""Where the vendor's word is not Python's."""


class RefusalError(Exception):
    """A request is refused with this answer."""

    def __init__(self, response: web.Response) -> None:
        """Refuse with `response`."""
        super().__init__(response.status)
        self.response = response


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer, written without spaces."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


def text(token: str) -> web.Response:
    """Return a token as plain text."""
    return web.Response(text=token, content_type="text/plain")


def error_body(status: int, message: str) -> dict[str, Any]:
    """Return the body of every refusal."""
    return {"statusCode": status, "error": _NAMES.get(status, HTTPStatus(status).phrase), "message": message}


def refused(
    status: int, message: str, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> RefusalError:
    """Refuse; `more` follows the three usual keys."""
    return RefusalError(answer(error_body(status, message) | dict(more or {}), status, headers))


def insufficient() -> RefusalError:
    """Refuse what the user has no rights to (eniris.md A2.6)."""
    return refused(403, "User does not have sufficient rights")


async def json_of(request: web.Request) -> Any:
    """Return a request's JSON, None without a body; the texts of these refusals are not documented."""
    content = await request.read()
    if not content:
        return None
    if request.content_type != "application/json":
        raise refused(415, f"Unsupported Media Type: {request.headers.get('Content-Type', '')}")
    try:
        return json.loads(content)
    except ValueError as error:
        raise refused(400, "Body is not valid JSON") from error
