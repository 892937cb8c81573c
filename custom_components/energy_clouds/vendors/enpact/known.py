"""What an Enpact account is known to have: its ids, and what their rows have taught about each of them.

The lists hold ids only. A meter's type is the set of fields it has ever sent; its name and gateway come with its rows.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ..model import Device, DeviceKind, Inventory, Point
from .fields import CONTROLLERS, GATEWAY_PREFIX, KINDS, METERS, SHARES, TOTAL_POWER, Field, Kind

MANUFACTURER = "Enpact"
FORGOTTEN_AFTER = 10
"""A thing is forgotten when so many lists in a row did not have it."""
_FIELDS_BY_POINT_KEY = {
    CONTROLLERS.device_kind: {point.name: point for point in (*CONTROLLERS.fields, *SHARES.values())},
    METERS.device_kind: {point.name: point for point in (*METERS.fields, TOTAL_POWER)},
}
_KIND_OF = {kind.device_kind: kind for kind in KINDS}


@dataclass(slots=True)
class Thing:
    """A controller or meter. `points` is by field name; `newest_row` is the instant of the newest row ever seen."""

    kind: Kind
    name: str | None = None
    gateway: str | None = None
    points: dict[str, Point] = field(default_factory=dict)
    newest_row: datetime | None = None
    unlisted_times: int = 0

    @property
    def listed(self) -> bool:
        """Whether the newest list had it."""
        return self.unlisted_times == 0


class KnownThings:
    """The things by id, and whether what is known of them changed since it was told last."""

    def __init__(self, inventory: Inventory) -> None:
        self._things: dict[str, Thing] = {}
        self._changed = False
        for device in inventory.devices:
            if (kind := _KIND_OF.get(device.kind)) is not None:
                gateway = (device.parent_id or "").removeprefix(GATEWAY_PREFIX) or None
                self._things[device.id] = Thing(kind=kind, name=device.name, gateway=gateway)
        for point in inventory.points:
            if (thing := self._things.get(point.id.device_id)) is None:
                continue
            # The field's definition of today, not the stored one: only the key is frozen.
            if (known := _FIELDS_BY_POINT_KEY[thing.kind.device_kind].get(point.id.key)) is not None:
                thing.points[known.name] = known.point(point.id.device_id)

    def __getitem__(self, identifier: str) -> Thing:
        return self._things[identifier]

    def list_now(self, kind: Kind, ids: Collection[str]) -> None:
        """Take in a complete list of one kind. What is not in it stays known for a while."""
        for identifier in ids:
            if identifier not in self._things:
                self._things[identifier] = Thing(kind=kind)
        listed = set(ids)
        for identifier, thing in list(self._things.items()):
            if thing.kind is kind:
                thing.unlisted_times = 0 if identifier in listed else thing.unlisted_times + 1
                if thing.unlisted_times > FORGOTTEN_AFTER:
                    del self._things[identifier]

    def is_listed(self, identifier: str) -> bool:
        """Whether the newest list had it."""
        thing = self._things.get(identifier)
        return thing is not None and thing.listed

    def wanted(self, kind: Kind, points: Iterable[Point]) -> list[str]:
        """The ids to ask for: those of `points`, and those listed of which nothing is known; seen longest ago first.

        What a list left out is still asked for while somebody wants its points: a list can be wrong for once.
        """
        of_points = {point.id.device_id for point in points}
        ids = [
            identifier
            for identifier, thing in self._things.items()
            if thing.kind is kind and (identifier in of_points or (thing.listed and not thing.points))
        ]
        # Things that lag behind share a batch, so that they do not make every batch ask further back.
        ids.sort(key=lambda identifier: (row := self._things[identifier].newest_row) is not None and row.timestamp())
        return ids

    def learn_point(self, identifier: str, field: Field) -> Point:
        """The point of that field, made when the field is seen for the first time."""
        points = self._things[identifier].points
        if (point := points.get(field.name)) is None:
            point = points[field.name] = field.point(identifier)
            self._changed = True
        return point

    def learn_names(self, identifier: str, name: str | None, gateway: str | None) -> None:
        """Take in the name and gateway of the newest row; None leaves what was known."""
        thing = self._things[identifier]
        if (name or thing.name, gateway or thing.gateway) != (thing.name, thing.gateway):
            thing.name, thing.gateway = name or thing.name, gateway or thing.gateway
            self._changed = True

    def inventory(self) -> Inventory:
        """All that is listed, gateways before what hangs from them."""
        self._changed = False
        listed = {identifier: thing for identifier, thing in self._things.items() if thing.listed}
        gateways = dict.fromkeys(thing.gateway for thing in listed.values() if thing.gateway)
        return Inventory(
            devices=(
                *(
                    Device(
                        id=GATEWAY_PREFIX + gateway,
                        kind=DeviceKind.GATEWAY,
                        name=gateway,
                        manufacturer=MANUFACTURER,
                        model="Gateway",
                        serial=gateway,
                    )
                    for gateway in gateways
                ),
                *(
                    Device(
                        id=identifier,
                        kind=thing.kind.device_kind,
                        name=thing.name,
                        parent_id=GATEWAY_PREFIX + thing.gateway if thing.gateway else None,
                        manufacturer=MANUFACTURER,
                        model=thing.kind.model,
                        serial=identifier,
                    )
                    for identifier, thing in listed.items()
                ),
            ),
            points=tuple(point for thing in listed.values() for point in thing.points.values()),
        )

    def changed_inventory(self) -> Inventory | None:
        """The inventory, if something was learnt since it was asked for last."""
        return self.inventory() if self._changed else None
