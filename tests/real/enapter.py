"""What is true of the simulated Enapter account."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.simulators.enapter import Device, EnapterSimulator

from .truth import Expected, Row, Rows

LAG = timedelta(seconds=105)
"""How long ago the last poll may have been: one and a half polls of a minute, and a moment to take it in."""
_UNITS: Mapping[str, tuple[str, float]] = {
    **dict.fromkeys(("W", "Watt", "watt"), ("W", 1)),
    "kW": ("kW", 1),
    # Whatever is counted in watt-hours is shown in kilowatt-hours.
    **dict.fromkeys(("watt_hour", "watth"), ("kWh", 0.001)),
    **dict.fromkeys(("kWh", "kwatth"), ("kWh", 1)),
    "voltamp": ("VA", 1),
    "voltampreact": ("var", 1),
    **dict.fromkeys(("volt", "volts"), ("V", 1)),
    **dict.fromkeys(("ampere", "amps"), ("A", 1)),
    "Ah": ("Ah", 1),
    "hertz": ("Hz", 1),
    **dict.fromkeys(("%", "percent", "percentage"), ("%", 1)),
    **dict.fromkeys(("°C", "Cel", "C", "celsuis"), ("°C", 1)),  # codespell:ignore
    "seconds": ("s", 1),
    "1": ("", 1),
}
"""By what blueprints write: the unit in Home Assistant, and the factor to it. All others are kept as they are."""
_STRUCTURES = ("json", "object", "alerts")


class EnapterTruth:
    """Knows what each device has reported, and which alerts are raised.

    A device's report has all of its attributes. Whether it is connected, and what is raised, has no time.
    """

    def __init__(self, simulator: EnapterSimulator) -> None:
        """Judge by this simulator's world; nothing is asked through its service."""
        self._simulator = simulator

    def devices(self) -> Collection[str]:
        """Return all devices: of each it is told whether it is connected."""
        return list(self._simulator.devices)

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return a device's reports of what its manifest declares, and its state."""
        device = self._simulator.devices[device_id]
        names = [name for name in device.channels if _is_shown(device, name)]
        state = Rows([Row(now, _state(device, now))], rare=True)
        if not names:
            return [state]
        return [state, Rows([self._report(device, names, time) for time in self._times(device, now)])]

    def _times(self, device: Device, now: datetime) -> Iterator[datetime]:
        """Yield the times of the reports each of which was the newest at some time since `LAG`, the newest first."""
        step = timedelta(seconds=device.cadence)
        time, oldest = (self._simulator.telemetry.reported(device, moment) for moment in (now, now - LAG))
        while time is not None and oldest is not None and time >= oldest:
            yield time
            time -= step

    def _report(self, device: Device, names: Sequence[str], time: datetime) -> Row:
        values = {name: self._simulator.telemetry.value(device, name, time, self._simulator.clock()) for name in names}
        return Row(time, {name: _expected(device, name, value) for name, value in values.items() if value != []})


def _is_shown(device: Device, name: str) -> bool:
    """Say whether the manifest declares it for an owner, as something that can be shown."""
    declared = device.declared(name)
    return (
        declared is not None
        and declared["type"] not in _STRUCTURES
        and declared.get("access_level") not in ("installer", "vendor", "system")
    )


def _state(device: Device, now: datetime) -> Mapping[str, Expected]:
    values: dict[str, float | bool | str] = {"own,connectivity": device.connectivity == "ONLINE"}
    alerts = (device.manifest or {}).get("alerts") or {}
    if alerts or "alerts" in device.channels:
        raised = device.raised(now)
        values |= {f"own,alert_{name}": name in raised for name in alerts}
        severities = {alerts[name].get("severity", "error") for name in raised}
        values |= {f"own,alerts_{severity}": severity in severities for severity in ("error", "warning", "info")}
        values["own,raised_alerts"] = ", ".join(sorted(alerts[name]["display_name"] for name in raised)) or "none"
    return {key: Expected(value) for key, value in values.items()}


def _expected(device: Device, name: str, value: Any) -> Expected:
    declared = device.declared(name) or {}
    if isinstance(value, list):
        return Expected(", ".join(value))
    if "enum" in declared:
        called = {one["value"]: one["display_name"] for one in declared.get("enum_with_metainfo", ())}
        return Expected(str(called.get(value, value)))
    if isinstance(value, bool | str):
        return Expected(value)
    unit = declared.get("unit", "")
    shown, factor = _UNITS.get(unit, (unit, 1))
    return Expected(value * factor, unit=shown)
