"""The process that is killed: an Envitron account that is read once, with Home Assistant's own storage below it.

Reads commands, each a line of JSON: `[FOLDER, ADDRESS, USER, PASSWORD, DEATH]`. Forks for each, and tells how the child
ended. DEATH is a number of steps of the event loop after the answer to a refresh, `before_rename` or `after_rename` (of
the file that is being written), or `never`.
"""

import asyncio
import json
import os
from pathlib import Path
import sys
import traceback
from typing import Any, override

import aiohttp
from homeassistant.core import HomeAssistant

from custom_components.energy_clouds.vaults import async_get_vaults
from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget
from custom_components.energy_clouds.vendors.envitron import Envitron
from custom_components.energy_clouds.vendors.http import Http
from custom_components.energy_clouds.vendors.model import Inventory

KILLED = 9
FAILED = 3


class Death:
    """When the process dies."""

    def __init__(self, when: str) -> None:
        self._when = when
        self._answered = False
        self._steps = 0

    def answered(self) -> None:
        """The answer to the refresh is there."""
        self._answered = True

    def step(self) -> None:
        """The event loop begins another round."""
        if self._answered and self._when.isdigit():
            self._steps += 1
            if self._steps > int(self._when):
                os._exit(KILLED)

    def at(self, point: str) -> None:
        """The process is at a named point."""
        if self._when == point:
            os._exit(KILLED)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that tells of its rounds."""

    death: Death

    def _run_once(self) -> None:
        self.death.step()
        super()._run_once()  # type: ignore[misc]


class TellingHttp(Http):
    """Tells when a refresh was answered."""

    death: Death

    @override
    async def request(self, method: str, path: str, **options: Any) -> Any:
        answer = await super().request(method, path, **options)
        if "refresh" in path:
            self.death.answered()
        return answer


def watch_renames(death: Death) -> None:
    """Die around the rename that makes a written file the file."""
    rename = os.replace

    def dangerous(source: Any, target: Any, **options: Any) -> None:
        death.at("before_rename")
        rename(source, target, **options)
        death.at("after_rename")

    os.replace = os.rename = dangerous  # type: ignore[assignment]


async def read(folder: Path, url: str, username: str, password: str, death: Death) -> int:
    """Read the account; the number of samples."""
    hass = HomeAssistant(str(folder))
    TellingHttp.death = death
    credentials = {"url": url, "username": username, "password": password}
    async with aiohttp.ClientSession() as session:
        vaults = await async_get_vaults(hass)
        connection = Connection(
            credentials=credentials,
            session=session,
            budget=Budget(Envitron.limit(credentials)),
            login_budget=Budget(Envitron.login_limit),
            vault=vaults.of(Envitron, credentials),
            user_agent="EnergyClouds/0 tests",
        )
        vendor = Envitron(connection, Inventory())
        vendor._http.__class__ = TellingHttp
        inventory = await vendor.discover()
        samples = (await vendor.read(inventory.points)).samples
    await hass.async_stop(force=True)
    return len(samples)


def live(command: list[str]) -> int:
    """The child's life. Returns its exit code."""
    folder, url, username, password, when = command
    death = Death(when)
    watch_renames(death)
    Loop.death = death
    with asyncio.Runner(loop_factory=Loop) as runner:
        return 0 if runner.run(read(Path(folder), url, username, password, death)) else FAILED


def main() -> None:
    """Fork for each command."""
    for line in sys.stdin:
        if not (child := os.fork()):
            code = FAILED
            try:
                code = live(json.loads(line))
            except BaseException:  # noqa: BLE001  whatever it is, the parent reads only an exit code
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
