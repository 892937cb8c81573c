"""`scripts/probe` on a terminal: what it asks for, and that nobody can look over one's shoulder."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
import os
import sys
from typing import Self

from tests.simulators import enpact, envitron
from tests.simulators.server import running
from tests.test_probe import PROBE, ROOT, Printed


class Terminal:
    """The person's end of a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._arrived = asyncio.Event()
        self.shown = ""

    def __enter__(self) -> Self:
        """Begin to look."""
        asyncio.get_running_loop().add_reader(self._descriptor, self._look)
        return self

    def __exit__(self, *_: object) -> None:
        """Look away."""
        asyncio.get_running_loop().remove_reader(self._descriptor)

    async def see(self, prompt: str) -> None:
        """Wait for a prompt."""
        async with asyncio.timeout(30):
            while not self.shown.endswith(prompt):
                self._arrived.clear()
                await self._arrived.wait()

    def enter(self, text: str) -> None:
        """Type a line."""
        os.write(self._descriptor, f"{text}\n".encode())

    def _look(self) -> None:
        try:
            self.shown += os.read(self._descriptor, 4096).decode()
        except OSError:
            # The other end is closed.
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._arrived.set()


@asynccontextmanager
async def terminal(*arguments: str, **environment: str) -> AsyncIterator[tuple[Terminal, asyncio.subprocess.Process]]:
    """Start a probe on a terminal of its own."""
    person, programme = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PROBE,
            *arguments,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdin=programme,
            stdout=asyncio.subprocess.PIPE,
            stderr=programme,
            # Else it would find the terminal of whoever runs the tests.
            start_new_session=True,
        )
        os.close(programme)
        with Terminal(person) as shown:
            yield shown, process
    finally:
        os.close(person)


async def typed(arguments: Sequence[str], answers: Sequence[tuple[str, str]], **environment: str) -> Printed:
    """What is printed when a person answers those prompts."""
    async with terminal(*arguments, "--pause", "0", **environment) as (person, process):
        for prompt, answer in answers:
            await person.see(prompt)
            person.enter(answer)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        return Printed(process.returncode, out.decode(), person.shown)


async def test_what_is_not_in_the_environment_is_asked_for() -> None:
    async with running(envitron.EnvitronSimulator()) as server:
        printed = await typed(
            ["envitron"],
            [("Envitron: username: ", f" {envitron.USERNAME} "), ("Envitron: password: ", envitron.PASSWORD)],
            ENVITRON_URL=server.url,
        )
    assert printed.code == 0, printed.err
    assert envitron.PASSWORD not in printed.err + printed.out
    assert envitron.USERNAME not in printed.out
    assert "prompt" not in printed.out
    assert printed.out.startswith("## Energy Clouds probe")
    assert printed.rows("Points")


async def test_choices_and_defaults_are_shown_and_what_is_optional_is_asked_for_on_demand() -> None:
    async with running(enpact.EnpactSimulator()) as server:
        printed = await typed(
            ["enpact", "--advanced"],
            [
                ("Enpact: api_key: ", enpact.PRODUCTION_KEY),
                ("Enpact: environment (production/sandbox) [production]: ", ""),
                ("Enpact: url: ", server.url),
            ],
        )
    assert printed.code == 0, printed.err
    assert enpact.PRODUCTION_KEY not in printed.err + printed.out


async def test_a_choice_that_is_none() -> None:
    printed = await typed(["enpact"], [("[production]: ", "moon")], ENPACT_API_KEY="key")
    assert (printed.code, printed.out) == (2, "")
    assert "error: ENPACT_ENVIRONMENT must be one of: production, sandbox" in printed.err


async def test_nothing_entered() -> None:
    printed = await typed(["enpact"], [("api_key: ", "")])
    assert (printed.code, printed.out) == (2, "")
    assert "error: api_key is missing: set ENPACT_API_KEY" in printed.err
