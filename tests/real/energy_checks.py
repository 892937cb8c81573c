"""What `scripts/demo --check` verifies of the energy dashboard. Each check returns what is wrong; nothing is good."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from .api import Api
from .checks import Problems
from .dashboard import EVERYTHING, PRECISIONS, Counter
from .energy import Bar, Dashboard
from .history import Import, Imports, days_ago, local, midnight
from .inventory import DOMAIN, INVALID, Entry

_HOUR = timedelta(hours=1)
_SAME = 1e-6
"""Rows are left as they are that differ by less, since sums of many numbers depend on where they begin."""

type Rows = Mapping[str, Sequence[Mapping[str, float]]]


@dataclass(slots=True)
class Tally:
    """What was compared, and how different it was at most, in kWh or m³."""

    hours: int = 0
    days: int = 0
    difference: float = 0.0


async def check_energy(api: Api, dashboard: Dashboard, imports: Imports) -> tuple[Problems, Tally]:
    """Every hour that was asked for is there, of every whole day the sum, and all of them are the world's."""
    first = min(one.start for one in imports.values())
    hours = await dashboard.bars(api, first, None, "hour")
    days = await dashboard.bars(api, first, days_ago(0), "day")
    problems: Problems = []
    tally = Tally()
    for counter in (counter for use in EVERYTHING for counter in use.counters.values()):
        statistic = dashboard.of(counter)
        found = [
            *_check_hours(counter, hours[statistic.id], imports[counter.point.vendor], tally),
            *_check_days(counter, hours[statistic.id], days[statistic.id], tally),
        ]
        problems += [f"{statistic.name}: {problem}" for problem in found]
        # The simulators run in the same loop.
        await asyncio.sleep(0)
    return problems, tally


def _check_hours(counter: Counter, bars: Sequence[Bar], imported: Import, tally: Tally) -> Iterator[str]:
    if not bars:
        yield "is empty"
        return
    if bars[0].start > imported.start or bars[-1].end < imported.until:
        yield f"goes from {bars[0].start} to {bars[-1].end} instead of from {imported.start} to {imported.until}"
    for before, bar in pairwise(bars):
        if before.end != bar.start:
            yield f"has nothing between {before.end} and {bar.start}"
    for bar in bars:
        if bar.end - bar.start != _HOUR:
            yield f"has {bar.end - bar.start} as the hour from {bar.start} on"
        yield from _check_amount(counter, bar, tally)
    tally.hours += len(bars)


def _check_days(counter: Counter, hours: Sequence[Bar], days: Sequence[Bar], tally: Tally) -> Iterator[str]:
    """Days of 23 and 25 hours are as good as others."""
    if not hours:
        return
    there = {bar.start: bar for bar in days}
    day = local(hours[0].start).date()
    whole = []
    while (end := midnight(day + timedelta(days=1))) <= min(hours[-1].end, days_ago(0)):
        start = midnight(day)
        day += timedelta(days=1)
        if start < hours[0].start:
            continue
        if start not in there or there[start].end != end:
            yield f"has no day from {start} to {end}"
            continue
        whole.append(there[start])
        yield from _check_amount(counter, there[start], tally)
    if whole:
        everything = Bar(whole[0].start, whole[-1].end, sum(bar.amount for bar in whole))
        yield from _check_amount(counter, everything, tally)
    tally.days += len(whole)


def _check_amount(counter: Counter, bar: Bar, tally: Tally) -> Iterator[str]:
    true = counter.register(bar.end) - counter.register(bar.start)
    least, most = amount_bounds(counter, bar.start, bar.end)
    tally.difference = max(tally.difference, abs(bar.amount - true))
    if not least <= bar.amount <= most:
        yield f"has {bar.amount} from {bar.start} to {bar.end} instead of {true}"


def amount_bounds(counter: Counter, start: datetime, end: datetime) -> tuple[float, float]:
    """Return the least and the most that a statistic may have, as exact as the vendor's data are."""
    precision = PRECISIONS[counter.point.vendor]
    rounded = 2 * precision.rounded + _SAME
    least = counter.register(end - precision.lag) - counter.register(start)
    most = counter.register(end) - counter.register(start - precision.lag)
    return least - rounded, most + rounded


async def check_preferences(api: Api, dashboard: Dashboard) -> Problems:
    """The preferences are as they were saved; Home Assistant has made a sensor of the inverted power."""
    there = await api.command("energy/get_prefs")
    problems: Problems = []
    for kind, saved in dashboard.preferences.items():
        found = there.get(kind, ())
        if len(found) != len(saved):
            problems.append(f"{kind}: has {len(found)} items instead of {len(saved)}")
        for item, now in zip(saved, found, strict=False):
            made = {"stat_rate"} if "power_config" in item else set()
            if {key: value for key, value in now.items() if key not in made} != item or not made <= now.keys():
                problems.append(f"{kind}: {item['name']} is saved as {now}")
            problems += [
                f"{kind}: {item['name']} has the power {now[key]}, which is {state}"
                for key in made & now.keys()
                if (state := (await api.get(f"/api/states/{now[key]}"))["state"]) in INVALID
            ]
    return problems


async def check_validation(api: Api, dashboard: Dashboard) -> Problems:
    """Home Assistant finds nothing wrong with the dashboard.

    Live sensors have no statistic before the next full five minutes; those that are going to have one are all right.
    """
    sensors = {one["statistic_id"] for one in await api.command("recorder/list_statistic_ids")} & dashboard.sensors()
    return [
        f"Home Assistant says of {entity} in {kind}: {issue['type']} {detail or ''}"
        for kind, items in (await api.command("energy/validate")).items()
        for issues in items
        for issue in issues
        for entity, detail in issue["affected_entities"]
        if issue["type"] != "statistics_not_defined" or entity not in sensors
    ]


def check_history_sensor(entry: Entry, imported: Import) -> Problems:
    """The account's own sensor tells up to when its history is complete."""
    own = next(device for device in entry.devices if not device.vendor_id)
    shown = own.enabled()["history_until"].state or "nothing"
    if shown in INVALID or datetime.fromisoformat(shown) < imported.until:
        return [f"{entry.title}: its history is said to be complete until {shown} instead of {imported.until}"]
    return []


async def all_rows(api: Api) -> Rows:
    """Return the rows of all statistics of the integration."""
    there = await api.command("recorder/list_statistic_ids", statistic_type="sum")
    rows: Rows = await api.command(
        "recorder/statistics_during_period",
        start_time=datetime.fromtimestamp(0, UTC).isoformat(),
        statistic_ids=[one["statistic_id"] for one in there if one["source"] == DOMAIN],
        period="hour",
        types=["state", "sum"],
    )
    return rows


def check_unchanged(before: Rows, after: Rows) -> Problems:
    """All statistics are the same, and have the same rows; later ones may have come."""
    problems = [f"{name}: is gone, or has come" for name in before.keys() ^ after.keys()]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        if list(new[: len(old)]) != list(old):
            problems.append(f"{name}: has other rows than before")
        if any(one["start"] >= two["start"] for one, two in pairwise(new)):
            problems.append(f"{name}: has an hour twice")
    return problems
