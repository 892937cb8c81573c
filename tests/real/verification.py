"""The course of `scripts/demo --check`: look, wait for the next poll, look again, read the log."""

import asyncio
from dataclasses import dataclass
import time

from . import checks
from .accounts import Account
from .checks import Matched, Problems
from .inventory import Entry
from .report import say
from .setting import Added, Setting

NEXT_POLL = 100
"""Seconds within which the second poll must come: an interval of a minute, begun at the installation's own instant."""
SETTLING = 10
"""Seconds that Home Assistant gets to take in what a poll brought."""


@dataclass(frozen=True, slots=True)
class _Look:
    entry: Entry
    matched: Matched
    problems: Problems


async def verify(setting: Setting) -> Problems:
    """Check everything, and return what is wrong."""
    results = [await _verify_account(setting, added) for added in setting.added]
    problems = [problem for result in results for problem in result]
    entries = [await setting.look(added) for added in setting.added]
    accounts = [added.account for added in setting.added]
    home_assistant = setting.home_assistant
    log = checks.check_log(home_assistant, entries)
    _tell(log, f"the log ({len(home_assistant.log_records())} records) has no warning and no deprecation of ours")
    leaks = await asyncio.to_thread(checks.check_secrets, home_assistant.folder, accounts)
    _tell(leaks, "no file, the debug log included, holds a secret, but for the one of the credentials")
    return [*problems, *log, *leaks]


async def _verify_account(setting: Setting, added: Added) -> Problems:
    account = added.account
    requests = _requests(account)
    before = await _look(setting, added, poll=1)
    entry = before.entry
    shown = sum(entity.valid for entity in entry.entities())
    _tell(before.problems, f"{entry.title}: {len(entry.devices)} devices, {shown} values, all as the service has them")
    diagnostics = await checks.check_diagnostics(setting.api, account, entry)
    _tell(diagnostics, f"{entry.title}: {len(entry.devices) + 1} diagnostics downloaded, no secret in them")
    say("Waiting for the next poll ...")
    if not await _polled_again(account, requests):
        return [*before.problems, *diagnostics, f"{entry.title}: no second poll within {NEXT_POLL} seconds"]
    after = await _after_poll(setting, added, before)
    shown = sum(entity.valid for entity in after.entry.entities())
    _tell(after.problems, f"{entry.title}: {shown} values, all later ones, as the service has them; registers grew")
    return [*before.problems, *diagnostics, *after.problems]


async def _look(setting: Setting, added: Added, *, poll: int) -> _Look:
    entry = await setting.look(added)
    problems, matched = checks.check_values(added.account, entry, checks.present(), poll=poll)
    problems += checks.check_devices(added.account, entry) + checks.check_sums(entry)
    return _Look(entry, matched, problems)


async def _after_poll(setting: Setting, added: Added, before: _Look) -> _Look:
    """Look until all is well, or there is no hope."""
    deadline = time.monotonic() + SETTLING
    while True:
        look = await _look(setting, added, poll=2)
        progress = checks.check_progress(before.entry, look.entry, before.matched, look.matched)
        if not (look.problems or progress) or time.monotonic() > deadline:
            return _Look(look.entry, look.matched, look.problems + progress)
        await asyncio.sleep(0.5)


async def _polled_again(account: Account, requests: int) -> bool:
    deadline = time.monotonic() + NEXT_POLL
    while _requests(account) == requests and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return _requests(account) > requests


def _requests(account: Account) -> int:
    return sum(len(simulator.requests) for simulator in account.simulators)


def _tell(problems: Problems, good: str) -> None:
    if not problems:
        say(f"Checked: {good}.")
