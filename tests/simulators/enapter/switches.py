"""What Enapter's documents and clients leave open, as switches."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnapterSwitches:
    """One variant of the service. The defaults are what is documented or found in the vendor's own clients."""

    bad_token_status: Literal[403, 401] = 403
    """Status for a token that is invalid or expired."""

    error_body: Literal["documented", "no_code", "empty_code", "empty_errors", "empty", "text", "html"] = "documented"
    """What errors carry: the documented object; it without `code`, or with an empty one; no error; not JSON."""

    requires_allow_http: bool = False
    """Over plain http, `X-Enapter-Allow-HTTP: true` must be sent; else 400."""

    read_only_role: Literal["READONLY", "READ_ONLY"] = "READONLY"
    """How the lowest role is spelled: as the vendor's client does, or as the documents do."""

    rate_limit: int | None = None
    """Requests of a token that are let in per window; the real number is not published. None: no limit."""

    rate_window_s: int = 60
    """Seconds of a window."""

    retry_after: Literal["absent", "seconds", "http_date"] = "absent"
    """How a 429 tells the wait; nothing is documented."""

    address_limit: int = 8192
    """Bytes of path and query above which the answer is 414."""

    location: Literal["numbers", "strings", "null_coordinates", "null", "absent"] = "numbers"
    """A site's `location`, and how it has its coordinates."""

    archived: Literal["flagged", "unlisted"] = "flagged"
    """Archived sites are listed, and every site has `archived`; or they are not, and none has."""

    old_sites_only: bool = False
    """The account has only sites of API version 1, which version 3 does not show: all lists are empty."""

    gateway_sites: Literal["both", "site", "list", "none"] = "both"
    """Which of `/v3/site` and `/v3/sites` a gateway has; the others are 404."""

    total_count: bool = True
    """Lists say how many rows there are in all."""

    page_size: int = 50
    """The most rows of a page, whatever `limit` asks for, and those of a page without it."""

    offset_ignored: bool = False
    """Every page is the first one: a client that waits for an empty one never ends."""

    expand_known: Literal["full", "documented", "without_alerts_and_communication", "older"] = "full"
    """What `expand` may name: all that the vendor's client asks for; without `raised_alert_names`; without that and
    `communication`; or, as before, with `communication_info`, whose type is called `communication_type`."""

    enum_case: Literal["upper", "lower"] = "upper"
    """How types, states and roles are written."""

    updated_at: Literal["rfc3339", "unix"] = "rfc3339"
    """How devices tell when they were changed."""

    connectivity: Literal["object", "empty", "null", "online"] = "object"
    """`connectivity`: an object with `status`, without it, null, or with `online` as in version 1."""

    communication: Literal["object", "null"] = "object"
    """`communication`: an object, or null."""

    raised_alert_names: Literal["list", "null"] = "list"
    """`raised_alert_names` without alerts: an empty list, or null."""

    broken_manifest: bool = False
    """The heat pump's manifest has wrong types in many places."""

    hidden_attributes: Literal["declared", "undeclared"] = "declared"
    """Whether manifests declare what the token's role may not see."""

    missing: Literal["warning", "absent", "null"] = "warning"
    """What an attribute that does not exist or has no recent value is: an entry without `timestamp` that has a
    `warning`; no entry; or an entry whose timestamp is now and whose value is null."""

    silent_device: Literal["entries", "absent"] = "entries"
    """Whether a device without any recent value is in the answer."""

    wrapper: bool = True
    """Devices are under the key `telemetry`."""

    unknown_device: Literal["absent", 400, 404, 422] = 404
    """What a device that does not exist does to the whole call."""

    forbidden_device: Literal["absent", 403, 404, 422] = 403
    """What a forbidden device does to the whole call."""

    types_header: Literal["repeated", "comma"] = "repeated"
    """`X-Enapter-Timeseries-Data-Types`: one field per column, or one field with commas."""

    no_data: Literal["empty", "header_row", "header_row_without_types"] = "empty"
    """What there is without a single value: nothing (Content-Length 0), or the header row, without the types too."""

    empty_buckets: Literal["omitted", "nulls"] = "omitted"
    """Whether there are rows for times at which no column has a value."""

    doubled_rows: bool = False
    """Tables have each row twice."""

    booleans: Literal["lower", "title", "digit"] = "lower"
    """Booleans of tables: true, True, or 1."""

    history_days: int | None = None
    """How many days back there is history; None: all."""
