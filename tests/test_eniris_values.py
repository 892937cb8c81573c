"""What an Eniris account shows in Home Assistant when meters fall silent, restart or say strange things."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest

from tests.eniris_home import HEAT, IMPORTED, POWER, Eniris, small
from tests.simulators.eniris import CHARGER, GRID_METER, HEAT_PUMP, SITE, EnirisSimulator

from .conftest import MakeAccount

PRICE = "sensor.family_home_buying_price"
STATUS = "sensor.family_home_alfen_eve_single_status"


@pytest.fixture
def eniris(make_account: MakeAccount) -> Eniris:
    return make_account(small())


async def test_silent_device_is_unavailable_after_a_quarter_of_an_hour_and_resumes(
    hass: HomeAssistant, eniris: Eniris
) -> None:
    await eniris.set_up()
    await eniris.polls(2)
    eniris.simulator.silence(HEAT_PUMP)
    since = eniris.simulator.clock()
    value = None
    while eniris.simulator.clock() < since + timedelta(minutes=13):
        await eniris.wait(30)
        value = eniris.state(HEAT)
        assert float(value)
    await eniris.polls(3)
    assert eniris.state(HEAT) == "unavailable"
    assert float(eniris.state(POWER))
    eniris.simulator.resume(HEAT_PUMP)
    await eniris.polls(2)
    assert float(eniris.state(HEAT))


async def test_values_of_rare_rows_live_longer(hass: HomeAssistant, eniris: Eniris) -> None:
    """Prices are in rows of ten minutes."""
    await eniris.set_up()
    await eniris.polls(11)
    eniris.simulator.silence(SITE)
    await eniris.polls(18)
    assert eniris.state("sensor.family_home_production_of_the_site") == "unavailable"
    assert float(eniris.state(PRICE))
    await eniris.polls(25)
    assert eniris.state(PRICE) == "unavailable"


async def test_register_that_restarts_is_believed_when_a_second_row_confirms_it(
    hass: HomeAssistant, eniris: Eniris
) -> None:
    await eniris.set_up()
    await eniris.polls(3)
    before = float(eniris.state(IMPORTED))
    eniris.simulator.reset_registers(GRID_METER)
    seen = [before]
    for _ in range(10):
        await eniris.wait(30)
        if (shown := float(eniris.state(IMPORTED))) != seen[-1]:
            seen.append(shown)
    restarted = next(n for n, value in enumerate(seen) if value < before)
    assert all(value >= before for value in seen[:restarted])
    assert all(0 <= value < 5 for value in seen[restarted:])
    newest = eniris.simulator.newest(GRID_METER, "importedAbsEnergyTot_Wh")
    assert newest is not None
    assert seen[-1] == pytest.approx(float(newest[1] or 0) / 1000, abs=0.1)


async def test_drop_for_one_row_is_never_shown(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await eniris.polls(2)
    minute = eniris.simulator.clock().replace(second=0) + timedelta(minutes=2)
    before = float(eniris.state(IMPORTED))
    eniris.simulator.correct(GRID_METER, "importedAbsEnergyTot_Wh", minute, 0.0)
    for _ in range(20):
        await eniris.wait(30)
        assert float(eniris.state(IMPORTED)) >= before
    assert float(eniris.state(IMPORTED)) > before


async def test_correction_of_the_newest_row_is_shown(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await eniris.polls(2)
    eniris.simulator.say(CHARGER, "status", "Ödland ⚡")
    await eniris.polls(3)
    assert eniris.state(STATUS) == "Ödland ⚡"


async def test_text_that_is_too_long_for_home_assistant_costs_nothing_but_itself(
    hass: HomeAssistant, eniris: Eniris, caplog: pytest.LogCaptureFixture
) -> None:
    await eniris.set_up()
    eniris.simulator.say(CHARGER, "status", "x" * 300)
    await eniris.polls(3)
    assert eniris.state(STATUS) != "x" * 300
    assert float(eniris.state("sensor.family_home_alfen_eve_single_power")) >= 0
    assert "Could not show" not in caplog.text


@pytest.mark.parametrize("devices", [10, 150])
async def test_interval_of_a_campus_follows_the_budget_of_the_free_tier(
    hass: HomeAssistant, make_account: MakeAccount, devices: int
) -> None:
    account = make_account(EnirisSimulator.campus(devices, tier="free"))
    await account.set_up()
    await account.polls(6)
    coordinator = account.entry.runtime_data
    assert coordinator.budget.limit.requests == 100
    # Of 100 tokens a minute a fifth is left to other programs, and a quarter of the rest to what is no poll.
    cost = coordinator.vendor.requests_per_poll(coordinator.inventory.points)
    assert coordinator.interval.total_seconds() == max(60, cost)
    assert (cost > 60) is (devices > 50)
    account.simulator.requests.clear()
    await account.polls(20)
    assert {one.status for one in account.simulator.requests} <= {200, 204}
    shown = [account.state(f"sensor.campus_meter_{number:03}_power") for number in range(1, devices + 1)]
    assert "unavailable" not in shown
