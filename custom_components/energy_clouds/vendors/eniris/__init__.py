"""The Eniris vendor (SmartgridOne)."""

from .vendor import Eniris

__all__ = ["Eniris"]
