"""What is printed in the end: Markdown, safe to be shown to strangers unless names were asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
import json

from vendors.shapes import shape_of

from .arguments import Arguments
from .course import MOST_BATCHES, VERSION, Course
from .explaining import short
from .findings import Findings
from .listing import Listing
from .markdown import cell, code, table
from .privacy import Words
from .wire import CountingBudget


def report(course: Course, findings: Findings, words: Words, arguments: Arguments, failure: Exception | None) -> str:
    """Everything that was learnt, up to the failure if there was one."""
    listing = Listing(findings, words, values=arguments.values, everything=arguments.everything)
    sections = {
        "": _summary(course, findings, words, failure),
        "Sites": listing.sites(),
        "Devices": _devices(listing),
        "Points": listing.points(),
        "History": _history(course, findings, listing, arguments),
        "Requests": _requests(course, findings),
        "Notices": "".join(_notices(findings, words)),
        "Shapes of the answers": _shapes(findings, words),
    }
    title = f"## Energy Clouds probe: {course.vendor.title}\n\n"
    return title + "\n".join(f"### {name}\n\n{text}" if name else text for name, text in sections.items() if text)


def _summary(course: Course, findings: Findings, words: Words, failure: Exception | None) -> str:
    account = findings.account
    lines = {
        "vendor": f"{code(course.vendor.key)}, Energy Clouds {VERSION}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "ended early": "" if failure is None else cell(short(failure, words.text(str(failure)))),
        "account": "" if account is None else _account(account.id, account.title, named=account.named, words=words),
        **(_counts(findings) if findings.listed else {}),
        "problems": _listed(Counter(problem.value for problem in findings.problems.values())),
        "clock": f"the service's is ahead of this machine's by {round(course.clock_difference.total_seconds())} s",
    }
    return "".join(f"- {name}: {text}\n" for name, text in lines.items() if text)


def _counts(findings: Findings) -> dict[str, str]:
    inventory = findings.inventory
    valued = sum(point.id in findings.samples for point in inventory.points)
    return {
        "sites": str(len(inventory.sites)),
        "devices": _counted(inventory.devices, Counter(one.kind.value for one in inventory.devices)),
        "points": _counted(inventory.points, {"with a value": valued, "without a valid one": len(findings.broken)}),
    }


def _account(identifier: str, title: str, *, named: bool, words: Words) -> str:
    shown = f"{cell(title)}, {cell(identifier)}" if words.shown else "[redacted]"
    return f"{shown}, {'named by the vendor' if named else 'named after the credential'}"


def _devices(listing: Listing) -> str:
    text = listing.devices()
    if not listing.left_out:
        return text
    return f"{text}\n{listing.left_out} more of the same kinds, which `--all` lists with their points.\n"


def _history(course: Course, findings: Findings, listing: Listing, arguments: Arguments) -> str:
    if arguments.history is None or findings.history is None:
        return ""
    reach = course.vendor.history_reach
    if reach is not None and not reach:
        return "This service gives no history.\n"
    hours = arguments.history.total_seconds() / 3600
    begun = f"{hours:g} h asked for, the first {len(findings.history)} batches (at most {MOST_BATCHES}) looked at.\n"
    return f"{begun}\n{listing.history(course.now())}" if any(findings.history) else begun


def _requests(course: Course, findings: Findings) -> str:
    rows = (_budget("account", course.budget), _budget("signing in", course.login_budget))
    lines = {
        "answers": _listed(course.wire.answers),
        "limit headers": ", ".join(f"{code(name)}: {value}" for name, value in course.wire.limit_headers.items()),
        "readings took": ", ".join(f"{number} requests" for number in findings.polls),
        "a poll takes": "" if findings.requests_per_poll is None else f"{findings.requests_per_poll} requests",
    }
    titles = ("budget", "requests sent", "limit", "of which we use", "left, says the service", "next request")
    return table(titles, rows) + "\n" + "".join(f"- {name}: {text}\n" for name, text in lines.items() if text)


def _budget(name: str, budget: CountingBudget) -> tuple[str, ...]:
    held = budget.held_for.total_seconds()
    return (
        name,
        str(budget.spent),
        f"{budget.limit.requests} in {budget.limit.window.total_seconds():.0f} s",
        str(budget.allowed),
        "" if budget.remaining is None else str(budget.remaining),
        f"in {held:.0f} s ({budget.held_because})" if held else "at once",
    )


def _notices(findings: Findings, words: Words) -> Iterator[str]:
    for key, count in Counter(notice.key for notice in findings.notices).items():
        yield f"- {code(key)}, {count} x\n"
    for notice in findings.notices if words.shown else ():
        yield f"  - {code(notice.key)}: {cell(', '.join(' = '.join(pair) for pair in notice.words))}\n"


def _shapes(findings: Findings, words: Words) -> str:
    shapes = {words.text(name): shape_of(body, words.known) for name, body in sorted(findings.answers.items())}
    return f"```json\n{json.dumps(shapes, indent=2, ensure_ascii=False)}\n```\n" if shapes else ""


def _counted(things: Iterable[object], parts: Mapping[str, int]) -> str:
    return f"{sum(1 for _ in things)}{f' ({_listed(parts)})' if any(parts.values()) else ''}"


def _listed(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in parts.items() if count)
