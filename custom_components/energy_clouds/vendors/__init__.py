"""The energy clouds, by key. Knows nothing of Home Assistant."""

from types import MappingProxyType

from .base import Vendor
from .enectiva import Enectiva
from .enpact import Enpact
from .envitron import Envitron

VENDORS = MappingProxyType({vendor.key: vendor for vendor in (Enectiva, Enpact, Envitron)})

__all__ = ["VENDORS", "Vendor"]
