"""Enectiva: the REST API called Librarian."""

from .vendor import Enectiva

__all__ = ["Enectiva"]
