"""A process that dies while it exchanges a refresh token: at most one more sign-in, and never a person's trouble."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys

import pytest

from custom_components.energy_clouds.vendors.envitron import Envitron
from tests.power_cut.victim import FAILED, KILLED
from tests.simulators.envitron import PASSWORD, USERNAME, EnvitronSimulator
from tests.simulators.server import Server, running

ROOT = Path(__file__).parents[1]
MOST_STEPS = 200
FEWEST_DEATHS = 12
"""Fewer rounds of the event loop than these cannot be, with the write to the disk and the requests that follow."""


class Victim:
    """A process in which one account lives, again and again, on the same disk."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, server: Server, simulator: EnvitronSimulator):
        self._process = process
        self._folder = folder
        self._server = server
        self.simulator = simulator

    def store_pair(self) -> None:
        """Put a pair on the disk whose access token has expired, as it is when a refresh is due."""
        pair = self.simulator.sessions.grant(self.simulator.users[USERNAME], self.simulator.clock())
        now = datetime.now(UTC)
        credentials = {"url": self._server.url, "username": USERNAME}
        grant = {
            "access": {"text": pair["access"], "expires": (now - timedelta(minutes=1)).isoformat()},
            "refresh": {"text": pair["refresh"], "expires": (now + timedelta(days=60)).isoformat()},
        }
        key = "energy_clouds.tokens"
        stored = {"version": 1, "minor_version": 1, "key": key, "data": {Envitron.credential_id(credentials): grant}}
        (self._folder / ".storage").mkdir(exist_ok=True)
        (self._folder / ".storage" / key).write_text(json.dumps(stored), encoding="utf-8")

    async def live(self, death: str) -> int:
        """Let it live until that death. Returns its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = [str(self._folder), self._server.url, USERNAME, PASSWORD, death]
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        return int(await asyncio.wait_for(self._process.stdout.readline(), 60))


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    """A process to kill, and the service on whose tokens it lives."""
    simulator = EnvitronSimulator()
    async with running(simulator) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.power_cut.victim",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        yield Victim(process, tmp_path, server, simulator)
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def survives(victim: Victim, death: str) -> bool:
    """Kill it so, start it again, and look at what that cost. Returns whether it died at all."""
    simulator = victim.simulator
    simulator.revoke(USERNAME)
    victim.store_pair()
    before = simulator.logins, simulator.blacklisted_uses
    first = await victim.live(death)
    assert first in (KILLED, 0), death
    assert await victim.live("never") == 0, f"{death}: the account does not come back"
    logins, blacklisted = simulator.logins - before[0], simulator.blacklisted_uses - before[1]
    assert logins <= 1, death
    assert blacklisted <= logins, f"{death}: a sign-in, but no lost answer"
    assert simulator.outstanding(USERNAME) <= 2
    return first == KILLED


async def test_death_at_every_step_after_the_answer_to_a_refresh(victim: Victim) -> None:
    steps = 0
    while await survives(victim, str(steps)):
        steps += 1
        assert steps < MOST_STEPS
    assert steps >= FEWEST_DEATHS


@pytest.mark.parametrize(("death", "logins"), [("before_rename", 1), ("after_rename", 0)])
async def test_death_around_the_write(victim: Victim, death: str, logins: int) -> None:
    assert await survives(victim, death)
    assert victim.simulator.logins == logins


async def test_life_without_death_costs_no_sign_in(victim: Victim) -> None:
    victim.store_pair()
    assert await victim.live("never") == 0
    assert (victim.simulator.logins, victim.simulator.refreshes, victim.simulator.blacklisted_uses) == (0, 1, 0)
    assert FAILED != KILLED
