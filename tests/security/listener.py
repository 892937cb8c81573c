"""Somebody else, who writes down whatever is sent to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.simulators.server import HOST


class Listener:
    """A port that hears everything and answers nothing."""

    def __init__(self) -> None:
        self.heard = b""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write down, and close."""
        self.heard += b"somebody came: "
        with suppress(ConnectionError):
            self.heard += await reader.read(1 << 16)
        writer.close()


@asynccontextmanager
async def listening(port: int = 0) -> AsyncIterator[Listener]:
    """Listen for as long as the context lasts."""
    listener = Listener()
    server = await asyncio.start_server(listener.accept, HOST, port)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
