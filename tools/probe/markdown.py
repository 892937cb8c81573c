"""The little of GitHub's Markdown that a report needs."""

from collections.abc import Iterable, Sequence
import re

_SPECIAL = re.compile(r"[\\`*<>|\[\]@#~]")


def cell(text: str) -> str:
    """Text of others, on one line, that means nothing in Markdown and calls nobody's name."""
    plain = " ".join(text.split())
    return _SPECIAL.sub(lambda found: "&#64;" if found[0] == "@" else f"\\{found[0]}", plain)


def code(text: str) -> str:
    """A word of a programme."""
    return f"`{text}`" if text else ""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without the columns that are empty in all rows; nothing where there are no rows."""
    listed = list(rows)
    if not listed:
        return ""
    used = [number for number in range(len(titles)) if any(row[number] for row in listed)]
    lines = [[titles[number] for number in used], ["---"] * len(used)]
    lines += [[row[number] for number in used] for row in listed]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
