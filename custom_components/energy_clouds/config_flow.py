"""Adding an account, renewing its credential, and its options."""

from collections.abc import Mapping
from functools import partialmethod
import logging
import math
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow

from .connection import async_connect
from .const import CONF_ACCOUNT_ID, CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from .credential_form import (
    as_private_as,
    completed_credentials,
    credential_schema,
    demand_schema,
    entered_credentials,
    field_on_demand,
    first_field,
    kept_credentials,
)
from .option_form import chosen_options, current_options, fastest_interval, option_schema
from .sessions import async_log_out, entries_with
from .storage import AccountStore, async_get_budgets
from .vaults import async_get_vaults
from .vendors import VENDORS
from .vendors.base import CredentialField, Credentials, FieldKind
from .vendors.errors import CannotConnect, InvalidAddress, InvalidCredentials, NotPermitted, RateLimited, VendorError
from .vendors.model import Account, Inventory
from .vendors.tokens import Grant, Vault

_LOGGER = logging.getLogger(__name__)


class EnergyCloudsConfigFlow(ConfigFlow, domain=DOMAIN):
    """A menu of the vendors, then the vendor's credentials. There is one step per vendor, named by its key."""

    VERSION = 1

    def __init__(self) -> None:
        self._errors: dict[str, str] = {}
        self._wait = ""
        self._demanded: CredentialField | None = None
        self._vendor = ""
        self._entered: Credentials = {}
        self._vault = Vault()
        self._account: Account | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return EnergyCloudsOptionsFlow()

    @callback
    @override
    def async_remove(self) -> None:
        """The dialogue is over, however it ended."""
        self._async_end_session()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(step_id="user", menu_options=list(VENDORS))

    async def async_step_vendor(self, user_input: dict[str, Any] | None = None, *, vendor: str) -> ConfigFlowResult:
        """The form of one vendor, and what is made of it."""
        if user_input is None:
            return self._async_show_credentials(vendor, vendor, {})
        return await self._async_add(vendor, self._completed(vendor, user_input))

    async def async_step_demand(
        self, user_input: dict[str, Any] | None = None, *, vendor: str, field: CredentialField
    ) -> ConfigFlowResult:
        """One more field, that the credential just entered turned out to need."""
        if user_input is None:
            return self._async_show_demand(vendor, field)
        credentials = {**self._entered, field.key: "", **entered_credentials(user_input)}
        if self.source == SOURCE_REAUTH:
            return await self._async_renew("reauth_confirm", self._get_reauth_entry(), credentials)
        if self.source == SOURCE_RECONFIGURE:
            return await self._async_renew("reconfigure", self._get_reconfigure_entry(), credentials)
        return await self._async_add(vendor, credentials)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Home Assistant found the credential to be bad."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """A new credential for an account whose old one is not accepted any more."""
        return await self._async_step_renew("reauth_confirm", self._get_reauth_entry(), user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Another credential or address for the same account."""
        return await self._async_step_renew("reconfigure", self._get_reconfigure_entry(), user_input)

    async def _async_step_renew(
        self, step_id: str, entry: ConfigEntry, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        if user_input is None:
            return self._async_show_credentials(step_id, entry.data[CONF_VENDOR], entry.data[CONF_CREDENTIALS])
        vendor, stored = entry.data[CONF_VENDOR], entry.data[CONF_CREDENTIALS]
        credentials = as_private_as(VENDORS[vendor], self._completed(vendor, user_input), stored)
        return await self._async_renew(step_id, entry, credentials)

    async def _async_add(self, vendor: str, credentials: Credentials) -> ConfigFlowResult:
        self._abort_if_credential_is_used(vendor, credentials)
        if (found := await self._async_log_in(vendor, credentials)) is None:
            return self._async_ask_again(vendor, vendor, credentials)
        account, _ = found
        await self.async_set_unique_id(f"{vendor}_{account.id}")
        self._abort_if_unique_id_configured()
        kept = kept_credentials(VENDORS[vendor], credentials, account)
        await self._async_keep_tokens(vendor, kept)
        return self.async_create_entry(
            title=account.title, data={CONF_VENDOR: vendor, CONF_ACCOUNT_ID: account.id, CONF_CREDENTIALS: kept}
        )

    async def _async_renew(self, step_id: str, entry: ConfigEntry, credentials: Credentials) -> ConfigFlowResult:
        vendor = entry.data[CONF_VENDOR]
        self._abort_if_credential_is_used(vendor, credentials, but_by=entry)
        if (found := await self._async_log_in(vendor, credentials)) is None:
            return self._async_ask_again(step_id, vendor, credentials)
        if not await self._is_same_account(entry, *found):
            return self.async_abort(reason="unique_id_mismatch")
        account, _ = found
        replaced = entry.data[CONF_CREDENTIALS]
        kept = kept_credentials(VENDORS[vendor], credentials, account)
        grant = await self._async_keep_tokens(vendor, kept)
        result = self.async_update_reload_and_abort(entry, data_updates={CONF_CREDENTIALS: kept})
        # Neither tokens nor requests are left of a credential that no account has.
        if is_unused := not entries_with(self.hass, vendor, replaced):
            vaults = await async_get_vaults(self.hass)
            grant = vaults.of(VENDORS[vendor], replaced).grant
            await vaults.forget(VENDORS[vendor], replaced)
        await self._async_log_out(vendor, replaced, grant, kept)
        if is_unused:
            await (await async_get_budgets(self.hass)).forget(VENDORS[vendor], replaced)
        return result

    async def _async_log_out(self, vendor: str, replaced: Credentials, grant: Grant | None, kept: Credentials) -> None:
        """End the session in whose place there is another one; not where the service went on with the same."""
        current = (await async_get_vaults(self.hass)).of(VENDORS[vendor], kept).grant
        if grant is not None and (current is None or current.refresh != grant.refresh):
            await async_log_out(self.hass, vendor, replaced, Vault(grant))

    async def _async_keep_tokens(self, vendor: str, credentials: Credentials) -> Grant | None:
        """Let the account have the tokens of this dialogue, which has kept them to itself. Returns those it had."""
        vault = (await async_get_vaults(self.hass)).of(VENDORS[vendor], credentials)
        if self._vault.grant is None:
            return None
        async with vault.lock:
            replaced = vault.grant
            await vault.begin(self._vault.grant)
        self._vault = Vault()
        return replaced

    @callback
    def _async_end_session(self) -> None:
        """Log out what no account has taken over; nobody waits for that."""
        vault, self._vault = self._vault, Vault()
        if vault.grant is not None:
            ending = async_log_out(self.hass, self._vendor, self._entered, vault)
            self.hass.async_create_background_task(ending, "energy_clouds logout")

    def _abort_if_credential_is_used(
        self, vendor: str, credentials: Credentials, but_by: ConfigEntry | None = None
    ) -> None:
        """Two entries with one credential would each think the request limit its own."""
        if any(entry is not but_by for entry in entries_with(self.hass, vendor, credentials)):
            raise AbortFlow("already_configured")

    async def _is_same_account(self, entry: ConfigEntry, account: Account, inventory: Inventory) -> bool:
        """Where the vendor does not name the account, a credential that shows one of its devices is the account's."""
        if entry.data[CONF_ACCOUNT_ID] in (account.id, *account.also):
            return True
        if account.named:
            return False
        memory = await AccountStore(self.hass, entry.entry_id).load()
        known = {device.id for device in memory.inventory.devices}
        return not known or any(device.id in known for device in inventory.devices)

    async def _async_log_in(self, vendor: str, credentials: Credentials) -> tuple[Account, Inventory] | None:
        """Prove the credential. Returns None, with `_errors` set, when there is no account with devices behind it."""
        vendor_class = VENDORS[vendor]
        self._errors = {}
        if credentials != self._entered:
            self._async_end_session()
            self._vendor, self._entered, self._account = vendor, credentials, None
        try:
            client = await async_connect(self.hass, vendor, credentials, vault=self._vault)
            # What was only good once need not be entered again because of what went wrong after it.
            account = self._account = self._account or await client.login()
            inventory = await client.discover()
        except InvalidAddress:
            self._errors[first_field(vendor_class, FieldKind.ADDRESS)] = "invalid_url"
        except InvalidCredentials as err:
            self._account = None
            self._async_end_session()
            self._demanded = field_on_demand(vendor_class, err.field)
            if self._demanded is None or err.reason != f"{err.field}_needed":
                self._errors[err.field or first_field(vendor_class, FieldKind.SECRET)] = err.reason
        except RateLimited as err:
            self._errors["base"] = err.reason
            self._wait = str(math.ceil(err.retry_after.total_seconds()))
        except CannotConnect:
            self._errors["base"] = "cannot_connect"
        except NotPermitted:
            self._errors["base"] = "not_permitted"
        except VendorError as err:
            _LOGGER.warning("Could not add the account: %s", err)
            self._errors["base"] = "unknown"
        except Exception:
            _LOGGER.exception("Unexpected error while adding an account")
            self._errors["base"] = "unknown"
        else:
            if inventory.devices:
                return account, inventory
            self._errors["base"] = vendor_class.empty
        return None

    def _async_ask_again(self, step_id: str, vendor: str, credentials: Credentials) -> ConfigFlowResult:
        if self._demanded is not None:
            return self._async_show_demand(vendor, self._demanded)
        return self._async_show_credentials(step_id, vendor, credentials)

    def _held(self) -> Credentials:
        """What need not be typed once more: all but what was found to be wrong. Secrets of it stay here."""
        return {key: value for key, value in self._entered.items() if key not in self._errors}

    def _completed(self, vendor: str, user_input: Mapping[str, Any]) -> Credentials:
        return completed_credentials(VENDORS[vendor], entered_credentials(user_input), self._held())

    def _async_show_demand(self, vendor: str, field: CredentialField) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=f"{vendor}_{field.key}",
            data_schema=demand_schema(field),
            errors=self._errors,
            description_placeholders={"vendor": VENDORS[vendor].title, "wait": self._wait},
        )

    def _async_show_credentials(self, step_id: str, vendor: str, current: Credentials) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=credential_schema(VENDORS[vendor], current, self._held()),
            errors=self._errors,
            description_placeholders={"vendor": VENDORS[vendor].title, "wait": self._wait},
        )


for _key, _vendor in VENDORS.items():
    _flow = EnergyCloudsConfigFlow
    setattr(_flow, f"async_step_{_key}", partialmethod(_flow.async_step_vendor, vendor=_key))
    for _field in _vendor.credential_fields:
        if _field.on_demand:
            _step = partialmethod(_flow.async_step_demand, vendor=_key, field=_field)
            setattr(_flow, f"async_step_{_key}_{_field.key}", _step)


class EnergyCloudsOptionsFlow(OptionsFlowWithReload):
    """How often to poll, which devices to leave out, and what only this vendor lets one choose."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The only step."""
        if user_input is not None:
            return self.async_create_entry(data=chosen_options(user_input))
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                option_schema(self.hass, self.config_entry), current_options(self.config_entry)
            ),
            description_placeholders={"fastest": str(fastest_interval(self.config_entry))},
        )
