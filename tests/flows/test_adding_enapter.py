"""Adding an Enapter account in the cloud: one token, one account."""

import re

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import ENAPTER_ACCOUNT_ID, MakeAccount
from tests.enapter_home import Enapter, at_gateway, complaints, entered, shown, small
from tests.simulators import faults
from tests.simulators.enapter import (
    EXPIRED_TOKEN,
    OFFICE_METER,
    POWER_METER,
    READ_ONLY_TOKEN,
    TOKEN,
    Access,
)

from .conftest import fill_in, open_form, renew

SITES = re.compile("/v3/sites$")
DEVICES = re.compile("/v3/devices$")
ANYTHING = re.compile("")
OTHER_TOKEN = "a" * 64


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def cloud(make_account: MakeAccount) -> Enapter:
    """The cloud, plugged in; no account yet."""
    account: Enapter = make_account(small(POWER_METER, OFFICE_METER))
    await account.server.start()
    return account


def address(account: Enapter) -> str:
    return f"{account.server.url}/v3"


async def test_account_is_added(hass: HomeAssistant, cloud: Enapter) -> None:
    form = await open_form(hass, "enapter")
    described = {str(marker): marker.description for marker in form["data_schema"].schema}  # type: ignore[union-attr]
    assert described == {
        "url": {"suggested_value": "https://api.enapter.com"},
        "token": None,
        "verify_ssl": {"suggested_value": True},
    }
    result = await fill_in(hass, form, entered(f" {address(cloud)}/devices?expand=site ", f" {TOKEN}\n"))
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Enapter")
    assert result["data"] == {
        "vendor": "enapter",
        "account_id": ENAPTER_ACCOUNT_ID,
        "credentials": {"url": f"{address(cloud)}/devices", "token": TOKEN, "verify_ssl": True},
    }
    cloud.entry = result["result"]
    assert (cloud.entry.unique_id, cloud.entry.state) == (f"enapter_{ENAPTER_ACCOUNT_ID}", ConfigEntryState.LOADED)
    assert float(shown(hass, cloud, POWER_METER, "total_power"))
    # To sign in, to list, and the first poll; nobody is listed a second time.
    assert cloud.requests == [
        "GET /v3/sites",
        "GET /v3/sites",
        "GET /v3/devices",
        "GET /v3/sites",
        "GET /v3/devices",
        "GET /v3/devices",
        "GET /v3/telemetry/latest",
    ]


@pytest.mark.parametrize("body", ["documented", "no_code", "empty_code", "empty_errors", "empty", "text"])
@pytest.mark.parametrize("status", [401, 403])
async def test_bad_token_is_said_on_its_field_whatever_the_refusal_looks_like(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture, status: int, body: str
) -> None:
    account = make_account(small(POWER_METER, bad_token_status=status, error_body=body))
    await account.server.start()
    form = await open_form(hass, "enapter")
    for token in ("wrong", EXPIRED_TOKEN, "two words", "tök"):
        result = await fill_in(hass, form, entered(address(account), token))
        assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"token": "invalid_auth"}), token
    assert complaints(caplog) == []
    result = await fill_in(hass, form, entered(address(account)))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_account_of_old_sites_says_why_it_is_empty(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small(POWER_METER, old_sites_only=True))
    await account.server.start()
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(address(account)))
    assert result["errors"] == {"base": "only_old_sites"}


async def test_account_whose_sites_are_all_archived_is_as_good_as_empty(hass: HomeAssistant, cloud: Enapter) -> None:
    for site in cloud.simulator.sites:
        cloud.simulator.archive_site(site)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(address(cloud)))
    assert result["errors"] == {"base": "only_old_sites"}


@pytest.mark.parametrize("url", ["ftp://10.0.0.1", "http://", "https://user:secret@10.0.0.1", "the gateway"])
async def test_what_is_no_address(hass: HomeAssistant, cloud: Enapter, url: str) -> None:
    form = await open_form(hass, "enapter")
    result = await fill_in(hass, form, entered(url))
    assert result["errors"] == {"url": "invalid_url"}
    result = await fill_in(hass, form, entered(address(cloud)))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "path", "errors"),
    [
        (faults.HtmlPage(200), ANYTHING, {"url": "invalid_url"}),
        (faults.HtmlPage(404), ANYTHING, {"url": "invalid_url"}),
        (faults.Answer({"hello": "world"}), ANYTHING, {"url": "invalid_url"}),
        (faults.Redirect("https://elsewhere.example/"), ANYTHING, {"url": "invalid_url"}),
        (faults.Status(500), ANYTHING, {"base": "cannot_connect"}),
        (faults.HtmlPage(502), ANYTHING, {"base": "cannot_connect"}),
        (faults.ConnectionReset(), ANYTHING, {"base": "cannot_connect"}),
        (faults.Status(500), DEVICES, {"base": "cannot_connect"}),
        (faults.Answer({"hello": "world"}), DEVICES, {"base": "unknown"}),
        (faults.RateLimited(120), ANYTHING, {"base": "rate_limited"}),
        (faults.RateLimited(120, "header"), DEVICES, {"base": "rate_limited"}),
    ],
    ids=repr,
)
async def test_every_refusal_has_its_message(
    hass: HomeAssistant, cloud: Enapter, fault: faults.Fault, path: re.Pattern[str], errors: dict[str, str]
) -> None:
    cloud.simulator.faults.add(fault, path)
    form = await open_form(hass, "enapter")
    result = await fill_in(hass, form, entered(address(cloud)))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)
    cloud.simulator.faults.clear()
    if errors == {"base": "rate_limited"}:
        assert result["description_placeholders"] is not None
        assert int(result["description_placeholders"]["wait"]) == 121
        cloud.simulator.requests.clear()
        result = await fill_in(hass, form, entered(f"{address(cloud)}/"))
        assert (result["errors"], cloud.requests) == (errors, [])
        cloud.freezer.tick(122)
    result = await fill_in(hass, form, entered(address(cloud)))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_at_that_address(hass: HomeAssistant, cloud: Enapter) -> None:
    await cloud.server.stop()
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(address(cloud)))
    assert result["errors"] == {"base": "cannot_connect"}


async def test_one_odd_refusal_is_not_believed(hass: HomeAssistant, cloud: Enapter) -> None:
    """A token that lists devices is good, whatever the sites are said to be."""
    cloud.simulator.faults.add(faults.Status(403), SITES)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(address(cloud)))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_token_that_only_reads_is_enough(hass: HomeAssistant, cloud: Enapter) -> None:
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(address(cloud), READ_ONLY_TOKEN))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("spelling", ["{}/v3", " {}/v3/ ", "{}/v3/sites?limit=1"])
async def test_token_is_added_once(hass: HomeAssistant, cloud: Enapter, spelling: str) -> None:
    await fill_in(hass, await open_form(hass, "enapter"), entered(address(cloud)))
    cloud.simulator.requests.clear()
    again = entered(spelling.format(cloud.server.url), f"{TOKEN} ", verify_ssl=False)
    result = await fill_in(hass, await open_form(hass, "enapter"), again)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert cloud.requests == []


async def test_gateway_and_cloud_of_one_site_live_side_by_side(
    hass: HomeAssistant, cloud: Enapter, make_account: MakeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = at_gateway(make_account, small(POWER_METER, gateway=True))
    await gateway.server.start()
    for account, url in ((cloud, address(cloud)), (gateway, gateway.server.url)):
        result = await fill_in(hass, await open_form(hass, "enapter"), entered(url))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        account.entry = result["result"]
    gateway.simulator.set_value(POWER_METER, "total_power", 123.0)
    await cloud.polls(2)
    assert float(shown(hass, gateway, POWER_METER, "total_power")) == 123
    assert float(shown(hass, cloud, POWER_METER, "total_power")) != 123
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2
    assert complaints(caplog) == []
    await hass.config_entries.async_remove(gateway.entry.entry_id)
    assert float(shown(hass, cloud, POWER_METER, "total_power"))


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_new_token_of_the_same_account_is_known_by_its_devices(
    hass: HomeAssistant, make_account: MakeAccount, source: str
) -> None:
    account = make_account(small(POWER_METER, OFFICE_METER))
    await account.set_up()
    account.simulator.tokens[OTHER_TOKEN] = Access("USER")
    account.simulator.revoke(TOKEN)
    account.simulator.remove_device(OFFICE_METER)
    entity = hass.states.async_entity_ids("sensor")
    result = await renew(hass, account, source, entered(address(account), OTHER_TOKEN))
    assert result["reason"] == f"{source}_successful"
    assert account.entry.data["credentials"]["token"] == OTHER_TOKEN
    assert account.entry.data["account_id"] == ENAPTER_ACCOUNT_ID
    assert account.status() is ConfigEntryState.LOADED
    assert hass.states.async_entity_ids("sensor") == entity
    assert float(shown(hass, account, POWER_METER, "total_power"))


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_token_of_another_account_is_refused(hass: HomeAssistant, make_account: MakeAccount, source: str) -> None:
    account, other = make_account(small(POWER_METER)), make_account(small(OFFICE_METER))
    await account.set_up()
    other.simulator.tokens[OTHER_TOKEN] = Access()
    await other.server.start()
    result = await renew(hass, account, source, entered(address(other), OTHER_TOKEN))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    assert account.entry.data["credentials"]["token"] == TOKEN


async def test_token_of_another_entry_cannot_be_taken(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small(POWER_METER))
    await account.set_up()
    await fill_in(hass, await open_form(hass, "enapter"), entered(address(account), READ_ONLY_TOKEN))
    result = await renew(hass, account, "reconfigure", entered(address(account), READ_ONLY_TOKEN))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_cloud_account_does_not_become_a_gateway(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account, gateway = make_account(small(POWER_METER)), at_gateway(make_account, small(POWER_METER, gateway=True))
    await account.set_up()
    await gateway.server.start()
    result = await renew(hass, account, "reconfigure", entered(gateway.server.url))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")


async def test_mistake_while_renewing_leaves_the_account_alone(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small(POWER_METER))
    await account.set_up()
    result = await renew(hass, account, "reconfigure", entered(address(account), "wrong"))
    assert result["errors"] == {"token": "invalid_auth"}
    await account.polls(2)
    assert float(shown(hass, account, POWER_METER, "total_power"))
    assert account.entry.data["credentials"]["token"] == TOKEN
