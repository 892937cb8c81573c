"""A month of history for some registers, against the same rows written into Home Assistant's recorder directly."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
import gc
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from types import MappingProxyType
from unittest.mock import patch

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, recorder as recorder_helper
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.energy_clouds.const import (
    CONF_ACCOUNT_ID,
    CONF_CREDENTIALS,
    CONF_VENDOR,
    DOMAIN,
    OPTION_HISTORY_DAYS,
)
from custom_components.energy_clouds.history import KEEPERS
from custom_components.energy_clouds.vendors import VENDORS

from .figure import Figure, Stretch, median_ratio, stretch
from .remembering import HOUR, POINTS, REGISTERS, Remembering, register

MONTH = timedelta(days=30)
LONGEST_HOLD = 50.0
"""Milliseconds."""


async def measure(rounds: int) -> list[Figure]:
    """Measure in that many rounds, each with a new database for each of the two."""
    floors, imports, again = [], [], []
    for number in range(rounds):
        # Whoever comes second finds a warm machine: they take turns.
        for work in (directly, imported) if number % 2 else (imported, directly):
            async with home_assistant() as hass:
                if work is directly:
                    floors.append(await directly(hass))
                else:
                    first, second = await imported(hass)
                    imports.append(first)
                    again.append(second)
    took = [one.took for one in floors]
    rows = f"{REGISTERS} registers, {MONTH.days} days"
    return [
        Figure(
            f"import of history: {rows}",
            "the same rows written to the recorder directly",
            median_ratio(took, [one.took for one in imports]),
            1.25,
        ),
        Figure(
            "the same import again, which writes nothing",
            "the same rows written to the recorder directly",
            median_ratio(took, [one.took for one in again]),
            0.25,
        ),
        Figure(
            "longest hold of the event loop by an import",
            f"{milliseconds(floors):.0f} ms by writing directly",
            milliseconds([*imports, *again]),
            LONGEST_HOLD,
            " ms",
        ),
    ]


def milliseconds(measured: Iterable[Stretch]) -> float:
    """The longest that the event loop worked without giving a turn to others."""
    return 1000 * max(one.worked for one in measured)


async def directly(hass: HomeAssistant) -> Stretch:
    """Write the rows of all registers, each in one call."""
    start, end = span(hass)
    async with stretch() as measured:
        for number in range(REGISTERS):
            metadata = StatisticMetaData(
                mean_type=StatisticMeanType.NONE,
                has_sum=True,
                name=f"meter {number} imported energy",
                source=DOMAIN,
                statistic_id=f"{DOMAIN}:direct_{number}",
                unit_class="energy",
                unit_of_measurement="kWh",
            )
            began = register(number, start)
            rows = [
                StatisticData(
                    start=start + hour * HOUR,
                    state=(value := register(number, start + (hour + 1) * HOUR)),
                    sum=value - began,
                )
                for hour in range((end - start) // HOUR)
            ]
            async_add_external_statistics(hass, metadata, rows)
        await get_instance(hass).async_block_till_done()
    return measured


async def imported(hass: HomeAssistant) -> tuple[Stretch, Stretch]:
    """Import the past of all registers with the action, and once more."""
    start, end = span(hass)
    keeper = next(iter(hass.data[KEEPERS].values()))
    async with stretch() as first:
        hours = await keeper.async_import(list(POINTS), start, end)
    if hours != REGISTERS * (MONTH // HOUR):
        raise RuntimeError(f"{hours} hours were written")
    async with stretch() as second:
        hours = await keeper.async_import(list(POINTS), start, end)
    if hours:
        raise RuntimeError(f"{hours} hours were written again")
    return first, second


def span(hass: HomeAssistant) -> tuple[datetime, datetime]:
    """The month before the last hour that is complete."""
    end = next(iter(hass.data[KEEPERS].values())).horizon.last_complete
    return end - MONTH, end


@contextmanager
def registered() -> Iterator[None]:
    """Have the registry of vendors hold this one, wherever it has been imported."""
    vendors = MappingProxyType({**VENDORS, Remembering.key: Remembering})
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith("custom_components.") and getattr(module, "VENDORS", None) is VENDORS:
                stack.enter_context(patch.object(module, "VENDORS", vendors))
        yield


@asynccontextmanager
async def home_assistant() -> AsyncIterator[HomeAssistant]:
    """A Home Assistant with a recorder and an account, of which nothing is imported by itself."""
    with TemporaryDirectory() as folder, registered():
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop("custom_components", None)
            (Path(folder) / "custom_components").symlink_to(Path(__file__).parents[2] / "custom_components")
            frame.async_setup(hass)
            await async_setup_component(hass, "network", {})
            recorder_helper.async_initialize_recorder(hass)
            if not await async_setup_component(hass, "recorder", {"recorder": {"db_url": f"sqlite:///{folder}/a.db"}}):
                raise RuntimeError("there is no recorder")
            entry = MockConfigEntry(
                domain=DOMAIN,
                data={CONF_VENDOR: Remembering.key, CONF_ACCOUNT_ID: "account", CONF_CREDENTIALS: {"token": "token"}},
                options={OPTION_HISTORY_DAYS: 0},
            )
            entry.add_to_hass(hass)
            if not await hass.config_entries.async_setup(entry.entry_id):
                raise RuntimeError("the account could not be set up")
            await hass.async_block_till_done()
            # Collecting what was there before is no part of what is measured.
            gc.collect()
            gc.freeze()
            try:
                yield hass
            finally:
                await hass.async_stop(force=True)
