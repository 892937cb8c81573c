"""An Enapter account in trouble: silent and forbidden devices, odd values, counters that begin anew."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.simulators.enapter import (
    BATTERY,
    ELECTROLYSER,
    HYBRID_INVERTER,
    POWER_METER,
    PV_INVERTER,
)

from .conftest import MakeAccount
from .enapter_home import (
    Enapter,
    complaints,
    flows,
    measured,
    shown,
    shown_of,
    shows,
    small,
    state_of,
    truth_at_poll,
)


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount) -> Enapter:
    """A small account that is set up."""
    account: Enapter = make_account(small(POWER_METER, BATTERY, PV_INVERTER))
    await account.set_up()
    return account


# Devices


async def test_silent_device_is_unavailable_after_a_quarter_of_an_hour_and_the_others_live(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    account.simulator.silence(BATTERY)
    last = shown_of(hass, account, BATTERY)
    await account.polls(13)
    assert shown_of(hass, account, BATTERY) == last
    await account.polls(4)
    assert measured(hass, account, BATTERY) == {"unavailable"}
    assert "unavailable" not in measured(hass, account, POWER_METER)
    account.simulator.wake(BATTERY)
    await account.polls(2)
    assert "unavailable" not in measured(hass, account, BATTERY)
    assert complaints(caplog) == []


@pytest.mark.parametrize("refused", [403, 404, 422])
async def test_forbidden_device_costs_itself_only(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture, refused: int
) -> None:
    account: Enapter = make_account(small(POWER_METER, BATTERY, PV_INVERTER, forbidden_device=refused))
    await account.set_up()
    account.simulator.forbid(BATTERY)
    await account.polls(2)
    account.simulator.requests.clear()
    await account.polls(20)
    assert measured(hass, account, BATTERY) == {"unavailable"}
    # The list still tells these.
    assert shown(hass, account, BATTERY, "own,connectivity") == "on"
    assert shown(hass, account, BATTERY, "own,alerts_error") == "off"
    for device in (POWER_METER, PV_INVERTER):
        assert "unavailable" not in measured(hass, account, device)
    # Once it is known, it is not asked for any more.
    assert len(account.requests) <= 2 * 20 + 2
    assert flows(hass) == []
    account.simulator.allow(BATTERY)
    await account.polls(62)
    assert "unavailable" not in measured(hass, account, BATTERY)
    assert complaints(caplog) == []


@pytest.mark.parametrize("missing", ["warning", "absent", "null"])
async def test_value_that_is_missing_is_not_shown_as_one(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture, missing: str
) -> None:
    account: Enapter = make_account(small(ELECTROLYSER, missing=missing))
    await account.set_up()
    for attribute in ("gas_ppm", "status", "mode", "running"):
        account.simulator.set_value(ELECTROLYSER, attribute, None)
    await account.polls(2)
    for attribute in ("gas_ppm", "status", "mode", "running"):
        assert shown(hass, account, ELECTROLYSER, attribute) == "unavailable"
    assert float(shown(hass, account, ELECTROLYSER, "outlet_pressure"))
    for attribute in ("gas_ppm", "status", "mode", "running"):
        account.simulator.restore(ELECTROLYSER, attribute)
    await account.polls(2)
    assert "unavailable" not in {shown(hass, account, ELECTROLYSER, one) for one in ("gas_ppm", "status", "running")}
    assert complaints(caplog) == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", {"a": 1}, [1, 2], True, "text", 1e999, "x" * 1000])
async def test_value_of_another_type_is_never_a_state_that_home_assistant_chokes_on(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    before = shown(hass, account, POWER_METER, "total_power")
    account.simulator.set_value(POWER_METER, "total_power", value)
    await account.polls(3)
    # Nothing is known better than what was measured last.
    assert float(shown(hass, account, POWER_METER, "total_power")) == float(before)
    assert float(shown(hass, account, POWER_METER, "l1_power"))
    assert complaints(caplog) == []
    assert "Traceback" not in caplog.text


async def test_register_that_is_reset_counts_on_from_there(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    full = float(shown(hass, account, POWER_METER, "energy_lifetime"))
    account.simulator.reset_register(POWER_METER, "energy_lifetime")
    await account.polls(4)
    assert float(shown(hass, account, POWER_METER, "energy_lifetime")) < 1 < full
    await account.wait(60)
    assert shows(state_of(hass, account, POWER_METER, "energy_lifetime"), truth_at_poll(account, "energy_lifetime"))
    assert complaints(caplog) == []


async def test_register_that_reads_nothing_once_is_not_taken_for_a_new_one(
    hass: HomeAssistant, account: Enapter
) -> None:
    seen = []
    for broken in (False, True, False, False):
        if broken:
            account.simulator.set_value(POWER_METER, "energy_lifetime", 0.0)
        else:
            account.simulator.restore(POWER_METER, "energy_lifetime")
        await account.wait(60)
        seen.append(float(shown(hass, account, POWER_METER, "energy_lifetime")))
    assert seen == sorted(seen)
    assert seen[0] > 1000


async def test_daily_counter_begins_again_at_midnight(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(HYBRID_INVERTER))
    account.freezer.move_to(datetime(2026, 11, 17, 23, 55, 30, tzinfo=UTC))
    await account.set_up()
    yesterday = state_of(hass, account, HYBRID_INVERTER, "pv_energy_daily")
    assert yesterday.attributes["state_class"] == "total_increasing"
    assert float(yesterday.state) > 1
    seen = []
    for _ in range(12):
        await account.polls()
        seen.append(float(shown(hass, account, HYBRID_INVERTER, "pv_energy_daily")))
    # It is at night: yesterday's whole amount, then nothing, and nothing in between.
    assert set(seen) == {float(yesterday.state), 0.0}
    assert seen == sorted(seen, reverse=True)
    # The drop is believed when a second value confirms it.
    assert seen.count(0.0) >= 6
