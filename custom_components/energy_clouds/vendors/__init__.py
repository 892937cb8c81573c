"""The energy clouds, by key. Knows nothing of Home Assistant."""

from types import MappingProxyType

from .base import Vendor
from .enapter import Enapter
from .enectiva import Enectiva
from .eniris import Eniris
from .enpact import Enpact
from .envitron import Envitron

VENDORS = MappingProxyType({vendor.key: vendor for vendor in (Enapter, Enectiva, Eniris, Enpact, Envitron)})

__all__ = ["VENDORS", "Vendor"]
