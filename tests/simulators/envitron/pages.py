"""Pages of a list, as Django REST framework numbers them."""

from collections.abc import Sequence
from typing import Any

from yarl import URL


def page(rows: Sequence[Any], size: int, url: URL) -> dict[str, Any] | None:
    """Return the page that the query parameter `page` of `url` asks for; None if there is no such page."""
    asked = url.query.get("page", "1")
    last = max(1, -(-len(rows) // size))
    number = last if asked == "last" else int(asked) if asked.isdecimal() else 0
    if not 1 <= number <= last:
        return None
    return {
        "count": len(rows),
        "next": _link(url, number + 1) if number < last else None,
        "previous": _link(url, number - 1) if number > 1 else None,
        "results": rows[(number - 1) * size : number * size],
    }


def _link(url: URL, number: int) -> str:
    if number == 1:
        return str(url.without_query_params("page"))
    return str(url.update_query(page=number))
