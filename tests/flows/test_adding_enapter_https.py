"""An Enapter gateway's certificate: HTTPS comes first, and no token is in the clear by mistake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Self

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.conftest import MakeAccount
from tests.enapter_home import (
    Enapter,
    at_gateway,
    entered,
    flows,
    shown,
    small,
)
from tests.simulators import faults
from tests.simulators.enapter import (
    BATTERY,
    EXPIRED_TOKEN,
    POWER_METER,
    TOKEN,
    EnapterSimulator,
    TlsServer,
    running_tls,
)
from tests.simulators.server import HOST, Server, running

from .conftest import fill_in, open_form, renew

TLS_HANDSHAKE = b"\x16"
UNTRUSTED = {"verify_ssl": "untrusted_certificate"}


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def gateway(make_account: MakeAccount) -> Enapter:
    """A gateway that talks HTTP, plugged in; no account yet."""
    account = at_gateway(make_account, small(POWER_METER, BATTERY, gateway=True))
    await account.server.start()
    return account


@pytest.fixture
async def secure(make_account: MakeAccount) -> AsyncIterator[Enapter]:
    """A gateway with a certificate that it has signed itself."""
    account = at_gateway(make_account, small(POWER_METER, BATTERY, gateway=True))
    async with running_tls(account.simulator) as server:
        account.server = server
        yield account


async def add(hass: HomeAssistant, account: Enapter, url: str, *, verify_ssl: bool = True) -> None:
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url, verify_ssl=verify_ssl))
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    account.entry = result["result"]
    assert account.status() is ConfigEntryState.LOADED


async def have(account: Enapter) -> None:
    """Let the gateway be one that was added long ago."""
    await account.server.stop()
    await account.set_up()


def stored_url(account: Enapter) -> str:
    url: str = account.entry.data["credentials"]["url"]
    return url


class OnePort:
    """A port that is HTTPS and HTTP in one: what begins like TLS goes to one server, the rest to the other."""

    def __init__(self, tls: int, plain: int) -> None:
        self._ports = {True: tls, False: plain}
        self._tasks = set[asyncio.Task[None]]()
        self.in_the_clear = b""
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        is_tls = first == TLS_HANDSHAKE
        their_reader, their_writer = await asyncio.open_connection(HOST, self._ports[is_tls])
        their_writer.write(first)
        for source, sink, heard in ((reader, their_writer, not is_tls), (their_reader, writer, False)):
            task = asyncio.create_task(self._carry(source, sink, heard=heard))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not is_tls:
            self.in_the_clear += first

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, heard: bool) -> None:
        with suppress(ConnectionError):
            while data := await source.read(1 << 16):
                if heard:
                    self.in_the_clear += data
                sink.write(data)
        sink.close()


@pytest.fixture
async def both(make_account: MakeAccount) -> AsyncIterator[tuple[Enapter, EnapterSimulator, OnePort]]:
    """A gateway over HTTPS and over HTTP, each with its own simulator."""
    account = at_gateway(make_account, small(POWER_METER, gateway=True))
    secured = small(POWER_METER, gateway=True)
    async with AsyncExitStack() as stack:
        tls: TlsServer = await stack.enter_async_context(running_tls(secured))
        plain: Server = await stack.enter_async_context(running(account.simulator))
        yield account, secured, await stack.enter_async_context(OnePort(tls.port, plain.port))


async def test_later_starts_do_not_guess(hass: HomeAssistant, both: tuple[Enapter, EnapterSimulator, OnePort]) -> None:
    account, secured, port = both
    await add(hass, account, f"{HOST}:{port.port}", verify_ssl=False)
    assert stored_url(account) == f"https://{HOST}:{port.port}/api"
    secured.faults.add(faults.Status(500))
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert account.status() is ConfigEntryState.SETUP_RETRY
    assert (account.simulator.requests, port.in_the_clear) == ([], b"")


@pytest.mark.parametrize("scheme", ["", "https://"])
async def test_certificate_that_proves_nothing_is_accepted_only_without_verification(
    hass: HomeAssistant, secure: Enapter, scheme: str
) -> None:
    url = secure.server.url.replace("https://", scheme)
    form = await open_form(hass, "enapter")
    result = await fill_in(hass, form, entered(url))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, UNTRUSTED)
    assert secure.simulator.requests == []
    result = await fill_in(hass, form, entered(url, verify_ssl=False))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    secure.entry = result["result"]
    kept = secure.server.url if scheme else f"{secure.server.url}/api"
    assert secure.entry.data["credentials"] == {"url": kept, "token": TOKEN, "verify_ssl": False}
    await secure.polls(2)
    assert float(shown(hass, secure, POWER_METER, "total_power"))
    assert not any("x-enapter-allow-http" in request.headers for request in secure.simulator.requests)


async def test_no_token_is_sent_in_the_clear_after_a_certificate_was_refused(
    hass: HomeAssistant, both: tuple[Enapter, EnapterSimulator, OnePort]
) -> None:
    account, secured, port = both
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(f"{HOST}:{port.port}"))
    assert result["errors"] == UNTRUSTED
    assert (port.in_the_clear, account.simulator.requests, secured.requests) == (b"", [], [])
    # Whoever wants it in the clear says so.
    await add(hass, account, f"http://{HOST}:{port.port}")
    assert TOKEN.encode() in port.in_the_clear
    assert secured.requests == []


async def test_https_comes_first(hass: HomeAssistant, both: tuple[Enapter, EnapterSimulator, OnePort]) -> None:
    account, secured, port = both
    await add(hass, account, f"{HOST}:{port.port}", verify_ssl=False)
    assert (port.in_the_clear, account.simulator.requests) == (b"", [])
    assert secured.requests


@pytest.mark.parametrize("token", ["wrong", EXPIRED_TOKEN])
async def test_token_that_is_refused_over_https_is_not_tried_in_the_clear(
    hass: HomeAssistant, both: tuple[Enapter, EnapterSimulator, OnePort], token: str
) -> None:
    account, _, port = both
    typed = entered(f"{HOST}:{port.port}", token, verify_ssl=False)
    result = await fill_in(hass, await open_form(hass, "enapter"), typed)
    assert result["errors"] == {"token": "invalid_auth"}
    assert (port.in_the_clear, account.simulator.requests) == (b"", [])


async def test_gateway_that_stumbles_over_https_is_not_asked_in_the_clear(
    hass: HomeAssistant, both: tuple[Enapter, EnapterSimulator, OnePort]
) -> None:
    account, secured, port = both
    secured.faults.add(faults.Status(500))
    typed = entered(f"{HOST}:{port.port}", verify_ssl=False)
    result = await fill_in(hass, await open_form(hass, "enapter"), typed)
    assert result["errors"] == {"base": "cannot_connect"}
    assert (port.in_the_clear, account.simulator.requests) == (b"", [])


async def test_gateway_that_is_to_be_asked_over_https_is_not_asked_otherwise(
    hass: HomeAssistant, gateway: Enapter
) -> None:
    url = gateway.server.url.replace("http://", "https://")
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url, verify_ssl=False))
    assert result["errors"] == {"base": "cannot_connect"}
    assert gateway.simulator.requests == []


async def test_certificate_that_is_renewed_is_no_reason_for_a_new_token(hass: HomeAssistant, secure: Enapter) -> None:
    """A gateway whose certificate is verified, and proves nothing one day, is not reached."""
    await have(secure)
    assert (secure.status(), flows(hass)) == (ConfigEntryState.SETUP_RETRY, [])
    result = await renew(hass, secure, "reconfigure", entered(secure.server.url, verify_ssl=False))
    assert result["reason"] == "reconfigure_successful"
    assert secure.status() is ConfigEntryState.LOADED
