"""A vendor's notices as Home Assistant's repair issues."""

from collections.abc import Collection

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .vendors.model import Notice


@callback
def show_notices(hass: HomeAssistant, entry: ConfigEntry, notices: Collection[Notice], *, is_all: bool = True) -> None:
    """Raise these issues of an account; if they are all, those that are over are gone.

    One that is deleted and raised again would come back to a person who has ignored it.
    """
    prefix = f"{entry.entry_id}_"
    named = {f"{prefix}{notice.key}_{notice.about}": notice for notice in notices}
    shown = {
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if is_all and domain == DOMAIN and issue_id.startswith(prefix) and issue_id not in named
    }
    for issue_id in shown:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, notice in named.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=notice.key,
            translation_placeholders={"account": entry.title, **dict(notice.words)},
        )
