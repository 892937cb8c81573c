"""What `scripts/demo --check` verifies. Each check returns what is wrong; nothing is good."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
import math
from pathlib import Path

from .accounts import Account
from .api import Api
from .home_assistant import HomeAssistant
from .inventory import DOMAIN, Device, Entry
from .truth import Row, Rows

type Problems = list[str]
type Matched = dict[str, datetime]
"""The measurement time of what each device shows."""

# Home Assistant says this of every custom integration.
_USUAL = "We found a custom integration energy_clouds which has not been tested by Home Assistant"
_LOUD = (" WARNING ", " ERROR ", " CRITICAL ")
_WHEREVER = ("Detected that custom integration",)
# Where Home Assistant keeps credentials.
_KEEPS_SECRETS = "core.config_entries"
_PHASE_POWERS = ("p1", "p2", "p3")


def check_devices(account: Account, entry: Entry) -> Problems:
    """Every device of the account is there, with entities, and all enabled entities are valid."""
    there = {device.vendor_id: device for device in entry.devices}
    problems = [f"the entry is {entry.state}"] if entry.state != "loaded" else []
    for device_id in account.truth.devices():
        if device_id not in there:
            problems.append(f"{device_id}: no such device")
        elif not there[device_id].enabled():
            problems.append(f"{device_id}: no enabled entity")
    invalid = (entity for entity in entry.entities() if entity.enabled and not entity.valid)
    return [*problems, *(f"{entity.id} is {entity.state}" for entity in invalid)]


def check_values(account: Account, entry: Entry, now: datetime, *, poll: int) -> tuple[Problems, Matched]:
    """All values of a device are those of one and the same row of the service, and not an old one."""
    problems: Problems = []
    matched: Matched = {}
    true_devices = frozenset(account.truth.devices())
    for device in entry.devices:
        if device.vendor_id not in true_devices:
            continue
        rows = [one for one in account.truth.rows(device.vendor_id, now) if one.from_poll <= poll]
        known = {key for one in rows for row in one.rows for key in row.values}
        registered = {entity.key for entity in device.entities}
        problems += [f"{device.name}: no entity for {key}" for key in sorted(known - registered)]
        enabled = device.enabled()
        if poll > 1:
            problems += [f"{enabled[key].id}: the service has no such value" for key in sorted(enabled.keys() - known)]
        for one in rows:
            row, wrong = _best_row(one, device)
            if wrong:
                problems.append(f"{device.name}: shows no row of the service; nearest is {row.time:%H:%M:%S}: {wrong}")
            else:
                matched[device.vendor_id] = max(row.time, matched.get(device.vendor_id, row.time))
    return problems, matched


def check_sums(entry: Entry) -> Problems:
    """Total power is the sum of the phases."""
    problems = []
    for device in entry.devices:
        enabled = device.enabled()
        if not {"p_total", *_PHASE_POWERS} <= enabled.keys():
            continue
        total, phases = enabled["p_total"], [enabled[key] for key in _PHASE_POWERS]
        if all(entity.valid for entity in (total, *phases)):
            sum_of_phases = sum(entity.value for entity in phases)
            if not math.isclose(total.value, sum_of_phases, abs_tol=1e-6):
                problems.append(f"{total.id} is {total.value}, its phases add up to {sum_of_phases}")
    return problems


def check_progress(before: Entry, after: Entry, then: Matched, now: Matched) -> Problems:
    """Every device shows a later row than before; no energy register fell, and some grew."""
    names = {device.vendor_id: device.name for device in after.devices}
    problems = [
        f"{names[device]}: still shows the row of {then[device]:%H:%M:%S}"
        for device in then.keys() & now.keys()
        if then[device] >= now[device]
    ]
    earlier = {entity.id: entity for entity in before.entities() if entity.device_class == "energy"}
    grown = 0
    for entity in after.entities():
        if entity.enabled and entity.id in earlier:
            by = entity.value - earlier[entity.id].value
            grown += by > 0
            if by < 0:
                problems.append(f"{entity.id} fell by {-by}")
    if not grown:
        problems.append("no energy register grew")
    return problems


async def check_diagnostics(api: Api, account: Account, entry: Entry) -> Problems:
    """The account's and every device's diagnostics can be downloaded, and hold no secret."""
    base = f"/api/diagnostics/config_entry/{entry.id}"
    downloads = {"the account's diagnostics": await api.text(base)}
    for device in entry.devices:
        downloads[f"{device.name}'s diagnostics"] = await api.text(f"{base}/device/{device.id}")
    return [f"a secret is in {name}" for name, text in downloads.items() if any(one in text for one in account.secrets)]


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


def check_secrets(folder: Path, accounts: Sequence[Account]) -> Problems:
    """No file of the config folder holds a secret, but for the one in which Home Assistant keeps credentials."""
    secrets = [one.encode() for account in accounts for one in account.secrets]
    return [
        f"a secret is in {path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file() and path.name != _KEEPS_SECRETS
        if any(secret in path.read_bytes() for secret in secrets)
    ]


def _best_row(rows: Rows, device: Device) -> tuple[Row, str]:
    """Return the newest row that all enabled entities show, or the nearest and what is different."""
    found = [(row, _differences(row, device)) for row in rows.rows]
    row, wrong = min(found, key=lambda one: (len(one[1]), -one[0].time.timestamp()))
    return row, ", ".join(f"{name} {text}" for name, text in wrong.items())


def _differences(row: Row, device: Device) -> Mapping[str, str]:
    return {
        entity.id: f"is {entity.state} instead of {row.values[key].value}"
        for key, entity in device.enabled().items()
        if key in row.values and not (entity.valid and row.values[key].matches(entity.value))
    }


def present() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)
