"""Alerts and the connection of devices: states that the service has without a time of measurement.

The keys of their points begin as no attribute's name can, so that no manifest ever moves them.

Their samples have the instant at which their value was first seen. It changes only with the value, so that nobody is
told of a value that is the same as before; as they have no age, they are never stale, and have to be taken back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from ..model import Nature, Point, PointId, Quantity, Sample, Value
from ..values import word
from .manifests import Alert, Severity

OWN: Final = "own,"
"""What the keys of points begin with that are made here: names of attributes have no comma."""
ALERT_PREFIX: Final = f"{OWN}alert_"
CONNECTIVITY: Final = "connectivity"
RAISED: Final = "raised_alerts"
NONE: Final = "none"
"""The word for no alert at all."""
MOST_UNDECLARED: Final = 50
ALERTS: Final = (Quantity.PROBLEM, Quantity.NOTE)
"""What the points of alerts are: an alert of the lowest severity tells of no problem."""
_SEVERITIES: Final = {severity: f"alerts_{severity}" for severity in Severity}
_NO_LATER: Final = timedelta(minutes=2)
"""How far the service's clock may be set back before times that are known now were told by a wrong clock."""


def is_own(point: Point) -> bool:
    """Whether a point is made here, and is not an attribute of the telemetry."""
    return point.id.key.startswith(OWN)


def connectivity_point(device: str) -> Point:
    """The point of a device's connection."""
    return Point(
        id=PointId(device_id=device, key=f"{OWN}{CONNECTIVITY}"),
        quantity=Quantity.CONNECTIVITY,
        nature=Nature.FLAG,
        meaning=CONNECTIVITY,
    )


def undeclared(alert: str) -> Alert:
    """An alert of which the manifest knows nothing (Enapter's clients: an error that is called by its id)."""
    return Alert(alert, Severity.ERROR)


def alert_points(device: str, alerts: Mapping[str, Alert], others: Iterable[Point] = ()) -> list[Point]:
    """One point for each severity, one for the names of what is raised, and one for each alert.

    Alerts that are called the same, or like another point of the device, have their ids behind it.
    """
    often = Counter(about.name.casefold() for about in alerts.values())
    often.update(point.name.casefold() for point in others if point.name is not None)
    severities = [_alert(device, f"{OWN}{key}", severity, meaning=key) for severity, key in _SEVERITIES.items()]
    raised = Point(
        id=PointId(device_id=device, key=f"{OWN}{RAISED}"),
        quantity=Quantity.WORD,
        nature=Nature.STATE,
        meaning=RAISED,
    )
    single = [
        _alert(
            device,
            f"{ALERT_PREFIX}{alert}",
            about.severity,
            name=about.name if often[about.name.casefold()] == 1 else f"{about.name} ({alert})",
            noisy=True,
        )
        for alert, about in alerts.items()
    ]
    return [*severities, raised, *single]


def alert_values(
    points: Iterable[Point], alerts: Mapping[str, Alert], raised: Iterable[str]
) -> Iterable[tuple[PointId, Value]]:
    """What the points of a device are while those alerts are raised."""
    ids = set(raised)
    found = {alert: alerts.get(alert) or undeclared(alert) for alert in sorted(ids)}
    severities = {_SEVERITIES[about.severity] for about in found.values()}
    for point in points:
        if point.quantity in ALERTS:
            alert = point.id.key.removeprefix(ALERT_PREFIX)
            yield point.id, alert in ids if point.meaning is None else point.meaning in severities
        elif point.meaning == RAISED:
            names = sorted(about.name for about in found.values())
            yield point.id, word(", ".join(dict.fromkeys(names))) or NONE


class FirstSeen:
    """When each value was first seen."""

    def __init__(self) -> None:
        self._samples: dict[PointId, Sample] = {}

    def sample(self, point_id: PointId, value: Value, now: datetime) -> Sample:
        """The value's sample: the one before, if it is the same."""
        before = self._samples.get(point_id)
        if before is not None and before.time > now + _NO_LATER:
            # It was seen with a clock that was wrong.
            before = None
        if before is None or before.value != value:
            # A clock that was set back a little must not make the new value older than the one before.
            if before is not None and now < before.time <= now + _NO_LATER:
                now = before.time
            self._samples[point_id] = before = Sample(time=now, value=value)
        return before

    def forget(self, point_id: PointId) -> None:
        """Nobody knows the value now: the next one is new, whatever it is."""
        self._samples.pop(point_id, None)


def _alert(
    device: str,
    key: str,
    severity: Severity,
    *,
    meaning: str | None = None,
    name: str | None = None,
    noisy: bool = False,
) -> Point:
    return Point(
        id=PointId(device_id=device, key=key),
        quantity=Quantity.NOTE if severity is Severity.INFO else Quantity.PROBLEM,
        nature=Nature.FLAG,
        meaning=meaning,
        name=name,
        noisy=noisy,
    )
