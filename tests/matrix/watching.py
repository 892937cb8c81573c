"""What is to be seen of an account from outside: its states, its requests, whom it bothers, what it logs."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging
from typing import Any

import aiohttp
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from yarl import URL

from custom_components.energy_clouds.const import DOMAIN

_NO_VALUE = (STATE_UNAVAILABLE, STATE_UNKNOWN)
_NOT_OURS = ("homeassistant.loader", "asyncio")
"""Every custom integration is said to be untested; the loop's own doubts are about the tests' pace."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that was sent, whether or not it arrived."""

    time: datetime
    method: str
    path: str


@dataclass(slots=True)
class Watch:
    """Looks on."""

    hass: HomeAssistant
    caplog: pytest.LogCaptureFixture
    attempts: list[Attempt] = field(default_factory=list)
    changed: list[State] = field(default_factory=list)
    issues_seen: set[str] = field(default_factory=set)
    flows_seen: set[str] = field(default_factory=set)

    def start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on."""
        watched, send = async_get_clientsession(self.hass), aiohttp.ClientSession._request

        async def request(session: aiohttp.ClientSession, method: str, url: URL, **how: Any) -> Any:
            if session is watched:
                self.attempts.append(Attempt(datetime.now(UTC), method, URL(url).path))
            return await send(session, method, url, **how)

        monkeypatch.setattr(aiohttp.ClientSession, "_request", request)
        self.hass.bus.async_listen(EVENT_STATE_CHANGED, self._take)

    @callback
    def _take(self, event: Event[EventStateChangedData]) -> None:
        if (new := event.data["new_state"]) is not None:
            self.changed.append(new)

    def look(self) -> None:
        """Who is bothered now."""
        self.issues_seen |= self.issues()
        self.flows_seen |= {flow["flow_id"] for flow in self.flows()}

    def issues(self) -> set[str]:
        """The repair issues there are, by what they are called."""
        return {
            str(issue.translation_key)
            for (domain, _), issue in ir.async_get(self.hass).issues.items()
            if domain == DOMAIN
        }

    def flows(self) -> Sequence[Any]:
        """The dialogues that are open."""
        return self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    def registered(self) -> Collection[str]:
        """The devices and entities there are."""
        devices, entities = dr.async_get(self.hass), er.async_get(self.hass)
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        return {
            *(device.id for device in dr.async_entries_for_config_entry(devices, entry.entry_id)),
            *(entity.entity_id for entity in er.async_entries_for_config_entry(entities, entry.entry_id)),
        }

    def complaints(self, since: int) -> list[str]:
        """What was logged as a warning or worse, from that record on."""
        return [record.getMessage() for record in self._records(since)]

    def tracebacks(self, since: int = 0) -> list[str]:
        """What was logged with a traceback."""
        return [record.getMessage() for record in self._records(since) if record.exc_info]

    def _records(self, since: int) -> list[logging.LogRecord]:
        return [
            record
            for record in self.caplog.records[since:]
            if record.levelno >= logging.WARNING and record.name not in _NOT_OURS
        ]


def has_value(state: State) -> bool:
    """Whether it shows something."""
    return state.state not in _NO_VALUE


def per_poll(attempts: Sequence[Attempt]) -> Mapping[datetime, int]:
    """How many requests were sent at once, by when."""
    return Counter(attempt.time for attempt in attempts)
