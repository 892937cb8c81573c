"""Tokens on disk: refresh tokens that work once must be there before they are needed, whatever happens in between."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.dt import utcnow
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .storage import SharedFile, load, private_store
from .vendors import Vendor
from .vendors.base import Credentials
from .vendors.tokens import Grant, Vault


class Vaults:
    """One vault per credential for everything that uses it: entries, reloads of entries, and config flows.

    Grants without a refresh token are kept in memory only: they live for minutes.
    """

    def __init__(self, grants: Mapping[str, Grant], store: Store[dict[str, Any]]) -> None:
        self._file = SharedFile(store)
        self._grants = dict(grants)
        self._vaults: dict[str, Vault] = {}

    def of(self, vendor: type[Vendor], credentials: Credentials) -> Vault:
        """The vault of that credential."""
        name = vendor.credential_id(credentials)
        if (vault := self._vaults.get(name)) is None:
            vault = self._vaults[name] = Vault(self._grants.get(name), partial(self._keep, name))
        return vault

    async def forget(self, vendor: type[Vendor], credentials: Credentials) -> None:
        """Delete the tokens of a credential that is used no longer."""
        name = vendor.credential_id(credentials)
        if (vault := self._vaults.pop(name, None)) is not None:
            # An exchange that is still under way must not bring the token back.
            vault.close()
        if self._grants.pop(name, None) is not None:
            await self._file.write(self._grants)

    async def _keep(self, name: str, grant: Grant) -> None:
        """Return when the grant is on disk, or (the disk is full; Home Assistant logs it) cannot be."""
        kept = self._grants.get(name)
        if grant.refresh is not None:
            self._grants[name] = grant.to_keep()
        else:
            self._grants.pop(name, None)
        if kept != self._grants.get(name):
            await self._file.write(self._grants)


@singleton(HassKey[Vaults](f"{DOMAIN}.tokens"), async_=True)
async def async_get_vaults(hass: HomeAssistant) -> Vaults:
    """All vaults, with the tokens that Home Assistant had when it stopped."""
    store = private_store(hass, "tokens")
    grants, now = await load(store, dict[str, Grant], {}), utcnow()
    return Vaults({name: grant for name, grant in grants.items() if _may_be_good(grant, now)}, store)


def _may_be_good(grant: Grant, now: datetime) -> bool:
    """Whether a refresh token is worth keeping: where it is all there is, only the service can say that it is dead."""
    return grant.refresh is not None and (grant.passes or grant.refresh.expires > now)
