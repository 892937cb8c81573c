"""The simulator of Envitron's cloud."""

from .accounts import PASSWORD, USER_ID, USERNAME, User
from .inventory import OFFICE, WAREHOUSE, Building, Hub, Sensor
from .service import BASE, REQUESTS_PER_BUILDING, EnvitronSimulator
from .sessions import ACCESS_LIFETIME, MOST_OUTSTANDING
from .switches import EnvitronSwitches

__all__ = [
    "ACCESS_LIFETIME",
    "BASE",
    "MOST_OUTSTANDING",
    "OFFICE",
    "PASSWORD",
    "REQUESTS_PER_BUILDING",
    "USERNAME",
    "USER_ID",
    "WAREHOUSE",
    "Building",
    "EnvitronSimulator",
    "EnvitronSwitches",
    "Hub",
    "Sensor",
    "User",
]
