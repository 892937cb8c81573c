"""The simulator of Enectiva's cloud."""

from .errors import INTERNAL_ERROR, MEDIA_TYPE
from .inventory import DataSeries, EnectivaMeter, Entity, VirtualMeter
from .service import EnectivaSimulator
from .switches import EnectivaSwitches
from .tokens import (
    ACCESS_LIFE,
    ALL_SCOPES,
    CUSTOMER,
    DATA_POINTS,
    ENTITIES,
    ENTITY_DELTAS,
    EXPIRED_LOGIN_TOKEN,
    IMPORT_TOKEN,
    LOGIN_TOKEN,
    METER_DELTAS,
    METERS,
    READINGS,
    REVOKED_LOGIN_TOKEN,
    VIRTUAL_METER_DELTAS,
    Login,
    login_token,
)

__all__ = [
    "ACCESS_LIFE",
    "ALL_SCOPES",
    "CUSTOMER",
    "DATA_POINTS",
    "ENTITIES",
    "ENTITY_DELTAS",
    "EXPIRED_LOGIN_TOKEN",
    "IMPORT_TOKEN",
    "INTERNAL_ERROR",
    "LOGIN_TOKEN",
    "MEDIA_TYPE",
    "METERS",
    "METER_DELTAS",
    "READINGS",
    "REVOKED_LOGIN_TOKEN",
    "VIRTUAL_METER_DELTAS",
    "DataSeries",
    "EnectivaMeter",
    "EnectivaSimulator",
    "EnectivaSwitches",
    "Entity",
    "Login",
    "VirtualMeter",
    "login_token",
]
