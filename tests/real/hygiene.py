"""What `scripts/demo --check` verifies besides values: requests, secrets, log, repairs. Nothing returned is good."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from .accounts import Account
from .api import Api
from .checks import Problems
from .home_assistant import HomeAssistant
from .inventory import DOMAIN, Entry

# Home Assistant says this of every custom integration.
_USUAL = "We found a custom integration energy_clouds which has not been tested by Home Assistant"
_LOUD = (" WARNING ", " ERROR ", " CRITICAL ")
_WHEREVER = ("Detected that custom integration",)
# Where Home Assistant keeps what people enter, and where the integration keeps what spares a sign-in.
_CREDENTIALS = Path(".storage/core.config_entries")
_TOKENS = Path(".storage/energy_clouds.tokens")


async def check_diagnostics(api: Api, account: Account, entry: Entry) -> Problems:
    """The account's and every device's diagnostics can be downloaded, and hold no secret."""
    base = f"/api/diagnostics/config_entry/{entry.id}"
    downloads = {"the account's diagnostics": await api.text(base)}
    for device in entry.devices:
        downloads[f"{device.name}'s diagnostics"] = await api.text(f"{base}/device/{device.id}")
    secrets = account.secrets()
    return [f"a secret is in {name}" for name, text in downloads.items() if any(one in text for one in secrets)]


def check_requests(account: Account) -> Problems:
    """Nothing was asked that the service refused, nor a password used again."""
    refused = [
        f"{account.vendor} answered {request.method} {request.path} with {request.status}"
        for simulator in account.simulators
        for request in simulator.requests
        if request.status is None or request.status >= 400
    ]
    if account.sign_ins is not None and (times := account.sign_ins()) != 1:
        refused.append(f"{account.vendor}: signed in {times} times")
    return refused


def check_log(home_assistant: HomeAssistant, entries: Iterable[Entry]) -> Problems:
    """The log has no warning from or about the integration or its entities, nor a deprecation of ours."""
    ours = [DOMAIN, *(entity.id for entry in entries for entity in entry.entities())]
    return [
        f"the log says: {record}"
        for record in home_assistant.log_records()
        if any(text in record for text in _WHEREVER)
        or (
            any(level in record.partition("\n")[0] for level in _LOUD)
            and any(name in record for name in ours)
            and _USUAL not in record
        )
    ]


async def check_health(api: Api, accounts: Sequence[Account]) -> Problems:
    """The page on the system's health says that every account is running, and that every service can be reached."""
    health = await api.system_health(DOMAIN)
    running, total = f"{len(accounts)} of {len(accounts)} running", health.pop("accounts", None)
    problems = [] if total == running else [f"the system's health: accounts are {total}"]
    for account in accounts:
        reach, budget = (health.get(f"{account.vendor}_{what}") for what in ("reach", "budget"))
        if reach != "ok" or not str(budget).endswith("used"):
            problems.append(f"the system's health: {account.vendor}: {reach}, {budget}")
    return problems


async def check_repairs(api: Api) -> Problems:
    """There is nothing to be repaired."""
    return [f"there is a repair issue: {issue['issue_id']}" for issue in await api.issues(DOMAIN)]


def check_secrets(folder: Path, accounts: Sequence[Account]) -> Problems:
    """A secret is in no file of the config folder but where it must be; there it is."""
    homes: dict[bytes, Path | None] = {}
    for account in accounts:
        homes |= {secret.encode(): None for secret in (*account.passing_credentials, *account.passing_tokens())}
        homes |= {token.encode(): _TOKENS for token in account.kept_tokens()}
        homes |= {credential.encode(): _CREDENTIALS for credential in account.credentials}
    problems, kept = [], set[bytes]()
    for path in folder.rglob("*"):
        if path.is_file():
            content, file = path.read_bytes(), path.relative_to(folder)
            found = {secret for secret in homes if secret in content}
            kept |= found
            problems += [f"a secret is in {file}"] if any(homes[secret] != file for secret in found) else []
    for account in accounts:
        due = [*account.credentials, *account.kept_tokens()[-1:]]
        problems += [f"a secret of {account.vendor} is nowhere" for secret in due if secret.encode() not in kept]
    return problems
