"""Who knows all secrets of an account, and looks for them wherever they must not be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
import logging
import re
from typing import Any, override

from aiohttp import web
from aiohttp.typedefs import Handler
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

SECRET_HEADERS = ("Authorization", "X-API-Key", "X-Enapter-Auth-Token")
SECRET_FIELDS = ("password", "refresh", "totp", "otp", "recoveryCode")
TOKEN_ENDPOINTS = re.compile(r"/(token|access_tokens|auth|user/2fa)(/|$)")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{32,}")


@dataclass(slots=True)
class Canary:
    """Sits at the service and notes every credential that is sent to it or that it gives out."""

    secrets: set[str] = field(default_factory=set)
    sightings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def applied(self, application: web.Application) -> web.Application:
        """The application, with the canary in front of everything."""

        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.secrets |= set(await secrets_in(request))
            response = await handler(request)
            if TOKEN_ENDPOINTS.search(request.path) and isinstance(response, web.Response) and response.status < 300:
                self.secrets |= set(_TOKEN.findall(response.text or ""))
            return response

        application.middlewares.insert(0, note)
        return application

    def find(self, place: str, text: str) -> None:
        """Look for the secrets in what is found at a place."""
        self.sightings += [f"{place}: {text[max(at - 80, 0) : at]}" for at in self._places(text)]

    def _places(self, text: str) -> Iterator[int]:
        yield from (at for secret in self.secrets if (at := text.find(secret)) >= 0)


async def secrets_in(request: web.Request) -> list[str]:
    """The credentials that a request carries."""
    found = [request.headers[name].rpartition(" ")[2] for name in SECRET_HEADERS if name in request.headers]
    try:
        body = json.loads(await request.read())
    except ValueError:
        return found
    return found + [str(body[key]) for key in SECRET_FIELDS if isinstance(body, dict) and key in body]


@dataclass(frozen=True, slots=True)
class Echo:
    """An answer that repeats every credential of the request in its words: as JSON, as a page, or as a redirect."""

    status: int
    as_page: bool = False

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Repeat."""
        secret = " ".join(await secrets_in(request))
        body = {
            "statusCode": self.status,
            "message": secret,
            "detail": secret,
            "errors": {secret: [secret]},
            "data": {secret: secret},
            secret: [secret],
        }
        text = f"<html>{secret}" if self.as_page else json.dumps(body)
        media_type = "text/html" if self.as_page else "application/json"
        headers = {"Retry-After": "60", "X-Echo": secret, "Location": f"http://127.0.0.1:9/{secret}?token={secret}"}
        return web.Response(status=self.status, text=text, content_type=media_type, headers=headers)


@dataclass(frozen=True, slots=True)
class Garbled:
    """No HTTP: the error that is made of it has the whole request in it."""

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Say something else."""
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n")
        request.transport.close()
        return web.Response()


class Log(logging.Handler):
    """Everything that is logged at any level, with the whole chain of every error; but for what the test tool says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("pytest_"):
            self.lines.append(f"{record.getMessage()} {record.args!r}")
            self.lines += chain(record.exc_info[1] if record.exc_info else None)


def chain(error: BaseException | None) -> list[str]:
    """An error and all behind it, shown or not, as text."""
    told: list[str] = []
    seen: set[int] = set()
    left = [error]
    while left:
        if (one := left.pop()) is not None and id(one) not in seen:
            seen.add(id(one))
            told.append(f"{one!r} {one} {one.args!r} {getattr(one, '__dict__', '')!r}")
            left += [one.__cause__, one.__context__]
    return told


def sent_to_the_browser(result: ConfigFlowResult) -> str:
    """A dialogue's answer, with what its form has filled in."""
    schema = result.get("data_schema")
    told = {key: value for key, value in result.items() if key not in ("data_schema", "data", "result")}
    return f"{told} {list(_filled_in(schema.schema))}" if schema is not None else str(told)


def _filled_in(fields: Mapping[Any, Any]) -> Iterator[object]:
    for marker, field_ in fields.items():
        default = getattr(marker, "default", None)
        yield marker.schema, marker.description, default() if callable(default) else default
        inner = getattr(getattr(field_, "schema", None), "schema", None)
        if isinstance(inner, dict):
            yield from _filled_in(inner)


def registered(hass: HomeAssistant, entry_id: str) -> Iterable[str]:
    """What is in the registries of an account, and all states and issues."""
    yield str([state.as_dict() for state in hass.states.async_all()])
    yield str(dr.async_entries_for_config_entry(dr.async_get(hass), entry_id))
    yield str([one.extended_dict for one in er.async_entries_for_config_entry(er.async_get(hass), entry_id)])
    yield str(list(ir.async_get(hass).issues.values()))
