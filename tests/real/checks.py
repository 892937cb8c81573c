"""What `scripts/demo --check` verifies of values. Each check returns what is wrong; nothing is good."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import math

from .accounts import Account
from .inventory import Device, Entity, Entry
from .truth import Expected, Row, Rows

type Problems = list[str]
type Matched = dict[tuple[str, str], Sequence[datetime]]
"""By device and name of its rows: when what it shows may have been measured. Values that stay the same fit many rows.

Of rows that come with every poll only.
"""

_PHASE_POWERS = ("p1", "p2", "p3")
_OF_A_DAY = ("_daily", "_today")
"""Registers that begin anew at midnight."""


def check_devices(account: Account, entry: Entry) -> Problems:
    """Every device of the account is there, with entities that are enabled or hidden; no other but its own has any."""
    there = {device.vendor_id: device for device in entry.devices}
    problems = [f"{entry.title} is {entry.state}"] if entry.state != "loaded" else []
    true_devices = frozenset(account.truth.devices())
    others = (device for device in entry.devices if device.vendor_id)
    strange = (device for device in others if device.entities and device.vendor_id not in true_devices)
    problems += [f"{device.name}: measures nothing, but has entities" for device in strange]
    for device_id in sorted(true_devices):
        if device_id not in there:
            problems.append(f"{device_id}: no such device")
        elif bool(there[device_id].enabled()) is (device_id in account.hidden_devices):
            problems.append(f"{device_id}: has {len(there[device_id].enabled())} enabled entities")
    return problems


def missing(account: Account, entry: Entry, now: datetime) -> Sequence[str]:
    """Return the enabled entities that have no value though the service has one, and devices without entities."""
    there = {device.vendor_id: device for device in entry.devices}
    found = []
    for device_id in account.truth.devices():
        if device_id not in there or not there[device_id].entities:
            found.append(device_id)
            continue
        enabled = there[device_id].enabled()
        due = {key for one in account.truth.rows(device_id, now) if one.from_poll == 1 for key in one.rows[0].values}
        found += [entity.id for key, entity in enabled.items() if key in due and not entity.valid]
    return found


def check_values(account: Account, entry: Entry, now: datetime, *, poll: int) -> tuple[Problems, Matched]:
    """All enabled entities of a device show values of one and the same row of the service, and not of an old one."""
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
            if fitting := [row.time for row in one.rows if not _differences(row, device)]:
                if not one.rare:
                    matched[device.name, one.name] = fitting
            else:
                problems.append(f"{device.name}: shows no row of the service; nearest is {_nearest(one, device)}")
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


def has_news(account: Account, entry: Entry, then: Matched, now: datetime) -> bool:
    """Say whether the service has at `now` a later row of everything than was shown before."""
    matched = {device for device, _ in then}
    newest = {
        (device.name, one.name): max(row.time for row in one.rows)
        for device in entry.devices
        if device.name in matched
        for one in account.truth.rows(device.vendor_id, now)
    }
    return all(newest[key] > min(then[key]) for key in then)


def check_progress(before: Entry, after: Entry, then: Matched, now: Matched) -> Problems:
    """Every device shows a later row than before; no energy register fell, and some grew if there are any."""
    problems = [
        f"{device}: still shows the row of {max(now[device, rows]):%H:%M:%S}"
        for device, rows in then.keys() & now.keys()
        if min(then[device, rows]) >= max(now[device, rows])
    ]
    earlier = {entity.id: entity for entity in before.entities() if entity.device_class == "energy" and entity.valid}
    grown = 0
    for entity in after.entities():
        if entity.valid and entity.id in earlier:
            by = entity.value - earlier[entity.id].value
            grown += by > 0
            if by < 0 and not entity.key.endswith(_OF_A_DAY):
                problems.append(f"{entity.id} fell by {-by}")
    if earlier and not grown:
        problems.append("no energy register grew")
    return problems


def _nearest(rows: Rows, device: Device) -> str:
    """Return the time of the row that most entities show, and what is different."""
    found = [(row, _differences(row, device)) for row in rows.rows]
    row, wrong = min(found, key=lambda one: (len(one[1]), -one[0].time.timestamp()))
    return f"{row.time:%H:%M:%S}: " + ", ".join(f"{name} {text}" for name, text in wrong.items())


def _differences(row: Row, device: Device) -> Mapping[str, str]:
    found = {
        entity.id: _difference(entity, row.values[key]) for key, entity in device.enabled().items() if key in row.values
    }
    return {entity: text for entity, text in found.items() if text}


def _difference(entity: Entity, expected: Expected) -> str:
    if not (entity.valid and expected.matches(entity.state or "")):
        return f"is {entity.state} instead of {expected.value}"
    if entity.unit != expected.unit:
        return f"is in {entity.unit or 'no unit'} instead of {expected.unit or 'none'}"
    if entity.last_reset != expected.since:
        return f"counts since {entity.last_reset} instead of {expected.since}"
    return ""


def present() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)
