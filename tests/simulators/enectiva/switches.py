"""What Enectiva's documents leave open, as switches."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnectivaSwitches:
    """One variant of the service. The defaults are what is documented, and the likeliest guess where nothing is."""

    token_shape: Literal["jsonapi", "flat", "id", "text", "header"] = "jsonapi"
    """Where a new access token is: `data.attributes.token`, `access_token`, `data.id`, the bare body, or a header."""

    token_status: Literal[201, 200] = 201
    """Status of a created access token."""

    scp_as: Literal["string_space", "string_comma", "list", "absent"] = "string_space"
    """How access tokens carry their scopes in the claim `scp`."""

    sub_absent: bool = False
    """Access tokens do not name the customer in the claim `sub`."""

    wants_body: bool = False
    """`POST /access_tokens` is 400 without the body `{"data":{"type":"access_tokens"}}`."""

    attributes: Literal["jsonapi", "flat"] = "jsonapi"
    """Resources have `attributes` and `relationships`, or are flat, with `state` as the name of values."""

    ids: Literal["string", "integer"] = "string"
    """How ids are written."""

    values: Literal["number", "string", "comma"] = "number"
    """Measured values are numbers, numeric strings, or numeric strings with a decimal comma."""

    time_key: Literal["time", "timestamp"] = "time"
    """Name of the time of readings, data points and deltas."""

    unit: Literal["attribute", "energy_object", "absent"] = "attribute"
    """A meter's unit: an attribute, `unit` in the object that describes its energy, or nowhere."""

    energy: Literal["attribute", "object", "included", "code_only", "absent"] = "attribute"
    """A meter's energy: a name, an object, a relationship to `included`, only in the code, or not even that."""

    direction_attribute: bool = False
    """Meters show the attribute `type`: consumption or production."""

    entity_deltas: Literal["per_energy", "electricity"] = "per_energy"
    """An entity's deltas: a record per month and energy, or only electricity without saying so."""

    entities: Literal["available", 404, 500, 501] = "available"
    """What `/entities`, flagged as in development, answers."""

    deltas: Literal["available", 404] = "available"
    """What the inferred path `/meters/{id}/deltas` answers."""

    data_points_filter: Literal["data_series", "data_points"] = "data_series"
    """Type by which data points are filtered; they are always sorted by `data_points`."""

    virtual_filter: Literal["virtual_meter_deltas", "meter_deltas", "none"] = "virtual_meter_deltas"
    """Type by which a virtual meter's deltas are filtered and sorted; with "none" they cannot be."""

    delta_offsets: Literal["refused", "ignored"] = "refused"
    """What happens to an offset in the filters of deltas, whose times have none."""

    large_limit: Literal["clamped", "refused"] = "clamped"
    """A limit above 1000 means 1000, or is 400."""

    links: Literal["next", "next_null", "self_only", "absent"] = "next"
    """Links of lists: `self` and, if there are more pages, `next` (else no such key, or null), only `self`, or none."""

    rate_limit: int | None = None
    """Requests let in per window; the real number is not published. None: no limit, and no headers."""

    rate_window_s: int = 60
    """Seconds of a window."""

    rate_reset: Literal["delta_seconds", "epoch", "http_date"] = "delta_seconds"
    """How `RateLimit-Reset` tells when a new request is accepted."""
