"""The energy dashboard: its statistics are found by what a person reads, its preferences saved and read back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .api import Api
from .dashboard import DEVICES, EVERYTHING, SOURCES, WATER_DEVICES, Counter, Point, Use
from .home_assistant import HomeAssistantError
from .inventory import DOMAIN, Entity, Entry

_UNITS: Mapping[str, str] = {"energy": "kWh", "volume": "m³"}


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic as a person finds it."""

    id: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What a statistic counted in a part of the time, in kWh or m³."""

    start: datetime
    end: datetime
    amount: float


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What was chosen: the statistic of each counter, and the preferences that were saved."""

    statistics: Mapping[Point, Statistic]
    preferences: Mapping[str, list[dict[str, Any]]]

    def of(self, counter: Counter) -> Statistic:
        """Return a counter's statistic."""
        return self.statistics[counter.point]

    def sensors(self) -> set[str]:
        """Return all live sensors."""
        items = [item for items in self.preferences.values() for item in items]
        values = [value for item in items for value in (*item.values(), *item.get("power_config", {}).values())]
        return {value for value in values if isinstance(value, str) and value.startswith("sensor.")}

    async def bars(self, api: Api, start: datetime, end: datetime | None, period: str) -> Mapping[str, list[Bar]]:
        """Return the bars of each statistic by its id, of those that are over at the end if there is one."""
        found = await api.command(
            "recorder/statistics_during_period",
            start_time=start.isoformat(),
            **({} if end is None else {"end_time": end.isoformat()}),
            statistic_ids=[statistic.id for statistic in self.statistics.values()],
            period=period,
            units=dict(_UNITS),
            types=["change"],
        )
        return {
            statistic.id: [
                # Home Assistant tells of all of the day that begins there, too.
                bar
                for bar in map(_bar, found.get(statistic.id, ()))
                if end is None or bar.end <= end
            ]
            for statistic in self.statistics.values()
        }


async def set_up_dashboard(api: Api, entries: Mapping[str, Entry]) -> Dashboard:
    """Choose the dashboard's statistics and sensors from the accounts, each by its vendor, and save them."""
    called: dict[str, list[Statistic]] = {}
    for found in await api.command("recorder/list_statistic_ids", statistic_type="sum"):
        if found["source"] == DOMAIN:
            statistic = Statistic(found["statistic_id"], found["name"], _UNITS.get(found["unit_class"], ""))
            called.setdefault(statistic.name, []).append(statistic)
    statistics = {
        counter.point: _statistic(called, entries[counter.point.vendor], counter.point)
        for use in EVERYTHING
        for counter in use.counters.values()
    }
    preferences = {
        "energy_sources": _items(SOURCES, entries, statistics),
        "device_consumption": _items(DEVICES, entries, statistics),
        "device_consumption_water": _items(WATER_DEVICES, entries, statistics),
    }
    await api.command("energy/save_prefs", **preferences)
    return Dashboard(statistics, preferences)


def _statistic(called: Mapping[str, list[Statistic]], entry: Entry, point: Point) -> Statistic:
    """Return the statistic that is called like the device and its sensor, with the account where others are, too."""
    device, entity = _found(entry, point)
    name = f"{device} {entity.name}"
    found: list[Statistic] = [*called.get(name, ()), *called.get(f"{name} ({entry.title})", ())]
    if len(found) != 1:
        raise HomeAssistantError(f"{len(found)} statistics are called {name!r} (of {entry.title})")
    return found[0]


def _found(entry: Entry, point: Point) -> tuple[str, Entity]:
    """Return the name of the device, and its sensor."""
    for device in entry.devices:
        if device.vendor_id == point.device and point.key in (enabled := device.enabled()):
            return device.name, enabled[point.key]
    raise HomeAssistantError(f"{entry.title}: {point.device} has no enabled sensor {point.key}")


def _items(
    uses: Iterable[Use], entries: Mapping[str, Entry], statistics: Mapping[Point, Statistic]
) -> list[dict[str, Any]]:
    def sensor(point: Point) -> str:
        return _found(entries[point.vendor], point)[1].id

    return [
        {
            **use.fixed,
            "name": use.name,
            **{field: statistics[counter.point].id for field, counter in use.counters.items()},
            **{field: sensor(point) for field, point in use.rates.items()},
            **({"power_config": {"stat_rate_inverted": sensor(use.inverted)}} if use.inverted else {}),
        }
        for use in uses
    ]


def _bar(row: Mapping[str, Any]) -> Bar:
    start, end = (datetime.fromtimestamp(row[edge] / 1000, UTC) for edge in ("start", "end"))
    return Bar(start, end, row["change"])
