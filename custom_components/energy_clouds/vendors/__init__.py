"""The energy clouds, by key. Knows nothing of Home Assistant."""

from types import MappingProxyType

from .base import Vendor
from .enpact import Enpact

VENDORS = MappingProxyType({vendor.key: vendor for vendor in (Enpact,)})

__all__ = ["VENDORS", "Vendor"]
