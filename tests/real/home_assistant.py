"""A Home Assistant as a process of its own, which never outlives whoever started it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import ctypes
import os
from pathlib import Path
import re
import signal
import socket
import sys

import aiohttp

from .configuration import HOST, write_configuration

START_TIMEOUT = 60
STOP_TIMEOUT = 15
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.MULTILINE)


class HomeAssistantError(Exception):
    """Home Assistant did not do what it should; the text says what."""


class HomeAssistant:
    """Runs in a config folder of its own. Made by `running`."""

    def __init__(self, folder: Path, port: int) -> None:
        """Take a folder that is configured for that port."""
        self.folder = folder
        self.url = f"http://{HOST}:{port}"
        self._process: asyncio.subprocess.Process | None = None

    def log_records(self) -> list[str]:
        """The log of this run and of the one before, record by record, each with its traceback."""
        runs = (self.folder / name for name in ("home-assistant.log.1", "home-assistant.log"))
        text = "".join(run.read_text(errors="replace") for run in runs if run.exists())
        starts = [match.start() for match in _RECORD.finditer(text)]
        return [text[start:end].rstrip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]

    async def start(self) -> None:
        """Start, and wait until the web server answers."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeassistant", "--config", str(self.folder), "--skip-pip", "--log-no-color"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parent / "stand_ins"),
                # Bytecode makes the next start twice as fast.
                "PYTHONDONTWRITEBYTECODE": "",
            },
            # Ctrl-C is for the starter, who stops it in order. Should the starter be killed, the kernel stops it.
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            async with asyncio.timeout(START_TIMEOUT), aiohttp.ClientSession() as session:
                while not await self._answers(session):
                    if self._process.returncode is not None:
                        raise HomeAssistantError(f"Home Assistant ended at once:\n{self._tail()}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise HomeAssistantError(f"Home Assistant does not answer:\n{self._tail()}") from None

    async def ended(self) -> None:
        """Wait until Home Assistant ends by itself."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """Stop: politely, then not."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                if process.returncode is None:
                    os.killpg(process.pid, number)
                try:
                    await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
                except TimeoutError:
                    continue
                break
        except ProcessLookupError:
            pass
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        """Say whether it waits for its owner to introduce himself, or to log in."""
        try:
            for path in ("/api/onboarding", "/auth/providers"):
                async with session.get(f"{self.url}{path}") as response:
                    if response.status == 200:
                        return True
        except aiohttp.ClientError:
            pass
        return False

    def _tail(self) -> str:
        return "\n".join(self.log_records()[-8:])


@asynccontextmanager
async def running(
    folder: Path, port: int = 0, *, language: str = "en", log_level: str = "debug"
) -> AsyncGenerator[HomeAssistant]:
    """Configure and run Home Assistant in an empty folder for as long as the context lasts."""
    # Home Assistant would go on with its usual port instead, and listen to the whole network.
    if port and free_port(port) != port:
        raise HomeAssistantError(f"port {port} is in use")
    port = port or free_port()
    await asyncio.to_thread(write_configuration, folder, port, language=language, log_level=log_level)
    home_assistant = HomeAssistant(folder, port)
    try:
        await home_assistant.start()
        yield home_assistant
    finally:
        await asyncio.shield(home_assistant.stop())


def free_port(*wanted: int) -> int:
    """Return the first of the wanted ports that is free, else any that is."""
    for port in (*wanted, 0):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, port))
            except OSError:
                continue
            return int(one.getsockname()[1])
    raise HomeAssistantError("there is no free port")


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
