"""How records are written: resource objects of JSON:API, or the switched variant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .catalogue import CODES
from .inventory import EnectivaMeter, Entity
from .listing import Row
from .switches import EnectivaSwitches

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Writes records as the switches say."""

    switches: EnectivaSwitches

    def row(self, kind: str, row: Row) -> Json:
        """Return a reading, data point or delta."""
        value = "state" if self.switches.attributes == "flat" else "value"
        attributes: Json = {self.switches.time_key: written(row.time), value: self._value(row.value)}
        if row.energy is not None:
            attributes["energy"] = row.energy
        return self._resource(kind, row.number, attributes, {})

    def meter(self, meter: EnectivaMeter) -> Json:
        """Return a meter."""
        switches = self.switches
        attributes: Json = {"name": meter.name, "external_id": meter.external_id}
        if switches.energy != "absent":
            attributes["code"] = meter.code
        if switches.unit == "energy_object" or switches.energy == "object":
            attributes["energy"] = self._energy(meter)
        elif switches.energy == "attribute":
            attributes["energy"] = meter.energy
        if switches.unit == "attribute":
            attributes["unit"] = meter.unit
        if switches.direction_attribute:
            attributes["type"] = meter.direction
        attributes["deactivated_at"] = None if meter.deactivated_at is None else written(meter.deactivated_at)
        related = {"entity": ("entities", meter.entity_id)}
        if switches.energy == "included":
            # An included energy carries what the object in the attributes would.
            attributes.pop("energy", None)
            related["energy"] = ("energies", _ENERGY_IDS[meter.energy])
        return self._resource("meters", meter.id, attributes, related)

    def included(self, meters: Iterable[EnectivaMeter]) -> Json:
        """Return what goes with meters at the top level: their energies, where those are included."""
        if self.switches.energy != "included":
            return {}
        energies = {meter.energy: self._energy(meter) for meter in meters}
        return {
            "included": [self._resource("energies", _ENERGY_IDS[name], energy, {}) for name, energy in energies.items()]
        }

    def entity(self, entity: Entity) -> Json:
        """Return an entity."""
        related = {} if entity.parent_id is None else {"parent": ("entities", entity.parent_id)}
        return self._resource("entities", entity.id, {"name": entity.name}, related)

    def _energy(self, meter: EnectivaMeter) -> Json:
        energy: Json = {} if self.switches.energy in ("code_only", "absent") else {"name": meter.energy}
        if self.switches.energy in ("object", "included"):
            energy["code"] = CODES[meter.energy]
        if self.switches.unit == "energy_object":
            energy["unit"] = meter.unit
        return energy

    def _resource(self, kind: str, number: str, attributes: Json, related: Mapping[str, tuple[str, str]]) -> Json:
        resource: Json = {"type": kind, "id": self._id(number)}
        links = {name: {"data": {"type": there, "id": self._id(one)}} for name, (there, one) in related.items()}
        if self.switches.attributes == "flat":
            # A flat object names what it belongs to by id; only what is included is still related.
            ids = {f"{name}_id": self._id(one) for name, (there, one) in related.items() if there != "energies"}
            links = {name: link for name, link in links.items() if link["data"]["type"] == "energies"}
            resource |= attributes | ids
        else:
            resource["attributes"] = attributes
        return resource | ({"relationships": links} if links else {})

    def _id(self, number: str) -> str | int:
        digits = "".join(character for character in number if character.isdigit())
        return number if self.switches.ids == "string" else int(digits)

    def _value(self, value: float) -> float | str:
        if self.switches.values == "number":
            return value
        return str(value).replace(".", "," if self.switches.values == "comma" else ".")


_ENERGY_IDS = {name: str(number) for number, name in enumerate(CODES, 1)}


def written(moment: datetime) -> str:
    """Return a time as the service writes it: in UTC with Z, or without an offset if it has none."""
    if moment.tzinfo is None:
        return moment.strftime("%Y-%m-%dT%H:%M:%S")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
