"""Answers that are made to exhaust whoever reads them: too large, too deep, too many, without end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from compression import zstd
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import gzip
import json
import tracemalloc
from typing import Any
import zlib

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from freezegun import freeze_time
import pytest
from yarl import URL

from custom_components.energy_clouds.vendors import VENDORS, http, values
from custom_components.energy_clouds.vendors.base import Connection, Vendor
from custom_components.energy_clouds.vendors.budget import Budget, Limit, Priority
from custom_components.energy_clouds.vendors.clock import ServiceClock
from custom_components.energy_clouds.vendors.errors import CannotConnect, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.model import Inventory
from custom_components.energy_clouds.vendors.shapes import shape_of, without_values
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.conftest import ROWS, START
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.server import HOST, running
from tests.simulators.simulator import Simulator

from .homes import Home

MEBIBYTE = 1 << 20
DEEP = b"[" * 3_000 + b"]" * 3_000
"""As deep as the parser still takes it, and deeper than Python calls itself."""
LIMIT = Limit(requests=100_000, window=timedelta(minutes=1))


# Too large


@asynccontextmanager
async def answering(head: bytes, body: bytes = b"", times: int = 1) -> AsyncIterator[http.Http]:
    """Requests to somebody who says that, whatever is asked, and its second part so many times."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        with suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + head)
            for _ in range(times):
                writer.write(body)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(accept, HOST, 0) as server, aiohttp.ClientSession() as session:
        url = URL(f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
        yield http.Http(session, url, Budget(LIMIT), {}, ServiceClock(lambda: datetime.now(UTC)))


async def refusal_of(requests: http.Http) -> str:
    """What is said of the answer to a request."""
    with pytest.raises(CannotConnect) as refused:
        await requests.request("GET", "x", priority=Priority.LIVE)
    return str(refused.value)


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd.compress)]
)
async def test_little_that_becomes_much_is_refused_before_it_has(
    encoding: str, compress: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = compress(b" " * 64 * MEBIBYTE)
    assert len(bomb) < MEBIBYTE // 8
    monkeypatch.setattr(http, "LARGEST_BODY", 2 * MEBIBYTE)
    async with answering(f"Content-Encoding: {encoding}\r\n\r\n".encode(), bomb) as requests:
        tracemalloc.start()
        try:
            assert "larger than" in await refusal_of(requests)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 8 * MEBIBYTE


async def test_answer_without_end_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", MEBIBYTE)
    async with answering(b"\r\n", b" " * MEBIBYTE, times=1_000_000) as requests:
        assert "larger than" in await refusal_of(requests)


@pytest.mark.parametrize(
    ("header", "times"), [(b"X-Header: y\r\n", 100_000), (b"X-Header: " + b"y" * MEBIBYTE + b"\r\n", 1)]
)
async def test_headers_have_an_end(header: bytes, times: int) -> None:
    async with answering(b"", header, times) as requests:
        assert await refusal_of(requests)


async def test_answer_that_is_all_lists_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty lists take thirty times as much room in memory as in an answer."""
    monkeypatch.setattr(http, "MOST_CONTAINERS", 1000)
    for body, is_refused in ((b"[" + b"[]," * 998 + b"{}]", False), (b"[" + b"[],{}," * 500 + b"0]", True)):
        async with answering(b"\r\n", body) as requests:
            if is_refused:
                assert "lists and objects" in await refusal_of(requests)
            else:
                assert (await requests.request("GET", "x", priority=Priority.LIVE)).body == body


def test_bounds_are_such_that_an_answer_fits_into_the_smallest_machine() -> None:
    """What a parser makes of a part of the worst answers that are accepted."""
    part = 50
    for row, most_rows in (
        (b"[],", http.MOST_CONTAINERS),
        (b'{"a":0.5},', http.MOST_CONTAINERS),
        (b'"ab",', http.LARGEST_BODY // 5),
    ):
        body = b"[" + row * (most_rows // part) + b"0]"
        assert len(body) * part <= http.LARGEST_BODY + 3 * part
        tracemalloc.start()
        try:
            answer = http.Answer(endpoint="GET /x", status=200, body=body)
            values.json_object(answer)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most * part < 250 * MEBIBYTE


# Too deep, and other things that no document has


BOMBS = {
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": DEEP,
    "digits": b"9" * 100_000,
    "digits of an id": b'[{"id":' + b"9" * 4300 + b',"uuid":' + b"9" * 4000 + b"}]",
    "beyond all numbers": b'{"data":[1e400]}',
    "a long text": b'"' + b"\\ud83d" * 50_000 + b'"',
    "a long name": b'{"name":"' + b" x" * 100_000 + b'"}',
    "many rows": b'{"data":[' + b'{"id":1},' * 25_000 + b"{}]}",
}


@dataclass(slots=True)
class Laden:
    """The real answers, but that something is put in the place of one key's values; `MARK` is what it was."""

    bomb: bytes
    key: str | None = None

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Let the vendor answer, and load that."""
        response = await handler(request)
        assert isinstance(response, web.Response)
        body = response.body
        assert isinstance(body, bytes)
        if self.key is not None and response.content_type == "application/json":
            body = json.dumps(self._loaded(json.loads(body))).encode().replace(b'"!bomb!"', self.bomb)
        return web.Response(status=response.status, body=body, headers={"Content-Type": response.content_type})

    def _loaded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "!bomb!" if key == self.key else self._loaded(inner) for key, inner in value.items()}
        return [self._loaded(inner) for inner in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Body:
    """A body, whatever was asked."""

    body: bytes

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer with the body."""
        return web.Response(body=self.body, content_type="application/json")


@pytest.fixture
def frozen() -> Iterator[None]:
    """Nothing of all this takes any time."""
    with freeze_time(START):
        yield


@asynccontextmanager
async def vendor_of(home: Home[Any]) -> AsyncIterator[tuple[Simulator, Callable[[], Vendor]]]:
    """A service, and what makes a vendor that has just been installed."""
    simulator = home.make()
    if isinstance(simulator, EnpactSimulator):
        simulator.limiter.limit = LIMIT.requests
    row = ROWS[type(simulator)]
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        addresses = dict.fromkeys(row.addresses, server.url + row.path)
        credentials = {**home.more, home.secret: home.known, **addresses}

        def make() -> Vendor:
            connection = Connection(
                credentials=credentials,
                session=session,
                budget=Budget(LIMIT),
                login_budget=Budget(LIMIT),
                vault=Vault(),
                user_agent="EnergyClouds/0 tests",
            )
            return VENDORS[home.vendor](connection, Inventory())

        yield simulator, make


async def ask_everything(vendor: Vendor) -> int:
    """Use a vendor for all that it is for. Returns how often it failed as it may."""
    inventory, failed = Inventory(), 0
    with suppress(VendorError):
        await vendor.login()
    try:
        inventory = await vendor.discover()
    except VendorError:
        failed += 1
    try:
        inventory = (await vendor.read(inventory.points)).inventory or inventory
    except VendorError:
        failed += 1
    now = datetime.now(UTC)
    with suppress(VendorError):
        async for _ in vendor.history(inventory.points[:2], now - timedelta(hours=2), now):
            pass
    for body in vendor.last_answers().values():
        shape_of(body, ())
    return failed


@pytest.mark.usefixtures("frozen")
async def test_bomb_in_the_place_of_an_answer_is_refused(home: Home[Any]) -> None:
    async with vendor_of(home) as (simulator, make):
        for bomb in BOMBS.values():
            vendor = make()
            simulator.faults.add(Body(bomb))
            await ask_everything(vendor)
            simulator.faults.clear()
            # It is not the worse for it.
            assert await ask_everything(vendor) == 0


@pytest.mark.usefixtures("frozen")
async def test_bomb_in_any_place_of_an_answer_hurts_nobody(home: Home[Any]) -> None:
    async with vendor_of(home) as (simulator, make):
        keys = await keys_of(simulator, make())
        assert len(keys) > 5
        for key in keys:
            vendor = make()
            simulator.faults.add(Laden(DEEP, key))
            await ask_everything(vendor)
            simulator.faults.clear()
            assert await ask_everything(vendor) == 0


async def keys_of(simulator: Simulator, vendor: Vendor) -> list[str]:
    """All keys in a service's answers, but those that are ids."""
    assert await ask_everything(vendor) == 0
    found: dict[str, None] = {}
    left = [json.loads(body) for body in vendor.last_answers().values() if body[:1] in (b"{", b"[")]
    while left:
        match left.pop():
            case dict() as items:
                found.update(dict.fromkeys(key for key in items if len(key) < 20))
                left += items.values()
            case list() as items:
                left += items
    return list(found)


@pytest.mark.usefixtures("frozen")
async def test_list_that_nobody_could_show_is_refused(home: Home[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async with vendor_of(home) as (_, make):
        vendor = make()
        await vendor.login()
        monkeypatch.setattr(values, "MOST_LISTED", 1)
        with pytest.raises(UnexpectedAnswer, match="credible"):
            await vendor.discover()


# Shapes


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_bomb_has_a_small_shape(body: bytes) -> None:
    assert len(str(shape_of(body, ()))) < 1000
    assert len(without_values(body)) <= len(body)


def test_map_of_things_with_the_names_of_fields_is_not_told() -> None:
    letters = ("".join(chr(97 + int(digit)) for digit in str(number)) for number in range(1000))
    body = json.dumps([{name: number} for number, name in enumerate(letters)]).encode()
    assert shape_of(body, ()) == [{"*": "integer"}]
