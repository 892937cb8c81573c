"""Since when an account may read nothing at all: over retries of its setup, too, each of which begins anew."""

from collections.abc import Collection, Mapping
from datetime import timedelta
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .vendors.model import Problem

_REFUSED_SINCE = HassKey[dict[str, float]](f"{DOMAIN}.refused_since")
_REFUSALS = (Problem.NOT_PERMITTED, Problem.PARTLY_NOT_PERMITTED)


class Rights:
    """What the refusals of one config entry's service come to. A failure for another reason says nothing."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._since = hass.data.setdefault(_REFUSED_SINCE, {})
        self._entry_id = entry_id

    @callback
    def refused(self) -> None:
        """The service has refused everything."""
        self._since.setdefault(self._entry_id, time.monotonic())

    @callback
    def granted(self) -> None:
        """The service has refused not everything; or the account is gone."""
        self._since.pop(self._entry_id, None)

    @callback
    def take(self, asked: Collection[str], problems: Mapping[str, Problem]) -> None:
        """Take in what a poll of those devices came to."""
        if asked and all(problems.get(device_id) in _REFUSALS for device_id in asked):
            self.refused()
        else:
            self.granted()

    @property
    def refused_for(self) -> timedelta | None:
        """How long everything has been refused; None while something is granted."""
        since = self._since.get(self._entry_id)
        return None if since is None else timedelta(seconds=time.monotonic() - since)
