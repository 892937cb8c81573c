"""The simulator of the cloud of Eniris (SmartgridOne)."""

from .accounts import EMAIL_CODE, INVITED, PASSWORD, RECOVERY_CODE, TOTP, USER_ID, USERNAME, User
from .cost import TIERS, CostModel, Tier
from .house_names import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    DATABASE,
    GATEWAY,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    OPTIMIZER,
    SITE,
    STRING,
)
from .metadata import LICENCE_KEY, skip_hash
from .nodes import HOUR, MINUTE, SECOND, TEN_MINUTES
from .oddities import CAMPUS_CONTROLLER, INACTIVE, ORPHAN, UNKNOWN, WITHOUT_SERIES
from .offices import (
    MAIN_METER,
    NAMESPACED,
    OFFICE_CONTROLLER,
    OFFICE_DATABASE,
    OFFICE_GATEWAY,
    OFFICE_SITE,
    ROOF,
    SUBMETERS,
    SWITCHBOARD,
)
from .service import EnirisSimulator
from .switches import EnirisSwitches

__all__ = [
    "BATTERY",
    "CAMPUS_CONTROLLER",
    "CHARGER",
    "CONTROLLER",
    "DATABASE",
    "EMAIL_CODE",
    "GATEWAY",
    "GRID_METER",
    "HEAT_PUMP",
    "HOUR",
    "INACTIVE",
    "INVERTER",
    "INVITED",
    "LICENCE_KEY",
    "MAIN_METER",
    "MINUTE",
    "NAMESPACED",
    "OFFICE_CONTROLLER",
    "OFFICE_DATABASE",
    "OFFICE_GATEWAY",
    "OFFICE_SITE",
    "OPTIMIZER",
    "ORPHAN",
    "PASSWORD",
    "RECOVERY_CODE",
    "ROOF",
    "SECOND",
    "SITE",
    "STRING",
    "SUBMETERS",
    "SWITCHBOARD",
    "TEN_MINUTES",
    "TIERS",
    "TOTP",
    "UNKNOWN",
    "USERNAME",
    "USER_ID",
    "WITHOUT_SERIES",
    "CostModel",
    "EnirisSimulator",
    "EnirisSwitches",
    "Tier",
    "User",
    "skip_hash",
]
