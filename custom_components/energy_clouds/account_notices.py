"""What a person should know of an account, and can mend: what its vendor says, and what holds for any vendor."""

from collections.abc import Collection, Container, Iterator, Mapping
from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY

from .inventory import GONE_AFTER
from .notices import show_notices
from .rights import Rights
from .vendors import Vendor
from .vendors.errors import NotPermitted, VendorError
from .vendors.model import Notice, Point, PointId, Problem

NEAR = 0.9
"""From so much of Home Assistant's limit on, a person is told."""


@callback
def forget_notices(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the repair issues of an account away that is disabled or removed, and what was to become one."""
    Rights(hass, entry.entry_id).granted()
    show_notices(hass, entry, ())


class AccountNotices:
    """The repair issues of one account."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor) -> None:
        self._hass = hass
        self._entry = entry
        self._vendor = vendor
        self._rights = Rights(hass, entry.entry_id)

    @callback
    def take(self, asked: Collection[Point], problems: Mapping[str, Problem], shown: Container[PointId]) -> None:
        """Take in what a poll of those points came to."""
        self._rights.take(asked, problems, shown)

    @callback
    def show(self, failure: VendorError | None, *, patience: timedelta, empty_lists: int) -> None:
        """Raise what there is to raise; a poll that went well knows of all, one that failed only of something more.

        `empty_lists` is how many complete discoveries in a row listed nothing.
        """
        if isinstance(failure, NotPermitted):
            self._rights.refused()
        notices = tuple(self._notices(patience, empty_lists))
        show_notices(self._hass, self._entry, notices, is_all=failure is None)

    def _notices(self, patience: timedelta, empty_lists: int) -> Iterator[Notice]:
        of_vendor = self._vendor.notices()
        yield from of_vendor
        # Of what keeps all values away, one is told.
        if not any(notice.explains_silence for notice in of_vendor):
            refused_for = self._rights.refused_for
            if refused_for is not None and refused_for >= patience:
                yield Notice(key="rights_missing")
            elif empty_lists >= GONE_AFTER:
                yield Notice(key=self._vendor.empty)
        enabled = er.async_get(self._hass).entities.get_enabled_count_for_config_entry_id(self._entry.entry_id)
        most = MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY
        if enabled >= NEAR * most:
            yield Notice(key="many_entities", words=(("count", str(enabled)), ("limit", str(most))))
