"""Envitron: the Public-API of Envi.Cloud."""

from .vendor import Envitron

__all__ = ["Envitron"]
