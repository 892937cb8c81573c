"""Enapter: HTTP API v3, of the cloud and of a gateway."""

from .vendor import Enapter

__all__ = ["Enapter"]
