"""The variants of what the documents leave open."""

from dataclasses import dataclass
from typing import Literal

type Method = Literal["totp", "email", "recovery"]


@dataclass(frozen=True, slots=True)
class EnirisSwitches:
    """How the service behaves where the documents do not say; the defaults are what they suggest."""

    login_body: Literal["raw", "quoted", "json"] = "raw"
    """The refresh token is the body of a login as it is, as a JSON string, or in a JSON object (eniris.md A2.1)."""

    login_key: str = "refreshToken"
    """The token's key in such an object."""

    unknown_user: tuple[int, str] = (401, "PASSWORD_INCORRECT")
    """What an unknown e-mail address is answered with."""

    lockout_after: int = 5
    """After so many wrong passwords in succession a user has to wait."""

    lockout_seconds: int = 60
    lockout_retry_after_zero: bool = False
    """A locked-out user is told `"retryAfter": 0`."""

    lockout_header: bool = False
    """The wait is in a `Retry-After` header too."""

    refresh_jwt: bool = False
    """Refresh tokens are JSON Web Tokens too; by default they say nothing."""

    access_opaque: bool = False
    """Access tokens say nothing; by default they are JSON Web Tokens with `iat` and `exp`."""

    access_user: bool = False
    """The access token's claims have a `userId`."""

    access_seconds: int = 300
    refresh_days: int = 14

    renewal_revokes: bool = False
    """A renewed refresh token does not work any more (eniris.md A2.3)."""

    revoked_access_dies: bool = False
    """An access token dies with the refresh token it came from; by default it works until it expires."""

    two_factor: Literal["token_refused", "json_object", "json_401"] | None = None
    """How a login hands out the partial token of a user with two-factor authentication (eniris.md A2.5 a, b, c)."""

    two_factor_message: str = "2FA_REQUIRED"
    two_factor_status: int = 401
    """What a partial token is refused with where a refresh or an access token is needed; neither is documented."""

    partial_key: str = "partialAuthToken"
    """The partial token's key in a JSON object."""

    two_factor_methods: frozenset[Method] = frozenset({"totp", "email", "recovery"})
    """What the user has set up."""

    wrong_code: tuple[int, str | None] = (401, None)
    """What a wrong code is answered with; without a message, one that names the kind of code."""

    codes_before_wait: int = 3
    """After so many wrong codes in succession the user has to wait."""

    code_wait: int = 30
    """For so many seconds; also between two mails with a code."""

    totp_corrupt: bool = False
    """The secret of the authenticator app is lost: 500 `TOTP_CORRUPT`."""

    without_series: bool = False
    """The user may not read `nodeInfluxSeries` of any device (eniris.md A2.6)."""

    without_names: bool = False
    """The user may not read `name` of any device."""

    cycle: bool = False
    """The office's site has the switchboard below it as its parent."""

    duplicate_node_ids: bool = False
    """Another device has the heat pump's `nodeId`."""

    missing_node_ids: bool = False
    """The heat pump has no `nodeId`; it is still the tag of its series."""

    statement_ids: bool = True
    """Items of an answer have their `statement_id`."""

    series_tags: bool = True
    """Series of an answer have their `tags`."""

    time_format: Literal["iso", "nanoseconds", "milliseconds"] = "iso"
    """Times are ISO 8601, the same 0.123456789 s later with nine digits, or Unix milliseconds (eniris.md A4.2)."""

    several_series: bool = False
    """An item with more than one row has two series: the gateway was replaced in between."""

    sparse: bool = False
    """Fields are not always in the same points: of three rows one is whole, two have half of the fields each."""

    function_columns: Literal["prefixed", "influx"] = "prefixed"
    """The column of a function is `sum_<field>`, or `sum`, `sum_1`."""

    unauthorized: str = "Unauthorized"
    """The error of an item that asks for what the user may not read."""

    unknown_tags: Literal["unauthorized", "no_data"] = "unauthorized"
    """What tags are answered with that belong to no device in a measurement that the user may read."""

    aborting: Literal["empty", "error"] | None = "empty"
    """After an item that failed to run, the items behind it are empty, or errors; or they are run."""

    delta_interval: Literal["before", "after"] = "before"
    """Deltas and aggregates of a row are of the interval that ends, or that begins, at its time."""
