"""Adding an Envitron account: four ways to be refused, and the pair that the flow got."""

from collections.abc import AsyncIterator
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import MakeAccount
from tests.simulators import faults
from tests.simulators.envitron import PASSWORD, USER_ID, USERNAME, EnvitronSimulator, User
from tests.simulators.server import Server, running

from .conftest import fill_in, open_form, renew


@pytest.fixture
def simulator() -> EnvitronSimulator:
    return EnvitronSimulator()


@pytest.fixture
async def envitron(
    hass: HomeAssistant, enable_custom_integrations: None, simulator: EnvitronSimulator
) -> AsyncIterator[Server]:
    async with running(simulator) as server:
        yield server
        for entry in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


def entered(server: Server, **changed: str) -> dict[str, str]:
    return {"url": server.url, "username": USERNAME, "password": PASSWORD, **changed}


async def test_account_is_added_with_one_sign_in(
    hass: HomeAssistant, envitron: Server, simulator: EnvitronSimulator
) -> None:
    pasted = entered(envitron, url=f" {envitron.url}/docs/api/domain/public-api#limits ")
    result = await fill_in(hass, await open_form(hass, "envitron"), pasted)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Envitron 127.0.0.1"
    assert result["data"]["account_id"] == f"127.0.0.1_{USER_ID}"
    assert hass.states.get("sensor.office_consumption")
    assert (simulator.logins, simulator.refreshes) == (1, 0)


MISTAKES = [
    ({"url": "ftp://example.org"}, {"url": "invalid_url"}),
    ({"password": "wrong"}, {"password": "invalid_auth"}),
    ({"username": "nobody"}, {"password": "invalid_auth"}),
]


@pytest.mark.parametrize(("mistake", "errors"), MISTAKES)
async def test_mistake_is_said_on_its_field_and_can_be_mended(
    hass: HomeAssistant, envitron: Server, mistake: dict[str, str], errors: dict[str, str]
) -> None:
    form = await open_form(hass, "envitron")
    result = await fill_in(hass, form, entered(envitron, **mistake))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)
    result = await fill_in(hass, form, entered(envitron))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        (faults.HtmlPage(404), {"url": "invalid_url"}),
        (faults.HtmlPage(200), {"url": "invalid_url"}),
        (faults.Answer({"hello": "world"}), {"url": "invalid_url"}),
        (faults.Redirect("https://elsewhere.example/"), {"url": "invalid_url"}),
        (faults.RateLimited(600), {"base": "locked_out"}),
        (faults.Status(403, {"detail": "Too many outstanding tokens."}), {"base": "too_many_tokens"}),
        (faults.Status(403, {"detail": "You do not have permission."}), {"base": "not_permitted"}),
        (faults.Status(500), {"base": "cannot_connect"}),
        (faults.HtmlPage(502), {"base": "cannot_connect"}),
        (faults.ConnectionReset(), {"base": "cannot_connect"}),
    ],
    ids=repr,
)
async def test_every_refusal_has_its_message(
    hass: HomeAssistant, envitron: Server, simulator: EnvitronSimulator, fault: faults.Fault, errors: dict[str, str]
) -> None:
    simulator.faults.add(fault, re.compile("/token/$"))
    result = await fill_in(hass, await open_form(hass, "envitron"), entered(envitron))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)
    placeholders: Any = result["description_placeholders"]
    if errors == {"base": "locked_out"}:
        assert int(placeholders["wait"]) == 601
    if errors == {"base": "too_many_tokens"}:
        assert int(placeholders["wait"]) == 3601


async def test_nobody_at_that_address(hass: HomeAssistant, envitron: Server) -> None:
    await envitron.stop()
    result = await fill_in(hass, await open_form(hass, "envitron"), entered(envitron))
    assert result["errors"] == {"base": "cannot_connect"}
    await envitron.start()
    result = await fill_in(hass, await open_form(hass, "envitron"), entered(envitron))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_user_without_buildings_leaves_no_tokens_behind(
    hass: HomeAssistant, envitron: Server, simulator: EnvitronSimulator, hass_storage: dict[str, Any]
) -> None:
    simulator.users[USERNAME] = User(PASSWORD, USER_ID, ())
    result = await fill_in(hass, await open_form(hass, "envitron"), entered(envitron))
    assert result["errors"] == {"base": "no_devices"}
    assert f"{DOMAIN}.tokens" not in hass_storage


async def test_account_is_added_once(hass: HomeAssistant, envitron: Server, simulator: EnvitronSimulator) -> None:
    await fill_in(hass, await open_form(hass, "envitron"), entered(envitron))
    result = await fill_in(hass, await open_form(hass, "envitron"), entered(envitron, password="other"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert simulator.logins == 1


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_new_password_for_the_same_user(hass: HomeAssistant, make_account: MakeAccount, source: str) -> None:
    account = make_account(EnvitronSimulator())
    await account.set_up()
    account.simulator.change_password(USERNAME, "new")
    result = await renew(hass, account, source, entered(account.server, password="new"))
    assert result["reason"] == {"reauth": "reauth_successful", "reconfigure": "reconfigure_successful"}[source]
    assert account.entry.data["credentials"]["password"] == "new"
    assert account.simulator.logins == 2
    await account.polls(30)
    assert (account.simulator.logins, account.simulator.outstanding(USERNAME)) == (2, 2)


async def test_another_user_is_another_account(
    hass: HomeAssistant, make_account: MakeAccount, hass_storage: dict[str, Any]
) -> None:
    account = make_account(EnvitronSimulator())
    await account.set_up()
    account.simulator.users["other"] = User("secret", 99, tuple(account.simulator.buildings))
    result = await renew(hass, account, "reconfigure", entered(account.server, username="other", password="secret"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    assert account.entry.data["credentials"]["username"] == USERNAME
    assert len(hass_storage[f"{DOMAIN}.tokens"]["data"]) == 1


async def test_user_whose_name_changes_stays_the_same_account(
    hass: HomeAssistant, make_account: MakeAccount, hass_storage: dict[str, Any]
) -> None:
    account = make_account(EnvitronSimulator())
    await account.set_up()
    account.simulator.users["renamed"] = account.simulator.users.pop(USERNAME)
    result = await renew(hass, account, "reconfigure", entered(account.server, username="renamed"))
    assert result["reason"] == "reconfigure_successful"
    assert float(account.state("sensor.office_consumption"))
    # The tokens of the old name are of no use to anybody.
    assert len(hass_storage[f"{DOMAIN}.tokens"]["data"]) == 1


async def test_wrong_password_while_renewing_leaves_the_account_alone(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(EnvitronSimulator())
    await account.set_up()
    result = await renew(hass, account, "reconfigure", entered(account.server, password="wrong"))
    assert result["errors"] == {"password": "invalid_auth"}
    await account.polls(20)
    assert float(account.state("sensor.office_consumption"))
    assert account.simulator.logins == 1
