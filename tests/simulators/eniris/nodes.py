"""Devices as the service knows them: properties, the series that they write, and what happened to their rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..misreadings import Misreading
from .fields import Field, Value

SECOND: Final = "rp_one_s"
MINUTE: Final = "rp_one_m"
TEN_MINUTES: Final = "rp_ten_m"
HOUR: Final = "rp_one_h"

type Key = tuple[str, str, str]
"""Database, retention policy and measurement."""


@dataclass(slots=True)
class Series:
    """Rows of some fields under some tags; `namespaced` ones are listed with a namespace of version 1 (A3.3)."""

    database: str
    policy: str
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Field]
    namespaced: bool = False

    @property
    def key(self) -> Key:
        """Where the series is stored."""
        return self.database, self.policy, self.measurement

    def listed(self) -> dict[str, Any]:
        """Return the series as `nodeInfluxSeries` lists it."""
        place: dict[str, Any] = {"database": self.database, "retentionPolicy": self.policy}
        if self.namespaced:
            place = {"namespace": {"version": "1", **place}}
        return {**place, "measurement": self.measurement, "fields": list(self.fields), "tags": self.tags}


@dataclass(slots=True)
class Changes:
    """What happened to the rows of a device; spans are half open, all times timezone-aware."""

    silent_since: datetime | None = None
    missing: list[tuple[datetime, datetime]] = field(default_factory=list)
    late: list[tuple[datetime, datetime, datetime]] = field(default_factory=list)
    """From, to, and when these rows arrive."""
    doubled: list[tuple[datetime, datetime]] = field(default_factory=list)
    corrected: dict[tuple[str, datetime], Value] = field(default_factory=dict)
    """Values by field and time."""
    misread: list[tuple[str, Misreading]] = field(default_factory=list)
    """Fields, and how they are wrong for a while."""
    resets: list[datetime] = field(default_factory=list)
    """When the registers began at 0 again."""
    said: list[tuple[str, datetime, Value]] = field(default_factory=list)
    """A field, from when on it has another value, and that value."""


@dataclass(slots=True)
class Node:
    """A device. `properties` are without `nodeInfluxSeries`, which is made of `series` (None: there is none)."""

    id: int
    node_id: str
    properties: dict[str, Any]
    series: list[Series] | None
    updated: datetime
    visible: bool = True
    hidden: set[str] = field(default_factory=set)
    """Properties that the user may not read."""
    readable: bool = True
    """Whether the user may read the rows."""
    changes: Changes = field(default_factory=Changes)

    def listed(self) -> dict[str, Any]:
        """Return all properties that the user may read."""
        series = {} if self.series is None else {"nodeInfluxSeries": [one.listed() for one in self.series]}
        return {name: value for name, value in (self.properties | series).items() if name not in self.hidden}


@dataclass(slots=True)
class Installation:
    """Numbers and names for the devices of one controller: its database, its gateway, and when they were installed."""

    database: str
    gateway: str
    first_id: int
    installed: datetime
    nodes: list[Node] = field(default_factory=list)

    def add(
        self,
        node_id: str,
        node_type: str,
        name: str,
        parents: Sequence[str] = (),
        *,
        info: dict[str, Any] | None = None,
        series: Sequence[Series] | None = (),
        **more: Any,
    ) -> Node:
        """Install a device."""
        properties: dict[str, Any] = {
            "name": name,
            "nodeId": node_id,
            "nodeParentsIds": list(parents),
            "nodeType": node_type,
            "info": info or {},
            **more,
        }
        listed = None if series is None else list(series)
        node = Node(self.first_id + len(self.nodes), node_id, properties, listed, self.installed)
        self.nodes.append(node)
        return node

    def series(self, node_id: str, measurement: str, policy: str, fields: Sequence[Field]) -> Series:
        """Return a series of a device behind the gateway."""
        tags = {"gatewayMAC": self.gateway, "nodeId": node_id}
        return Series(self.database, policy, measurement, tags, {one.name: one for one in fields})

    def own(self, node_id: str, measurement: str, policy: str, fields: Sequence[Field]) -> Series:
        """Return a series of the controller itself, or of its site."""
        return Series(self.database, policy, measurement, {"nodeId": node_id}, {one.name: one for one in fields})

    def polling(self, node_id: str) -> Series:
        """Return the statistics of the controller's polling of a device."""
        return self.series(node_id, "getMeasStats", MINUTE, [polling_time(node_id)])


def polling_time(node_id: str) -> Field:
    """Return how long the controller's polling of a device takes; it varies a little."""
    spread = sum(node_id.encode()) % 40
    return Field(
        "getMeasTime_s", lambda _start, end: 0.08 + (spread + end.timestamp() / 60 * 7 % 23) / 1000, decimals=3
    )
