"""The kinds of faults: each answers a request in the place of, or around, the vendor's handler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
import socket
import struct
from typing import Any, Literal, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from .pause import pause

_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class Fault(Protocol):
    """Something that goes wrong with a request."""

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer `request`, whose regular handler is `handler`, at the simulator's time `now`."""


@dataclass(frozen=True, slots=True)
class Status:
    """An error status. A body that is text or bytes is sent as it is, anything else as JSON, None as nothing."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with the status."""
        return _response(self.status, self.body, self.headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """Any JSON in the place of the real one: wrong types, missing keys, another document."""

    body: Any
    status: int = 200

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with the JSON."""
        return web.Response(status=self.status, text=json.dumps(self.body), content_type="application/json")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The real answer's JSON, changed by the test's function."""

    change: Callable[[Any], Any]

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Let the vendor answer, and change what it said."""
        response = await handler(request)
        body = self.change(json.loads(_payload(response)))
        return web.Response(status=response.status, text=json.dumps(body), content_type="application/json")


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A proxy's HTML page, with an error status or (a captive portal, a maintenance page) with 200."""

    status: int = 502
    html: str = _HTML

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with the page."""
        return web.Response(status=self.status, text=self.html, content_type="text/html")


@dataclass(frozen=True, slots=True)
class EmptyBody:
    """No body at all."""

    status: int = 200

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with nothing."""
        return web.Response(status=self.status, content_type="application/json")


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """The real answer cut in the middle: Content-Length promises all of it, the connection closes before."""

    share: float = 0.5

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Send a part of the real answer, then close."""
        stream = await _send_part(request, await handler(request), self.share)
        if request.transport is not None:
            request.transport.close()
        return stream


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """A TCP reset: in the middle of the answer, or (share None) before any byte of it."""

    share: float | None = 0.5

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Send a part of the real answer, then reset the connection."""
        stream: web.StreamResponse = web.Response()
        if self.share is not None:
            stream = await _send_part(request, await handler(request), self.share)
        _reset(request)
        return stream


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """The vendor does what was asked (a token is rotated), but its answer never arrives."""

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Let the vendor act, then reset the connection."""
        response = await handler(request)
        _reset(request)
        return response


@dataclass(frozen=True, slots=True)
class Slow:
    """The real answer after a delay in real seconds; long ones end when the server stops."""

    seconds: float

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Wait, then let the vendor answer."""
        await pause(self.seconds)
        return await handler(request)


@dataclass(frozen=True, slots=True)
class Drip:
    """The real answer in small pieces, with a pause in real seconds after each."""

    pause: float = 0.01
    size: int = 16

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Send the real answer piece by piece."""
        response = await handler(request)
        body = _payload(response)
        stream = await _begin(request, response, len(body))
        for start in range(0, len(body), self.size):
            await stream.write(body[start : start + self.size])
            await pause(self.pause)
        return stream


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A refusal for too many requests that tells the wait (in seconds) in one of the forms in use, or not at all."""

    seconds: int = 60
    form: Literal["body", "header", "date", "reset", "none"] = "body"
    status: int = 429

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Refuse."""
        until = (now + timedelta(seconds=self.seconds)).astimezone(UTC)
        headers = {
            "header": {"Retry-After": str(self.seconds)},
            "date": {"Retry-After": format_datetime(until, usegmt=True)},
            "reset": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(until.timestamp()))},
        }
        body = {"error": "Too Many Requests", "message": "Rate limit exceeded."}
        wait = {"retry_after": self.seconds} if self.form == "body" else {}
        return _response(self.status, body | wait, headers.get(self.form, {}))


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to another place, as a hijacked or moved host would send."""

    location: str
    status: int = 302

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Redirect."""
        return web.Response(status=self.status, headers={"Location": self.location})


def _response(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    if body is None or isinstance(body, (str, bytes)):
        content = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=content, headers=headers, content_type="text/plain")
    return web.Response(status=status, text=json.dumps(body), headers=headers, content_type="application/json")


def _payload(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else None
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""


async def _begin(request: web.Request, like: web.StreamResponse, length: int) -> web.StreamResponse:
    stream = web.StreamResponse(status=like.status, headers={"Content-Type": like.headers["Content-Type"]})
    stream.content_length = length
    await stream.prepare(request)
    return stream


async def _send_part(request: web.Request, response: web.StreamResponse, share: float) -> web.StreamResponse:
    body = _payload(response)
    stream = await _begin(request, response, len(body))
    await stream.write(body[: int(len(body) * share)])
    # Let the part reach the client before the connection ends.
    await pause(0.01)
    return stream


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # Lingering for 0 seconds makes the kernel send RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
