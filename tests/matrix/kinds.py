"""Faults of answers that only the matrix has: those that never end, that lie about devices, that are out of date."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.simulators.pause import pause

_HASH = "skipHash"


@dataclass(slots=True)
class Never:
    """No answer, or (`drips`) one that never ends, until `over`. `held` is how many requests have come."""

    drips: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Hold the request."""
        self.held += 1
        stream = web.StreamResponse(headers={"Content-Type": "application/json"})
        if not self.drips:
            await self.over.wait()
            return stream
        await stream.prepare(request)
        while not self.over.is_set() and request.transport is not None and not request.transport.is_closing():
            await stream.write(b" ")
            await pause(0.002)
        return stream


@dataclass(frozen=True, slots=True)
class CutJson:
    """The first half of the real answer, sent as if it were whole."""

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with the half."""
        body = await _body_of(request, handler)
        return web.Response(body=body[: len(body) // 2], content_type="application/json")


@dataclass(frozen=True, slots=True)
class Changed:
    """The real answer's JSON, changed. What has no body, or says that nothing has changed, is asked for whole."""

    change: Callable[[Any], Any]

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with what the change makes of the real answer."""
        body = await _body_of(request, handler)
        try:
            answered = json.loads(body)
        except ValueError:
            # A token as plain text.
            answered = body.decode()
        return web.Response(text=json.dumps(self.change(answered)), content_type="application/json")


@dataclass(slots=True)
class Replayed:
    """Answers that were given before: `remember` is in force while all is well, then `replays` the oldest of them."""

    replays: bool = False
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict)

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer as before, or let the vendor answer and remember it."""
        key = request.method, request.path
        if self.replays and key in self.bodies:
            return web.Response(body=self.bodies[key], content_type="application/json")
        response = await handler(request)
        if isinstance(response, web.Response) and response.status == 200 and isinstance(response.body, bytes):
            self.bodies.setdefault(key, response.body)
        return response


async def _body_of(request: web.Request, handler: Handler) -> bytes:
    sent = await request.read()
    if _HASH.encode() in sent:
        asked = json.loads(sent)
        del asked[_HASH]
        # There is no other way to have it answered as if that had not been asked.
        request._read_bytes = json.dumps(asked).encode()
    response = await handler(request)
    body = response.body if isinstance(response, web.Response) else None
    return bytes(body) if isinstance(body, bytes | bytearray) else b""
