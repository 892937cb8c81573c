"""Repair issues: of what a person can act upon, exactly one; of what passes by itself, none."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.energy_clouds.account_notices import AccountNotices, forget_notices
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.rights import Rights
from custom_components.energy_clouds.vendors.errors import NotPermitted
from custom_components.energy_clouds.vendors.model import Nature, Notice, Point, PointId, Problem, Quantity
from tests.simulators import faults
from tests.simulators.eniris import GRID_METER, EnirisSimulator
from tests.simulators.eniris.fields import constant
from tests.simulators.eniris.nodes import Series
from tests.simulators.enpact import EnpactSimulator

from .conftest import Account, MakeAccount
from .eniris_home import small
from .test_restart import restart

NO = {"error": "Unauthorized"}
FORBIDDEN = faults.Status(403, {"statusCode": 403, "error": "Forbidden", "message": "no"})


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
def eniris(make_account: MakeAccount) -> Account[EnirisSimulator]:
    return make_account(small())


def issues(hass: HomeAssistant) -> list[str | None]:
    """What Home Assistant asks a person to repair."""
    return [issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]


async def test_account_that_may_read_nothing_says_so_once_patience_is_over(
    hass: HomeAssistant, eniris: Account[EnirisSimulator]
) -> None:
    await eniris.set_up()
    eniris.simulator.faults.add(FORBIDDEN, "/v1/telemetry")
    await eniris.polls(14)
    assert issues(hass) == []
    await eniris.polls(3)
    assert issues(hass) == ["rights_missing"]
    # A failure for another reason is no answer to the question of rights.
    eniris.simulator.faults.clear()
    eniris.simulator.faults.add(faults.Status(502))
    await eniris.polls(3)
    assert issues(hass) == ["rights_missing"]
    eniris.simulator.faults.clear()
    await eniris.polls(2)
    assert issues(hass) == []
    assert hass.config_entries.flow.async_progress() == []


async def test_refusal_that_passes_bothers_nobody_even_if_it_lasts_over_a_restart(
    hass: HomeAssistant, eniris: Account[EnirisSimulator]
) -> None:
    await eniris.set_up()
    eniris.simulator.faults.add(FORBIDDEN, "/v1/telemetry")
    await restart(hass, eniris.entry.entry_id)
    await eniris.polls(10)
    assert issues(hass) == []
    eniris.simulator.faults.clear()
    await eniris.polls(11)
    eniris.simulator.faults.add(FORBIDDEN, "/v1/telemetry")
    await eniris.polls(10)
    assert issues(hass) == []


async def test_account_that_never_starts_for_lack_of_rights_says_so_too(
    hass: HomeAssistant, eniris: Account[EnirisSimulator]
) -> None:
    eniris.simulator.faults.add(FORBIDDEN, "/v1/")
    await eniris.set_up()
    assert issues(hass) == []
    # Home Assistant tries again ever more seldom.
    await eniris.polls(30)
    assert issues(hass) == ["rights_missing"]
    await hass.config_entries.async_remove(eniris.entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == []


@pytest.mark.parametrize(
    ("problems", "shown", "refused"),
    [
        ({}, (), False),
        ({"one": Problem.NOT_PERMITTED}, (), False),
        ({"one": Problem.NOT_PERMITTED, "other": Problem.UNREACHABLE}, (), False),
        ({"one": Problem.NOT_PERMITTED, "other": Problem.NOT_PERMITTED}, (), True),
        ({"one": Problem.NOT_PERMITTED, "other": Problem.PARTLY_NOT_PERMITTED}, (), True),
        # A connection may be seen where nothing may be read.
        ({"one": Problem.NOT_PERMITTED, "other": Problem.PARTLY_NOT_PERMITTED}, ("online",), True),
        ({"one": Problem.NOT_PERMITTED, "other": Problem.PARTLY_NOT_PERMITTED}, ("power",), False),
    ],
)
async def test_refused_devices_say_so_only_if_they_are_all_that_is_asked_for(
    hass: HomeAssistant, problems: dict[str, Problem], shown: tuple[str, ...], refused: bool
) -> None:
    rights = Rights(hass, "entry")
    points = [point(device, key) for device in ("one", "other") for key in ("power", "online")]
    rights.take(points, problems, {PointId(device_id="other", key=key) for key in shown})
    assert (rights.refused_for is not None) is refused
    # Where nothing is asked for, nothing is refused.
    rights.take((), problems, ())
    assert rights.refused_for is None


def point(device: str, key: str) -> Point:
    """A power, or whether there is a connection."""
    power = key == "power"
    return Point(
        id=PointId(device_id=device, key=key),
        quantity=Quantity.POWER if power else Quantity.CONNECTIVITY,
        unit="W" if power else None,
        nature=Nature.GAUGE if power else Nature.FLAG,
    )


async def test_account_that_may_read_a_part_of_each_device_is_not_told_that_it_may_read_nothing(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    eniris: Account[EnirisSimulator] = make_account(small({GRID_METER}))
    (node,) = eniris.simulator.nodes
    hidden = Series("elsewhere", "rp_one_m", "planning", {"nodeId": "x"}, {"note": constant("note", "y")})
    node.series = [*(node.series or ()), hidden]
    refuse = faults.Rewritten(lambda items: [NO if "note" in str(one) else one for one in items])
    eniris.simulator.faults.add(refuse, "/v1/telemetry")
    await eniris.set_up()
    await eniris.polls(20)
    assert eniris.entry.runtime_data.problems == {GRID_METER: Problem.PARTLY_NOT_PERMITTED}
    assert issues(hass) == []


async def test_service_that_lists_nothing_any_more_says_so_after_three_complete_lists(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Account[EnpactSimulator] = make_account(EnpactSimulator.campus(2))
    await account.set_up()
    empty = account.simulator.faults.add(faults.Answer({"devices": [], "meters": []}), method="GET")
    await account.polls(130)
    assert empty.hits == 4
    assert issues(hass) == []
    await account.polls(60)
    assert issues(hass) == ["no_devices"]
    account.simulator.faults.clear()
    await account.polls(61)
    assert issues(hass) == []


async def test_account_near_home_assistants_limit_of_entities_says_so_before(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Account[EnpactSimulator] = make_account(EnpactSimulator.campus(2))
    await account.set_up()
    enabled = len(hass.states.async_all())
    most = "custom_components.energy_clouds.account_notices.MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY"
    with patch(most, int(enabled / 0.9) + 2):
        await account.polls(16)
        assert issues(hass) == []
    with patch(most, int(enabled / 0.9)):
        await account.polls(16)
        assert issues(hass) == ["many_entities"]
        (issue,) = ir.async_get(hass).issues.values()
        words = issue.translation_placeholders or {}
        assert (words["count"], words["limit"]) == (str(enabled), str(int(enabled / 0.9)))
    await account.polls(16)
    assert issues(hass) == []


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        (Notice(key="unknown_virtual_meter"), ["rights_missing", "unknown_virtual_meter"]),
        (Notice(key="scope_missing", explains_silence=True), ["scope_missing"]),
    ],
)
async def test_of_what_keeps_all_values_away_one_notice_is_told(
    hass: HomeAssistant, account: Account, notice: Notice, told: list[str]
) -> None:
    await account.start()
    vendor: Any = SimpleNamespace(notices=lambda: [notice], empty="no_devices")
    notices = AccountNotices(hass, account.entry, vendor)
    notices.show(NotPermitted("no"), patience=timedelta(0), empty_lists=0)
    assert sorted(map(str, issues(hass))) == told
    forget_notices(hass, account.entry)
    notices.show(None, patience=timedelta(0), empty_lists=0)
    assert issues(hass) == [notice.key]
