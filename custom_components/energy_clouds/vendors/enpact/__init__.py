"""Enpact (IoT Edge Data API v1.0): cooling controllers and electricity meters behind one API key."""

from .vendor import Enpact

__all__ = ["Enpact"]
