"""An account with a second factor: one more step, whatever way the service has of asking for it."""

from collections.abc import Callable
import re
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.energy_clouds.vaults import async_get_vaults
from custom_components.energy_clouds.vendors import VENDORS
from tests.conftest import MakeAccount
from tests.eniris_home import POWER, Eniris, all_on_disk, entered, kept_tokens, logged, small
from tests.simulators import faults
from tests.simulators.eniris import (
    EMAIL_CODE,
    PASSWORD,
    RECOVERY_CODE,
    TOTP,
    USERNAME,
    EnirisSwitches,
)

from .conftest import fill_in, open_form, renew

SECOND_FACTOR = re.compile("/user/2fa/")
LOGIN = re.compile("/auth/login")
DEVICES = re.compile("/v1/device")
VARIANTS = ["token_refused", "json_object", "json_401"]
CODES = {"an app's": TOTP, "an app's, typed in two": f" {TOTP[:3]} {TOTP[3:]} ", "written down": RECOVERY_CODE}
FAILURES: list[tuple[faults.Fault, re.Pattern[str], str]] = [
    (faults.ConnectionReset(), SECOND_FACTOR, "cannot_connect"),
    (faults.HtmlPage(502), SECOND_FACTOR, "cannot_connect"),
    (faults.HtmlPage(200), SECOND_FACTOR, "cannot_connect"),
    (faults.EmptyBody(), SECOND_FACTOR, "cannot_connect"),
    (faults.ConnectionReset(), LOGIN, "cannot_connect"),
    (faults.HtmlPage(200), LOGIN, "cannot_connect"),
    (faults.Status(500), DEVICES, "cannot_connect"),
    (faults.Answer({"device": []}), DEVICES, "no_devices"),
]

type Guarded = Callable[..., Eniris]


@pytest.fixture
def guarded(make_account: MakeAccount) -> Guarded:
    """Make accounts of a user with a second factor."""

    def make(variant: Any = "json_401", **switches: Any) -> Eniris:
        account: Eniris = make_account(small(switches=EnirisSwitches(two_factor=variant, **switches)))
        return account

    return make


async def asked_for_code(hass: HomeAssistant, account: Eniris, source: str = "user") -> ConfigFlowResult:
    """Enter the password, and be asked for the code."""
    if source == "user":
        form = await fill_in(hass, await open_form(hass, "eniris"), entered(account.server))
    else:
        form = await renew(hass, account, source, entered(account.server))
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "eniris_code", {})
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["vendor"] == "Eniris"
    assert [str(marker) for marker in form["data_schema"].schema] == ["code"]  # type: ignore[union-attr]
    return form


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
async def test_account_is_added_with_its_code(
    hass: HomeAssistant, guarded: Guarded, hass_storage: dict[str, Any], variant: str, code: str
) -> None:
    account = guarded(variant)
    await account.server.start()
    form = await asked_for_code(hass, account)
    assert kept_tokens(hass_storage) == {}
    result = await fill_in(hass, form, {"code": code})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["credentials"].keys() == {"username", "url", "auth_url"}
    assert result["result"].state is ConfigEntryState.LOADED
    await account.polls(5)
    assert float(account.state(POWER))


@pytest.mark.parametrize(
    ("variant", "empty"), zip(VARIANTS, [{}, {"code": ""}, {"code": "  "}], strict=True), ids=VARIANTS
)
async def test_empty_field_has_a_code_sent_by_email(
    hass: HomeAssistant, guarded: Guarded, variant: str, empty: dict[str, str]
) -> None:
    account = guarded(variant)
    await account.server.start()
    form = await asked_for_code(hass, account)
    assert not any("email" in request for request in account.requests)
    result = await fill_in(hass, form, empty)
    assert (result["step_id"], result["errors"]) == ("eniris_code", {"code": "code_sent"})
    assert account.requests.count("POST /user/2fa/email-otp/challenge") == 1
    result = await fill_in(hass, form, {"code": EMAIL_CODE})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("methods", "code"), [("totp", TOTP), ("recovery", RECOVERY_CODE), ("email", EMAIL_CODE)], ids=repr
)
async def test_user_with_one_method_only(hass: HomeAssistant, guarded: Guarded, methods: str, code: str) -> None:
    account = guarded(two_factor_methods=frozenset({methods}))
    await account.server.start()
    form = await asked_for_code(hass, account)
    result = await fill_in(hass, form, {})
    assert result["errors"] == {"code": "code_sent" if methods == "email" else "code_not_sent"}
    result = await fill_in(hass, form, {"code": code})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("variant", "wrong"),
    [*((one, "000000") for one in VARIANTS), *(("json_401", one) for one in ("A" * 16, "🔑", "x"))],
)
async def test_wrong_code_is_said_so_on_its_field_and_can_be_mended(
    hass: HomeAssistant, guarded: Guarded, hass_storage: dict[str, Any], variant: str, wrong: str
) -> None:
    account = guarded(variant)
    await account.server.start()
    form = await asked_for_code(hass, account)
    result = await fill_in(hass, form, {"code": wrong})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "eniris_code")
    assert result["errors"] == {"code": "invalid_code"}
    # What was typed in is not filled in again.
    assert [marker.description for marker in result["data_schema"].schema] == [None]  # type: ignore[union-attr]
    assert kept_tokens(hass_storage) == {}
    result = await fill_in(hass, form, {"code": TOTP})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_too_many_codes_have_to_wait_in_the_code_step(hass: HomeAssistant, guarded: Guarded) -> None:
    account = guarded(codes_before_wait=3, code_wait=30)
    await account.server.start()
    form = await asked_for_code(hass, account)
    for _ in range(3):
        result = await fill_in(hass, form, {"code": "000000"})
        assert result["errors"] == {"code": "invalid_code"}
    asked = []
    for _ in range(2):
        result = await fill_in(hass, form, {"code": TOTP})
        assert (result["step_id"], result["errors"]) == ("eniris_code", {"base": "locked_out"})
        assert result["description_placeholders"] == {"vendor": "Eniris", "wait": "31"}
        asked.append(len(account.requests))
    # While it waits nothing is sent.
    assert asked[0] == asked[1]
    await account.wait(31)
    result = await fill_in(hass, form, {"code": TOTP})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("source", ["user", "reauth", "reconfigure"])
async def test_failures_stay_in_the_code_step_and_can_be_repeated(
    hass: HomeAssistant, guarded: Guarded, source: str
) -> None:
    account = guarded()
    await (account.server.start() if source == "user" else account.set_up())
    form = await asked_for_code(hass, account, source)
    for fault, path, error in FAILURES:
        account.simulator.faults.add(fault, path)
        result = await fill_in(hass, form, {"code": TOTP})
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "eniris_code")
        assert result["errors"] == {"base": error}, fault
        account.simulator.faults.clear()
    result = await fill_in(hass, form, {"code": TOTP})
    assert result.get("reason") == (None if source == "user" else f"{source}_successful")
    assert float(account.state(POWER))


async def test_no_network_in_the_code_step(hass: HomeAssistant, guarded: Guarded) -> None:
    account = guarded()
    await account.server.start()
    form = await asked_for_code(hass, account)
    await account.server.stop()
    result = await fill_in(hass, form, {"code": TOTP})
    assert (result["step_id"], result["errors"]) == ("eniris_code", {"base": "cannot_connect"})
    await account.server.start()
    result = await fill_in(hass, form, {"code": TOTP})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_password_that_changes_meanwhile_is_asked_for_again(hass: HomeAssistant, guarded: Guarded) -> None:
    account = guarded()
    await account.server.start()
    form = await asked_for_code(hass, account)
    account.simulator.change_password("new")
    result = await fill_in(hass, form, {"code": TOTP})
    assert (result["step_id"], result["errors"]) == ("eniris", {"password": "invalid_auth"})
    result = await fill_in(hass, form, entered(account.server, password="new"))
    assert (result["step_id"], result["errors"]) == ("eniris_code", {})
    result = await fill_in(hass, form, {"code": TOTP})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_dialogue_can_be_looked_at_again(hass: HomeAssistant, guarded: Guarded) -> None:
    account = guarded()
    await account.server.start()
    form = await asked_for_code(hass, account)
    await fill_in(hass, form, {"code": "000000"})
    # So does a page that is loaded anew.
    again = await hass.config_entries.flow.async_configure(form["flow_id"])
    assert (again["step_id"], again["errors"]) == ("eniris_code", {"code": "invalid_code"})
    assert len([one for one in account.requests if "login" in one]) == 2


@pytest.mark.parametrize("source", ["user", "reauth", "reconfigure"])
async def test_abandoned_dialogue_changes_nothing(
    hass: HomeAssistant, guarded: Guarded, hass_storage: dict[str, Any], source: str
) -> None:
    account = guarded()
    await (account.server.start() if source == "user" else account.set_up())
    kept = kept_tokens(hass_storage)
    form = await asked_for_code(hass, account, source)
    await fill_in(hass, form, {"code": "000000"})
    hass.config_entries.flow.async_abort(form["flow_id"])
    await hass.async_block_till_done()
    assert kept_tokens(hass_storage) == kept
    assert len(kept) == (source != "user")
    vault = (await async_get_vaults(hass)).of(VENDORS["eniris"], {"username": USERNAME, "url": account.server.url})
    assert (vault.grant is None) is (source == "user")
    if source != "user":
        await account.polls(5)
        assert float(account.state(POWER))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
@pytest.mark.parametrize("kind", ["app", "e-mail"])
async def test_credential_is_renewed_with_its_code(
    guarded: Guarded, hass_storage: dict[str, Any], variant: str, source: str, kind: str
) -> None:
    account = guarded(variant)
    hass = account.hass
    await account.set_up()
    before, kept = dict(account.entry.data), kept_tokens(hass_storage)
    account.simulator.revoke_refresh_tokens()
    form = await asked_for_code(hass, account, source)
    if kind == "e-mail":
        result = await fill_in(hass, form, {})
        assert result["errors"] == {"code": "code_sent"}
    result = await fill_in(hass, form, {"code": "000000"})
    assert (result["step_id"], result["errors"]) == ("eniris_code", {"code": "invalid_code"})
    assert kept_tokens(hass_storage) == kept
    result = await fill_in(hass, form, {"code": TOTP if kind == "app" else EMAIL_CODE})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, f"{source}_successful")
    assert account.entry.data == before
    assert account.status() is ConfigEntryState.LOADED
    assert kept_tokens(hass_storage).keys() == kept.keys()
    assert kept_tokens(hass_storage) != kept
    await account.polls(5)
    assert float(account.state(POWER))
    assert not list(hass.config_entries.flow.async_progress())


@pytest.mark.parametrize("source", ["user", "reauth", "reconfigure"])
async def test_code_and_password_are_kept_nowhere_and_told_to_nobody_else(
    hass: HomeAssistant,
    guarded: Guarded,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    source: str,
) -> None:
    account = guarded()
    await (account.server.start() if source == "user" else account.set_up())
    form = await asked_for_code(hass, account, source)
    await fill_in(hass, form, {})
    await fill_in(hass, form, {"code": "AAAABBBBCCCCDDDD"})
    await fill_in(hass, form, {"code": EMAIL_CODE})
    await account.polls(5)
    stored = await all_on_disk(hass, hass_storage)
    secrets = {PASSWORD, EMAIL_CODE, "AAAABBBBCCCCDDDD"}
    secrets |= {token for token in account.simulator.granted if account.simulator.tokens.kind(token) != "refresh"}
    assert len(secrets) > 6
    assert [name for name, text in stored.items() if any(secret in text for secret in secrets)] == []
    assert not [secret for secret in (*secrets, *account.simulator.granted) if secret in logged(caplog)]
    told = {
        one.path
        for one in account.simulator.requests
        if any(code in str((one.body, one.query_string, one.headers)) for code in (EMAIL_CODE, "AAAABBBBCCCCDDDD"))
    }
    assert told == {
        "/user/2fa/totp/authenticate",
        "/user/2fa/email-otp/authenticate",
        "/user/2fa/recovery-code/authenticate",
    }
