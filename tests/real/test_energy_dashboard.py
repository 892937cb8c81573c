"""A person's energy dashboard: what its cards show of a day and of a month is the world's. Chapters, in this order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
import re
import time

from playwright.sync_api import Page, ViewportSize, expect
import pytest

from .api import Api
from .background import Background
from .browser import PATIENCE, Album, log_in
from .conftest import OWNER
from .dashboard import DEVICES, PRECISIONS, SOURCES, Counter
from .energy_checks import amount_bounds
from .history import DAYS, days_ago
from .home_assistant import HomeAssistant
from .setting import Filled, Setting, set_up

TALL: ViewportSize = {"width": 1440, "height": 2600}
"""The date in front of the page hides no card."""
PICTURED: ViewportSize = {"width": 1440, "height": 1130}
A_DAY, A_MONTH = "Yesterday", f"Last {DAYS} days"
_SHOWN_TO = 0.005
"""Cards show two decimals."""
_LABELS: Mapping[tuple[str, str], tuple[str, int]] = {
    ("grid", "stat_energy_from"): ("{} imported", 1),
    ("grid", "stat_energy_to"): ("{} exported", -1),
    ("solar", "stat_energy_from"): ("{}", 1),
    ("battery", "stat_energy_from"): ("{} discharged", 1),
    ("battery", "stat_energy_to"): ("{} charged", -1),
    ("gas", "stat_energy_from"): ("{}", 1),
    ("water", "stat_energy_from"): ("{}", 1),
}
"""By kind and field: how the table of sources calls it, and the sign that it shows."""
_TABLES: Mapping[str, Sequence[str]] = {
    "electricity": ("grid", "solar", "battery"),
    "gas": ("gas",),
    "water": ("water",),
}
"""By view: what its table of sources has."""

type Ends = Callable[[str], Mapping[Counter, datetime]]
type Signed = Mapping[str, tuple[int, Counter]]


@pytest.fixture(scope="module")
def setting(loop: Background, stack: AsyncExitStack, tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """The demo, with all its accounts."""
    return loop.run(stack.enter_async_context(set_up(tmp_path_factory.mktemp("home_assistant"))))


@pytest.fixture(scope="module")
def home_assistant(setting: Setting) -> HomeAssistant:
    """The demo's."""
    return setting.home_assistant


@pytest.fixture(scope="module")
def api(setting: Setting) -> Api:
    """The demo's."""
    return setting.api


@pytest.fixture(scope="module")
def filled(setting: Setting, loop: Background) -> Filled:
    """The demo with its past, and its energy dashboard."""
    return loop.run(setting.filled())


@pytest.fixture(scope="module")
def ends(loop: Background, api: Api, filled: Filled) -> Ends:
    """Up to when the energy of each counter is there, of those that there are in a period."""

    def ends_of(period: str) -> Mapping[Counter, datetime]:
        bars = loop.run(filled.dashboard.bars(api, *_span(period), "hour"))
        counters = (counter for use in (*SOURCES, *DEVICES) for counter in use.counters.values())
        return {counter: of_one[-1].end for counter in counters if (of_one := bars[filled.dashboard.of(counter).id])}

    return ends_of


@pytest.mark.parametrize("period", [A_DAY, A_MONTH])
@pytest.mark.parametrize("view", _TABLES)
def test_sources_show_the_worlds_energy(page: Page, ends: Ends, view: str, period: str) -> None:
    counters = {
        label.format(use.name): (sign, counter)
        for use in SOURCES
        if use.fixed["type"] in _TABLES[view]
        for field, counter in use.counters.items()
        for label, sign in [_LABELS[use.fixed["type"], field]]
    }

    def read() -> Mapping[str, float]:
        texts = page.locator("hui-energy-sources-table-card tr").all_inner_texts()
        return _amounts(text for text in texts[1:] if " total" not in text)

    _View(page, ends, view, period).expect(read, counters)
    assert read().keys() == counters.keys()


@pytest.mark.parametrize("period", [A_DAY, A_MONTH])
def test_devices_show_the_worlds_energy(page: Page, album: Album, ends: Ends, period: str) -> None:
    counters = {use.name: (1, use.counters["stat_consumption"]) for use in DEVICES}
    # More than a few are folded away.
    legend = page.locator("hui-energy-devices-detail-graph-card li").filter(has_text="kWh", visible=True)

    def read() -> Mapping[str, float]:
        return _amounts(legend.all_inner_texts())

    _View(page, ends, "electricity", period).expect(read, counters)
    expect(legend.nth(4)).to_be_visible()
    if period == A_DAY:
        album.take("energy-devices", page.locator("hui-energy-devices-detail-graph-card"))


def test_the_month_is_pictured(page: Page, album: Album, ends: Ends) -> None:
    _View(page, ends, "electricity", A_MONTH).open()
    page.set_viewport_size(PICTURED)
    expect(page.locator("hui-energy-usage-graph-card canvas").first).to_be_visible()
    expect(page.locator("hui-energy-solar-graph-card canvas").first).to_be_visible()
    # The page has the card twice, for wide screens and for narrow ones.
    expect(page.locator("hui-energy-distribution-card").filter(visible=True).get_by_text("Grid")).to_be_visible()
    album.take("energy-dashboard", page)


@dataclass(frozen=True, slots=True)
class _View:
    """A view of the dashboard, which shows a period."""

    page: Page
    ends: Ends
    name: str
    period: str

    def open(self) -> None:
        """Open it, and choose the period as a person does."""
        page = self.page
        if page.url == "about:blank":
            log_in(page, OWNER.username, OWNER.password)
        page.set_viewport_size(TALL)
        page.goto(f"/energy/{self.name}")
        page.locator("hui-energy-sources-table-card tr").first.wait_for()
        page.locator("hui-energy-period-selector .header-title").first.click()
        preset = page.locator("date-range-picker, ha-date-range-picker").get_by_text(self.period, exact=True).first
        preset.click()
        preset.wait_for(state="hidden")

    def expect(self, read: Callable[[], Mapping[str, float]], counters: Signed) -> None:
        """Open it, and expect that what is read comes to be what is true of the counters of these names."""
        ends = self.ends(self.period)
        self.open()
        deadline = time.monotonic() + PATIENCE / 1000
        while wrong := _wrong(ends, _span(self.period)[0], read(), counters):
            assert time.monotonic() < deadline, wrong
            self.page.wait_for_timeout(500)
            if (now := self.ends(self.period)) != ends:
                # The page would show an hour that has come meanwhile at its own time.
                ends = now
                self.open()


def _span(period: str) -> tuple[datetime, datetime]:
    return (days_ago(1), days_ago(0)) if period == A_DAY else (days_ago(DAYS), datetime.now(UTC))


def _wrong(
    ends: Mapping[Counter, datetime],
    start: datetime,
    shown: Mapping[str, float],
    counters: Signed,
) -> Mapping[str, str]:
    found = {} if shown else {"everything": "is missing"}
    for name, amount in shown.items():
        sign, counter = counters[name]
        if PRECISIONS[counter.point.vendor].remembers is not None:
            # What its vendor has forgotten is not in the sum.
            continue
        least, most = amount_bounds(counter, start, ends[counter])
        if not least - _SHOWN_TO <= sign * amount <= most + _SHOWN_TO:
            found[name] = f"{amount} is not between {least} and {most}"
    return found


def _amounts(texts: Iterable[str]) -> Mapping[str, float]:
    """Return what rows tell; one that is being drawn tells nothing."""
    return dict(_amount(text) for text in texts if text.strip())


def _amount(text: str) -> tuple[str, float]:
    """Return the label and the number of a row, such as "Home imported	1,272.21 kWh"."""
    found = re.fullmatch(r"\s*(.+?)\s+(-?[\d,.]+)\s(?:kWh|m³)\s*", text)
    assert found is not None, text
    return found[1], float(found[2].replace(",", ""))
