"""Home Assistant's REST and websocket interfaces, as a logged-in owner uses them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp

from .home_assistant import HomeAssistantError

TIMEOUT = aiohttp.ClientTimeout(total=60)
_FLOWS = "/api/config/config_entries/flow"
_OPTION_FLOWS = "/api/config/config_entries/options/flow"


@dataclass(frozen=True, slots=True)
class Owner:
    """The person whom the demo's Home Assistant belongs to."""

    name: str = "Demo"
    username: str = "demo"
    password: str = "energy"


class Api:
    """A logged-in client. Made by `onboarded` and `logged_in`."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take a session and a websocket that are both authorised."""
        self._session = session
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Any] = asyncio.Queue()

    async def get(self, path: str) -> Any:
        """Return the JSON of a resource."""
        async with self._session.get(path) as response:
            return await _json(response)

    async def text(self, path: str) -> str:
        """Return a download."""
        async with self._session.get(path) as response:
            if not response.ok:
                raise HomeAssistantError(f"GET {response.url.path}: {response.status} {await response.text()}")
            return await response.text()

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON and return the JSON of the answer."""
        async with self._session.post(path, json=body) as response:
            return await _json(response)

    async def delete(self, path: str) -> Any:
        """Delete a resource and return the JSON of the answer."""
        async with self._session.delete(path) as response:
            return await _json(response)

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a websocket command and return its result."""
        return await self._ask(kind, fields, TIMEOUT.total)

    async def _ask(self, kind: str, fields: Mapping[str, Any], patience: float | None) -> Any:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": kind, **fields})
        answer = await asyncio.wait_for(self._waiting[number], patience)
        if not answer["success"]:
            raise HomeAssistantError(f"{kind}: {answer['error']}")
        return answer["result"]

    async def act(self, domain: str, name: str, data: Mapping[str, Any], *, patience: float) -> Any:
        """Perform an action, and return its response; it may take so many seconds."""
        fields = {"domain": domain, "service": name, "service_data": dict(data), "return_response": True}
        return (await self._ask("call_service", fields, patience))["response"]

    async def listen(self) -> None:
        """Take in answers, and (aiohttp does) answer pings: who is silent is disconnected within two minutes."""
        async for message in self._socket:
            answer = message.json()
            if answer["type"] == "event":
                self._events.put_nowait(answer["event"])
            future = self._waiting.pop(answer["id"], None) if answer["type"] == "result" else None
            if future is not None and not future.done():
                future.set_result(answer)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(HomeAssistantError("Home Assistant has closed the websocket"))

    async def start_flow(self, domain: str) -> Any:
        """Begin to add an integration, and return the first step."""
        return await self.post(_FLOWS, {"handler": domain})

    async def next_step(self, flow: Mapping[str, Any], user_input: Mapping[str, Any]) -> Any:
        """Submit a step, and return the next."""
        return await self.post(f"{_FLOWS}/{flow['flow_id']}", user_input)

    async def start_options(self, entry_id: str) -> Any:
        """Open an account's options, and return the form."""
        return await self.post(_OPTION_FLOWS, {"handler": entry_id})

    async def choose_options(self, form: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """Submit the options, and return what comes of it."""
        return await self.post(f"{_OPTION_FLOWS}/{form['flow_id']}", options)

    async def cancel_options(self, form: Mapping[str, Any]) -> None:
        """Close the form without choosing anything."""
        await self.delete(f"{_OPTION_FLOWS}/{form['flow_id']}")

    async def refresh(self, entity_id: str) -> None:
        """Ask for new values of an entity, as a person may at any time."""
        await self.command(
            "call_service", domain="homeassistant", service="update_entity", service_data={"entity_id": entity_id}
        )

    async def issues(self, domain: str) -> list[Any]:
        """Return the repair issues of an integration."""
        issues = (await self.command("repairs/list_issues"))["issues"]
        return [issue for issue in issues if issue["domain"] == domain]

    async def system_health(self, domain: str) -> dict[str, Any]:
        """Return what the page on the system's health tells of an integration, once all of it is known."""
        await self.command("system_health/info")
        info: dict[str, Any] = {}
        async with asyncio.timeout(60):
            while (event := await self._events.get())["type"] != "finish":
                if event["type"] == "initial":
                    info = dict(event["data"][domain]["info"])
                elif event["domain"] == domain:
                    info[event["key"]] = event.get("data", event.get("error"))
        return info

    async def until_running(self) -> None:
        """Wait until Home Assistant has finished its start."""
        async with asyncio.timeout(60):
            while (await self.get("/api/config"))["state"] != "RUNNING":
                await asyncio.sleep(0.1)


async def onboard(url: str, owner: Owner, language: str = "en") -> str:
    """Make the owner of a new Home Assistant, and return a token that is good for half an hour."""
    client_id = f"{url}/"
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        person = {"name": owner.name, "username": owner.username, "password": owner.password}
        user = {**person, "client_id": client_id, "language": language}
        async with session.post(f"{url}/api/onboarding/users", json=user) as response:
            code = (await _json(response))["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        async with session.post(f"{url}/auth/token", data=grant) as response:
            token: str = (await _json(response))["access_token"]
    async with logged_in(url, token) as api:
        await api.command("frontend/set_user_data", key="language", value={"language": language})
    return token


@asynccontextmanager
async def logged_in(url: str, token: str) -> AsyncGenerator[Api]:
    """Be logged in for as long as the context lasts."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(url, headers=headers, timeout=TIMEOUT) as session,
        session.ws_connect("/api/websocket", max_msg_size=0) as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        if (await socket.receive_json())["type"] != "auth_ok":
            raise HomeAssistantError("the websocket does not accept the token")
        api = Api(session, socket)
        listening = asyncio.create_task(api.listen())
        try:
            yield api
        finally:
            listening.cancel()


@asynccontextmanager
async def onboarded(url: str, owner: Owner, language: str = "en") -> AsyncGenerator[Api]:
    """Make the owner of a new Home Assistant, and be logged in for as long as the context lasts."""
    async with logged_in(url, await onboard(url, owner, language)) as api:
        yield api


async def _json(response: aiohttp.ClientResponse) -> Any:
    if not response.ok:
        raise HomeAssistantError(f"{response.method} {response.url.path}: {response.status} {await response.text()}")
    return await response.json()
