"""The simulator of Enapter's HTTP API v3: its cloud, and a local gateway."""

from .blueprints import compiled_v1, compiled_v3, raw_v1
from .channels import Channel, Source, alerts, number, other, whole
from .errors import INTERNAL_ERROR, TOKEN_HEADER
from .home_power import BATTERY, GARAGE_SHARE, GATEWAY, HYBRID_INVERTER, LINK_MASTER, POWER_METER, PV_INVERTER
from .home_things import AMBIENT_SENSOR, BARE, ELECTROLYSER, EV_CHARGER, HEAT_PUMP, OLD_METER
from .inventory import ARCHIVED, HOME, OFFICE, Device, Link, Site
from .latest import NOT_FOUND, NOT_RELEVANT
from .manifests import marketplace_manifests
from .office import OFFICE_METER
from .service import EnapterSimulator
from .switches import EnapterSwitches
from .table import TYPES_HEADER
from .telemetry import Row
from .timeseries import NO_ATTRIBUTES
from .tls import TlsServer, certificate, running_tls, trusting
from .tokens import EXPIRED_TOKEN, READ_ONLY_TOKEN, TOKEN, Access

__all__ = [
    "AMBIENT_SENSOR",
    "ARCHIVED",
    "BARE",
    "BATTERY",
    "ELECTROLYSER",
    "EV_CHARGER",
    "EXPIRED_TOKEN",
    "GARAGE_SHARE",
    "GATEWAY",
    "HEAT_PUMP",
    "HOME",
    "HYBRID_INVERTER",
    "INTERNAL_ERROR",
    "LINK_MASTER",
    "NOT_FOUND",
    "NOT_RELEVANT",
    "NO_ATTRIBUTES",
    "OFFICE",
    "OFFICE_METER",
    "OLD_METER",
    "POWER_METER",
    "PV_INVERTER",
    "READ_ONLY_TOKEN",
    "TOKEN",
    "TOKEN_HEADER",
    "TYPES_HEADER",
    "Access",
    "Channel",
    "Device",
    "EnapterSimulator",
    "EnapterSwitches",
    "Link",
    "Row",
    "Site",
    "Source",
    "TlsServer",
    "alerts",
    "certificate",
    "compiled_v1",
    "compiled_v3",
    "marketplace_manifests",
    "number",
    "other",
    "raw_v1",
    "running_tls",
    "trusting",
    "whole",
]
