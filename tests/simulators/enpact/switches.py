"""What Enpact's documents leave open, as switches."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnpactSwitches:
    """One variant of the service. The defaults are what the documents' examples show."""

    validation_status: Literal[400, 422] = 400
    """Status of "Invalid parameters.": 400 as in the examples, or 422 as in the table of status codes."""

    timestamps: Literal["both", "zulu", "offset"] = "both"
    """Accepted time suffixes: `Z` as in the stated format, `+00:00` as in every example, or both."""

    accept_63_characters: bool = False
    """Keys of 63 characters pass the length check: the documents' own sample key has that many."""

    absent_fields: Literal["documented", "null"] = "documented"
    """Fields a meter's type lacks: c2 and c3 null on single-phase meters and the rest absent, or everything null."""

    integers_for_whole_floats: bool = False
    """12.0 is written 12, as PHP's `json_encode` does by default."""

    numeric_strings: bool = False
    """Measured numbers arrive as strings, as DynamoDB stores them."""

    empty: Literal["list", "missing", "data_list", "null"] = "list"
    """An id without rows: `"id": []`, no such key, `"data": []` if no id has rows (else no such key), or null."""

    single_row_as_object: bool = False
    """The one row of an aggregated answer is an object, not a list of one."""

    rate_limit_scope: bool = False
    """The second documented body of 429: "across all endpoints", with `rate_limit_scope`."""

    retry_after_header: bool = False
    """429 also carries the undocumented header `Retry-After`."""

    strict_sandbox: bool = False
    """The sandbox accepts data requests only for the ids its lists show, not for all documented test ids."""

    day_limit: bool = True
    """Times older than 24 hours, or in the future, are refused; the documents' own examples would fail."""

    descending: bool = False
    """Raw rows come newest first."""

    duplicates: bool = False
    """Each raw row comes twice."""

    rows_ahead_s: int = 0
    """The service's clock is ahead: rows up to this many seconds in the future exist."""

    unsigned_power: bool = False
    """Power is positive when exporting too (the documented range begins at 0)."""

    register_decimals: int = 3
    """Decimals of `imp` and `exp`; the documents' examples show 1."""
