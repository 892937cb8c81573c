"""What Envitron's public documents leave open, as switches."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvitronSwitches:
    """One variant of the service. The defaults are what is documented, and the plainest guess elsewhere."""

    token_status: Literal[200, 201] = 200
    """Status of granted and refreshed tokens: the documents list both codes as success."""

    refresh_days: Literal[60, 7] = 60
    """Lifetime of refresh tokens: 60 days as stated, or 7 as the documents' example pair has."""

    user_id_as_string: bool = False
    """The claim `user_id` is a string, as newer simplejwt writes it."""

    opaque_tokens: bool = False
    """Tokens are random strings, not JWTs."""

    lockout_after: int = 5
    """So many wrong passwords in a row lock a user name out of the token endpoint (429)."""

    lockout_seconds: int = 900
    """How long a lockout lasts after the last wrong password."""

    retry_after_header: bool = False
    """429 also carries the undocumented header `Retry-After`."""

    blacklisted_dot: bool = True
    """"Token is blacklisted." ends with the documents' dot; simplejwt's own text has none."""

    token_error_code: bool = True
    """Refusals of tokens carry `code`, as simplejwt's do."""

    login_error_code: bool = False
    """The refusal of wrong credentials carries `code` too."""

    token_texts: Literal["joined", "split"] = "joined"
    """"Token is invalid or expired", or (newest simplejwt) "Token is expired" and "Token is invalid"."""

    error_key: Literal["detail", "message", "error", "non_field_errors"] = "detail"
    """Under which key an error's text stands."""

    slashless_post: Literal["error", "redirect"] = "error"
    """POST without the trailing slash: Django's error page (500), or a 301 that loses the body."""

    envelope: Literal["list", "page"] = "list"
    """Buildings and sensors come as a list, or in pages: `count`, `next`, `previous`, `results`."""

    page_size: int = 2
    """Rows of a page."""

    paged_rows: bool = False
    """With `envelope="page"`, lists of sensors' values come in pages too."""

    building_key: Literal["uuid", "guid", "id"] = "uuid"
    """Under which key a building's uuid stands; with "id" there is no numeric id."""

    sensor_type_key: Literal["type", "sensor_type", "kind"] = "type"
    """Under which key a sensor's type stands."""

    units: bool = True
    """Listed sensors carry their unit."""

    hub: Literal["object", "uuid", "id", "absent"] = "object"
    """How a listed sensor names its hub."""

    hub_key: Literal["sensor_hub", "sensorhub"] = "sensor_hub"
    """The documents use both words."""

    electricity: Literal["object", "nested"] = "object"
    """A building's electricity: `{"timestamp": …, "consumption": …}`, or an object with a time per quantity."""

    sensor_rows: Literal["list", "by_uuid", "single"] = "list"
    """Sensors' values: a list, an object keyed by uuid, or a list that is the bare object when it has one row."""

    uuid_key: Literal["sensor_uuid", "uuid", "sensor"] = "sensor_uuid"
    """How a value names its sensor; "sensor" is an object with `id`, `uuid` and `name`."""

    value_key: Literal["value", "power", "watt"] = "value"
    """Under which key a value stands."""

    time_key: Literal["timestamp", "time", "ts", "datetime"] = "timestamp"
    """Under which key a time stands."""

    time_format: Literal["seconds", "milliseconds", "string", "iso"] = "seconds"
    """Times are epoch seconds as documented, milliseconds, seconds in a string, or ISO 8601."""

    requires_sensor_uuid: bool = False
    """Sensors' values are given only for the uuids in the query parameter `sensor_uuid` (400 without)."""

    all_sensors: bool = False
    """Sensors' values include those that do not measure watts, in their own units."""

    null_values: bool = False
    """What has no data is present with null instead of absent."""
