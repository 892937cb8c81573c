"""One small account at each vendor: what a person enters, what becomes of its credential, and which device goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import Account
from tests.enapter_home import small as small_enapter
from tests.eniris_home import small as small_eniris
from tests.simulators import enapter, enectiva, eniris, enpact, envitron
from tests.simulators.enectiva import EnectivaSimulator, login_token
from tests.simulators.enpact import ApiKey, EnpactSimulator
from tests.simulators.envitron import EnvitronSimulator
from tests.simulators.simulator import Simulator

NEW_KEY = "another0key0another0key0another0key0another0key0another0key00006"
NEW_TOKEN = "d7" * 32
NEW_LOGIN_TOKEN = login_token(number=77)
NEW_PASSWORD = "incorrect mare capacitor paperclip"


@dataclass(frozen=True, slots=True)
class Home[S: Simulator]:
    """An account at a vendor, of two devices or so.

    `secret` is the field of the credential's secret, `known` what is in it, and `new` what takes its place: `change`
    lets that be good, and the old one be good no longer. `remove` takes a device away, whose id it returns; `rename`
    gives one a name. `advanced` are the addresses that are folded away.
    """

    vendor: str
    make: Callable[[], S]
    secret: str
    known: str
    new: str
    change: Callable[[S], None]
    remove: Callable[[S], str]
    rename: Callable[[S, str], None]
    more: Mapping[str, str]
    advanced: tuple[str, ...] = ()
    keeps_secret: bool = True

    def entered(self, account: Account[Any], secret: str = "") -> dict[str, Any]:
        """What a person enters."""
        url = account.server.url + account.row.path
        addresses = {"advanced": dict.fromkeys(self.advanced, url)} if self.advanced else {"url": url}
        return {**self.more, self.secret: secret or self.known, **addresses}


def _envitron() -> EnvitronSimulator:
    simulator = EnvitronSimulator()
    simulator.remove_building(envitron.WAREHOUSE)
    office = simulator.buildings[envitron.OFFICE]
    office.sensors = dict(list(office.sensors.items())[:4])
    return simulator


def _enectiva() -> EnectivaSimulator:
    simulator = EnectivaSimulator.campus(2)
    simulator.data_series = {}
    return simulator


def _new_enpact_key(simulator: EnpactSimulator) -> None:
    simulator.keys[NEW_KEY] = ApiKey("production")
    simulator.revoke(enpact.PRODUCTION_KEY)


def _new_envitron_password(simulator: EnvitronSimulator) -> None:
    simulator.change_password(envitron.USERNAME, NEW_PASSWORD)
    simulator.revoke(envitron.USERNAME)


def _new_enectiva_token(simulator: EnectivaSimulator) -> None:
    simulator.logins[NEW_LOGIN_TOKEN] = enectiva.Login()
    simulator.revoke(enectiva.LOGIN_TOKEN)


def _new_eniris_password(simulator: eniris.EnirisSimulator) -> None:
    simulator.change_password(NEW_PASSWORD)
    simulator.revoke_refresh_tokens()


def _new_enapter_token(simulator: enapter.EnapterSimulator) -> None:
    simulator.tokens[NEW_TOKEN] = enapter.Access()
    simulator.revoke(enapter.TOKEN)


def _last_meter(simulator: EnpactSimulator) -> str:
    gone = list(simulator.meters)[-1]
    simulator.remove(gone)
    return gone


def _last_sensor(simulator: EnvitronSimulator) -> str:
    gone = list(simulator.sensors)[-1]
    simulator.remove_sensor(gone)
    return gone


def _last_enectiva_meter(simulator: EnectivaSimulator) -> str:
    # Not deactivated: that would be a reason to remove it at once.
    return simulator.meters.popitem()[0]


def _heat_pump(simulator: eniris.EnirisSimulator) -> str:
    simulator.remove_device(eniris.HEAT_PUMP)
    return eniris.HEAT_PUMP


def _battery(simulator: enapter.EnapterSimulator) -> str:
    simulator.remove_device(enapter.BATTERY)
    return enapter.BATTERY


def _name_first_meter(simulator: EnpactSimulator, name: str) -> None:
    simulator.rename(next(iter(simulator.meters)), name)


def _name_building(simulator: EnvitronSimulator, name: str) -> None:
    simulator.buildings[envitron.OFFICE].name = name


def _name_meter(simulator: EnectivaSimulator, name: str) -> None:
    next(iter(simulator.meters.values())).name = name


HOMES: Mapping[str, Home[Any]] = {
    home.vendor: home
    for home in (
        Home(
            "enpact",
            lambda: EnpactSimulator.campus(2),
            "api_key",
            enpact.PRODUCTION_KEY,
            NEW_KEY,
            _new_enpact_key,
            _last_meter,
            _name_first_meter,
            {"environment": "production"},
            ("url",),
        ),
        Home(
            "envitron",
            _envitron,
            "password",
            envitron.PASSWORD,
            NEW_PASSWORD,
            _new_envitron_password,
            _last_sensor,
            _name_building,
            {"username": envitron.USERNAME},
        ),
        Home(
            "enectiva",
            _enectiva,
            "token",
            enectiva.LOGIN_TOKEN,
            NEW_LOGIN_TOKEN,
            _new_enectiva_token,
            _last_enectiva_meter,
            _name_meter,
            {},
            ("url",),
        ),
        Home(
            "eniris",
            lambda: small_eniris({eniris.CONTROLLER, eniris.GRID_METER, eniris.HEAT_PUMP}),
            "password",
            eniris.PASSWORD,
            NEW_PASSWORD,
            _new_eniris_password,
            _heat_pump,
            lambda simulator, name: simulator.rename(eniris.GRID_METER, name),
            {"username": eniris.USERNAME},
            ("url", "auth_url"),
            keeps_secret=False,
        ),
        Home(
            "enapter",
            lambda: small_enapter(enapter.POWER_METER, enapter.BATTERY),
            "token",
            enapter.TOKEN,
            NEW_TOKEN,
            _new_enapter_token,
            _battery,
            lambda simulator, name: simulator.rename(enapter.POWER_METER, name),
            {},
        ),
    )
}


async def begin(hass: HomeAssistant, vendor: str) -> str:
    """Open the form in which an account is added."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": vendor})
    return form["flow_id"]


async def submit(hass: HomeAssistant, flow_id: str, entered: Mapping[str, Any]) -> ConfigFlowResult:
    """Fill in a form."""
    result = await hass.config_entries.flow.async_configure(flow_id, dict(entered))
    await hass.async_block_till_done()
    return result


def with_address(entered: Mapping[str, Any], address: str) -> dict[str, Any]:
    """What is entered, but with this address."""
    if "advanced" in entered:
        return {**entered, "advanced": dict.fromkeys(entered["advanced"], address)}
    return {**entered, "url": address}
