"""Since when an account may read nothing at all: over retries of its setup, too, each of which begins anew."""

from collections.abc import Collection, Container, Mapping
from datetime import timedelta
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .vendors.model import Nature, Point, PointId, Problem

_REFUSED_SINCE = HassKey[dict[str, float]](f"{DOMAIN}.refused_since")
_MEASURED = (Nature.GAUGE, Nature.REGISTER, Nature.INTERVAL)


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
        """The service has refused not everything, or is asked no more."""
        self._since.pop(self._entry_id, None)

    @callback
    def take(self, asked: Collection[Point], problems: Mapping[str, Problem], shown: Container[PointId]) -> None:
        """Take in what a poll of those points came to.

        What is refused in part is refused where nothing that is measured is shown of it, but its connection at most.
        """
        # Most polls have no problem at all, and there may be thousands of points.
        if problems and asked and _are_refused(asked, problems, shown):
            self.refused()
        else:
            self.granted()

    @property
    def refused_for(self) -> timedelta | None:
        """How long everything has been refused; None while something is granted."""
        since = self._since.get(self._entry_id)
        return None if since is None else timedelta(seconds=time.monotonic() - since)


def _are_refused(asked: Collection[Point], problems: Mapping[str, Problem], shown: Container[PointId]) -> bool:
    measured = {point.id.device_id for point in asked if point.nature in _MEASURED and point.id in shown}
    refused = {device_id for device_id, problem in problems.items() if problem is Problem.NOT_PERMITTED}
    partly = {device_id for device_id, problem in problems.items() if problem is Problem.PARTLY_NOT_PERMITTED}
    return {point.id.device_id for point in asked} <= refused | partly - measured
