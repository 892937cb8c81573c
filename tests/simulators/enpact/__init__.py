"""The simulator of Enpact's cloud."""

from .catalogue import MeterKind
from .errors import INTERNAL_ERROR, UNAVAILABLE, Environment
from .inventory import DEVICES, OFFICE, EnpactDevice, EnpactMeter
from .keys import EXPIRED_KEY, PRODUCTION_KEY, REVOKED_KEY, SANDBOX_KEY, ApiKey
from .service import BASE, EnpactSimulator
from .switches import EnpactSwitches

__all__ = [
    "BASE",
    "DEVICES",
    "EXPIRED_KEY",
    "INTERNAL_ERROR",
    "OFFICE",
    "PRODUCTION_KEY",
    "REVOKED_KEY",
    "SANDBOX_KEY",
    "UNAVAILABLE",
    "ApiKey",
    "EnpactDevice",
    "EnpactMeter",
    "EnpactSimulator",
    "EnpactSwitches",
    "Environment",
    "MeterKind",
]
