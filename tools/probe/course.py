"""The course of a probe: sign in, list, read, and read again where the first reading did not give everything."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from vendors import Vendor
from vendors.base import Connection, Credentials, Options
from vendors.errors import InvalidCredentials, VendorError
from vendors.model import Inventory, Nature
from vendors.tokens import Grant, Vault

from . import INTEGRATION
from .entering import entered_on_demand
from .findings import Findings
from .privacy import Guard
from .wire import CountingBudget, Wire

MOST_BATCHES = 6
VERSION: str = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))["version"]


class Course:
    """One look at one account. What it learns goes into the findings, what it spends is in the budgets."""

    def __init__(self, vendor: type[Vendor], credentials: Credentials, options: Options, guard: Guard) -> None:
        self.vendor = vendor
        self.budget = CountingBudget(vendor.limit(credentials))
        self.login_budget = CountingBudget(vendor.login_limit)
        self.wire = Wire(self.login_budget)
        self.grants: list[Grant] = []
        self._credentials = credentials
        self._options = options
        self._guard = guard
        self._client: Vendor | None = None

    def now(self) -> datetime:
        """The service's time, as far as known; UTC."""
        return datetime.now(UTC) if self._client is None else self._client.now()

    @property
    def clock_difference(self) -> timedelta:
        """How far the service's clock is ahead of this machine's."""
        return self.now() - datetime.now(UTC)

    async def run(
        self, findings: Findings, *, pause: timedelta, history: timedelta | None, say: Callable[[str], None]
    ) -> None:
        """Learn all there is to learn. Raises the five errors and `InvalidAddress`."""
        connector = aiohttp.TCPConnector(ssl=self.vendor.verifies_certificate(self._credentials))
        async with aiohttp.ClientSession(connector=connector, trace_configs=[self.wire.trace()]) as session:
            client = self._client = self.vendor(self._connection(session), Inventory())
            try:
                say("signing in …")
                while (more := await self._sign_in(client, findings)) is not None:
                    self._credentials = {**self._credentials, **more}
                    client = self._client = self.vendor(self._connection(session), Inventory())
                await self._learn(client, findings, pause, say)
                if history is not None:
                    await self._look_back(client, findings, history, say)
            finally:
                with suppress(VendorError):
                    # Where there is a session, nobody needs it any more.
                    await client.logout()
                findings.notices = tuple(client.notices())
                findings.answers = dict(client.last_answers())

    async def _sign_in(self, client: Vendor, findings: Findings) -> Credentials | None:
        """None when it is done; what else was entered, should that be needed."""
        try:
            findings.account = await client.login()
        except InvalidCredentials as err:
            more = entered_on_demand(self.vendor, err.field)
            if not more:
                raise
            for secret in more.values():
                self._guard.add(secret)
            return more
        return None

    async def _learn(self, client: Vendor, findings: Findings, pause: timedelta, say: Callable[[str], None]) -> None:
        say("listing what the account has …")
        findings.inventory = await client.discover()
        findings.listed = True
        say("reading …")
        taught = await self._read(client, findings)
        if taught or any(point.id not in findings.samples for point in findings.inventory.points):
            say(f"reading once more in {pause.total_seconds():.0f} s, as not everything came at once …")
            await asyncio.sleep(pause.total_seconds())
            await self._read(client, findings)

    @staticmethod
    async def _read(client: Vendor, findings: Findings) -> bool:
        """Read; whether that showed something that was not known before."""
        readings = await client.read(findings.inventory.points)
        findings.add(readings, client.now())
        findings.requests_per_poll = client.requests_per_poll(findings.inventory.points)
        return readings.inventory is not None

    @staticmethod
    async def _look_back(client: Vendor, findings: Findings, history: timedelta, say: Callable[[str], None]) -> None:
        say("looking at the history …")
        points = [point for point in findings.inventory.points if point.nature in (Nature.REGISTER, Nature.INTERVAL)]
        findings.history = []
        now = client.now()
        async for batch in client.history(points, now - history, now):
            findings.history.append(batch)
            if len(findings.history) >= MOST_BATCHES:
                break

    def _connection(self, session: aiohttp.ClientSession) -> Connection:
        return Connection(
            credentials=self._credentials,
            session=session,
            budget=self.budget,
            login_budget=self.login_budget,
            vault=Vault(keep=self._remember),
            user_agent=f"EnergyClouds-probe/{VERSION}",
            options=self._options,
            timezone=_timezone(),
        )

    async def _remember(self, grant: Grant) -> None:
        """A token is as secret as the password that it was given for."""
        self.grants.append(grant)
        for token in (grant.access, grant.refresh):
            if token is not None:
                self._guard.add(token.text)


def _timezone() -> tzinfo:
    """The machine's: the same that a Home Assistant on it would have."""
    for name in (os.environ.get("TZ", ""), str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]):
        try:
            return ZoneInfo(name.removeprefix(":"))
        except OSError, ValueError:
            continue
    return datetime.now().astimezone().tzinfo or UTC
