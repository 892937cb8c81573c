"""Runs a script that wraps a vendor's client, in the environment that has the clients, and talks with it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import tomllib
from typing import Any, override

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-referees" / "bin" / "python"
PATIENCE = 30
LONGEST_ANSWER = 2**24


@dataclass
class Raised(Exception):
    """The client has raised this."""

    type: str
    message: str
    code: str | None = None
    details: Any = None
    slept: list[float] | None = None

    @override
    def __str__(self) -> str:
        return f"{self.type}: {self.message}"


class Referee:
    """A vendor's client at work in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk with the script through its pipes."""
        self._process = process

    async def ask(self, do: str, **arguments: Any) -> Any:
        """Let the client do something, and return what it makes of the answer; raise what it raises."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        answer = await self.hear()
        if "raised" in answer:
            raise Raised(**answer["raised"])
        return answer["result"]

    async def hear(self) -> Any:
        """Return what the script says."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        assert line, await self.end()
        return json.loads(line)

    async def end(self) -> str:
        """Let the script end, and return what it has written about its errors."""
        _, errors = await asyncio.wait_for(self._process.communicate(), PATIENCE)
        return errors.decode()


@asynccontextmanager
async def refereeing(client: str) -> AsyncGenerator[Referee]:
    """Let the vendor's client of this name start; addresses and credentials are for it to be told."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON.parents[1].name} is missing: run scripts/setup, or the tests with scripts/test")
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        "-m",
        f"tests.referees.clients.ask_{client}",
        # Nothing of this machine's: proxies, netrc, an account at the vendor.
        env={"PATH": os.environ["PATH"], "HOME": os.devnull},
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_ANSWER,
    )
    referee = Referee(process)
    try:
        player = await referee.hear()
        assert player == {"version": pinned(client), "changed": []}, f"not {client} as it is published: {player}"
        yield referee
        errors = await referee.end()
        assert process.returncode == 0, errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def pinned(package: str) -> str:
    """Return the version that pyproject.toml asks for."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    [version] = [line.removeprefix(f"{package}==") for line in groups["referees"] if line.startswith(f"{package}==")]
    return str(version)
