"""The course of `scripts/demo --check`: look, wait for the next poll, look again, restart, look, read the log.

Before the restart and after it, the energy dashboard is compared with the world.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
import time

from . import checks, energy_checks, hygiene
from .accounts import Account
from .checks import Matched, Problems
from .dashboard import PRECISIONS
from .energy_checks import Rows
from .history import days_ago, import_history
from .inventory import DOMAIN, Entry
from .report import say
from .setting import Added, Filled, Setting

NEXT_POLL = 100
"""Seconds within which the second poll must come: an interval of a minute, begun at the installation's own instant."""
SETTLING = 10
"""Seconds that Home Assistant gets to take in what a poll brought."""
JUST_NOW = timedelta(seconds=1)
"""How long ago a poll was made that has been noticed."""


@dataclass(frozen=True, slots=True)
class _Look:
    entry: Entry
    matched: Matched
    problems: Problems

    @property
    def shown(self) -> int:
        return sum(entity.valid for entity in self.entry.entities())


async def verify(setting: Setting) -> Problems:
    """Check everything, and return what is wrong."""
    filled = await setting.filled()
    results = await asyncio.gather(
        _verify_energy(setting, filled), *(_verify_account(setting, added) for added in setting.added)
    )
    problems = [problem for result in results for problem in result]
    rows = await energy_checks.all_rows(setting.api)
    accounts = [added.account for added in setting.added]
    repairs = await hygiene.check_repairs(setting.api)
    say("Restarting Home Assistant ...")
    async with setting.restarted() as again:
        restart = [problem for added in again.added for problem in await _verify_restarted(again, added)]
        _tell(restart, "the restarted Home Assistant shows true values again, and has signed in nowhere anew")
        restart += await _verify_restarted_energy(again, filled, rows)
        entries = [await again.look(added) for added in again.added]
        repairs += await hygiene.check_repairs(again.api)
        requests = [problem for account in accounts for problem in hygiene.check_requests(account)]
        sent = sum(account.requests() for account in accounts)
        # It asks without a credential, so what it is answered does not count.
        health = await hygiene.check_health(again.api, accounts)
    _tell(repairs, "there is nothing to be repaired")
    _tell(health, "the system's health says that all accounts are running and all services are there")
    _tell(requests, f"the services refused none of {sent} requests")
    log = hygiene.check_log(setting.home_assistant, entries)
    records = len(setting.home_assistant.log_records())
    _tell(log, f"the log ({records} records) has no warning and no deprecation of ours")
    leaks = await asyncio.to_thread(hygiene.check_secrets, setting.home_assistant.folder, accounts)
    secrets = sum(len(account.secrets()) for account in accounts)
    _tell(leaks, f"no file, the debug log included, holds any of {secrets} secrets, but for the two that keep them")
    return [*problems, *restart, *repairs, *health, *requests, *log, *leaks]


async def _verify_energy(setting: Setting, filled: Filled) -> Problems:
    dashboard = filled.dashboard
    problems, tally = await energy_checks.check_energy(setting.api, dashboard, filled.imports)
    for added in setting.added:
        imported = filled.imports.get(added.account.vendor)
        # What begins by itself begins an hour earlier with what a service is about to forget.
        if imported is not None and PRECISIONS[added.account.vendor].remembers is None:
            problems += energy_checks.check_history_sensor(await setting.look(added), imported)
    compared = f"{tally.hours} hours and {tally.days} days of {len(dashboard.statistics)} statistics"
    _tell(problems, f"{compared} are the world's, to {tally.difference * 1000:.1f} Wh or litres")
    saved = await energy_checks.check_preferences(setting.api, dashboard)
    saved += await energy_checks.check_validation(setting.api, dashboard)
    _tell(saved, "Home Assistant has the energy dashboard as it was saved, and finds nothing wrong with it")
    return problems + saved


async def _verify_restarted_energy(setting: Setting, filled: Filled, rows: Rows) -> Problems:
    """What was imported is there as before. Importing some of it again writes but an hour that has ended since."""
    problems = await energy_checks.check_preferences(setting.api, filled.dashboard)
    again = {
        vendor: await import_history(setting.api, filled.entries[vendor].id, max(imported.start, days_ago(1)))
        for vendor, imported in filled.imports.items()
    }
    problems += [
        f"{vendor}: importing again has written {one.hours} hours"
        for vendor, one in again.items()
        if one.hours and one.until == filled.imports[vendor].until
    ]
    now = await energy_checks.all_rows(setting.api)
    problems += energy_checks.check_unchanged(rows, now)
    number = sum(len(of_one) for of_one in rows.values())
    _tell(problems, f"all {len(rows)} statistics have the same {number} hours, also after importing again")
    return problems


async def _verify_account(setting: Setting, added: Added) -> Problems:
    account = added.account
    before = await _look(setting, added, poll=1)
    entry = before.entry
    what = f"{entry.title}: {len(entry.devices)} devices, {before.shown} values"
    _tell(before.problems, f"{what}, all as the service has them")
    diagnostics = await hygiene.check_diagnostics(setting.api, account, entry)
    _tell(diagnostics, f"{entry.title}: {len(entry.devices) + 1} diagnostics downloaded, no secret in them")
    next_poll = _verify_next_poll if account.has_news else _verify_idle_poll
    return [*before.problems, *diagnostics, *await next_poll(setting, added, before)]


async def _verify_next_poll(setting: Setting, added: Added, before: _Look) -> Problems:
    """The next poll comes by itself, and brings later values; one that was too early for them is repeated."""
    title, account = before.entry.title, added.account
    say(f"{title}: waiting for the next poll ...")
    requests, deadline = account.requests(), time.monotonic() + NEXT_POLL
    while account.requests() == requests:
        if time.monotonic() > deadline:
            return [f"{title}: no second poll within {NEXT_POLL} seconds"]
        await asyncio.sleep(0.1)
    if not _has_news(account, before):
        say(f"{title}: that poll was too early for later values of everything; asking for another ...")
        async with asyncio.timeout(NEXT_POLL):
            while not _has_news(account, before):
                await asyncio.sleep(0.5)
        await setting.api.refresh(_measuring(before.entry))
    deadline = time.monotonic() + SETTLING
    while True:
        look = await _look(setting, added, poll=2)
        progress = checks.check_progress(before.entry, look.entry, before.matched, look.matched)
        if not (look.problems or progress) or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    _tell(look.problems + progress, f"{title}: {look.shown} values, all later ones, as the service has them")
    return look.problems + progress


async def _verify_idle_poll(setting: Setting, added: Added, before: _Look) -> Problems:
    """There is nothing new so soon: a poll that is asked for sends nothing, and what is shown stays true."""
    title, account = before.entry.title, added.account
    requests, polls = account.requests(), _polls(setting, account)
    await setting.api.refresh(_measuring(before.entry))
    deadline = time.monotonic() + SETTLING
    while _polls(setting, account) == polls:
        if time.monotonic() > deadline:
            return [f"{title}: no poll within {SETTLING} seconds of being asked for"]
        await asyncio.sleep(0.1)
    look = await _look(setting, added, poll=2)
    sent = account.requests() - requests
    problems = look.problems + ([f"{title}: a poll sent {sent} requests in vain"] if sent else [])
    _tell(problems, f"{title}: a poll right after sent nothing, and all {look.shown} values are true still")
    return problems


async def _verify_restarted(setting: Setting, added: Added) -> Problems:
    """What is shown after a restart was read anew."""
    deadline = time.monotonic() + SETTLING
    while True:
        look = await _look(setting, added, poll=1)
        if not look.problems or time.monotonic() > deadline:
            return look.problems
        await asyncio.sleep(0.5)


async def _look(setting: Setting, added: Added, *, poll: int) -> _Look:
    entry = await setting.look(added)
    problems, matched = checks.check_values(added.account, entry, checks.present(), poll=poll)
    problems += checks.check_devices(added.account, entry) + checks.check_sums(entry)
    return _Look(entry, matched, problems)


def _has_news(account: Account, before: _Look) -> bool:
    """Say whether a poll a second ago could show something later of everything."""
    return checks.has_news(account, before.entry, before.matched, checks.present() - JUST_NOW)


def _measuring(entry: Entry) -> str:
    """Return an entity that shows a measured value: those of the account itself need no poll."""
    return next(entity.id for device in entry.devices if device.vendor_id for entity in device.enabled().values())


def _polls(setting: Setting, account: Account) -> int:
    """Return how many polls the log has seen the end of."""
    ended = f"Finished fetching {DOMAIN} {account.vendor} data"
    return sum(ended in record for record in setting.home_assistant.log_records())


def _tell(problems: Problems, good: str) -> None:
    if not problems:
        say(f"Checked: {good}.")
