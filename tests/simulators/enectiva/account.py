"""What a customer has in Enectiva, and how it is found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from .catalogue import ENERGIES, EnergyName
from .errors import ambiguous, unknown
from .inventory import DataSeries, EnectivaMeter, Entity, VirtualMeter

_EXTERNAL = "e_"


@dataclass(frozen=True, slots=True)
class Account:
    """Everything of one customer, by id."""

    meters: Mapping[str, EnectivaMeter]
    entities: Mapping[str, Entity]
    virtual_meters: Mapping[str, VirtualMeter]
    data_series: Mapping[str, DataSeries]

    def meter(self, request: web.Request) -> EnectivaMeter:
        """Return the meter that a request names by its numeric id, or with `e_` by its external id."""
        name = request.match_info["id"]
        if not name.startswith(_EXTERNAL):
            return named(self.meters, request, "Meter")
        external_id = name.removeprefix(_EXTERNAL)
        found = [meter for meter in self.meters.values() if meter.external_id == external_id]
        if not found:
            raise unknown(f"Meter {name}")
        if len(found) > 1:
            raise ambiguous(external_id, {one.id: f"{request.url.origin()}/meters/{one.id}" for one in found})
        return found[0]

    def consumption(self, entity: Entity) -> Mapping[EnergyName, list[EnectivaMeter]]:
        """Return the meters of each energy that make up an entity's consumption."""
        found = {energy: list(self._main_meters(entity, energy)) for energy in ENERGIES.values()}
        return {energy: meters for energy, meters in found.items() if meters}

    def _main_meters(self, entity: Entity, energy: EnergyName) -> Iterator[EnectivaMeter]:
        """Yield an entity's own meters of all uses of an energy, or those of the entities in it."""
        own = [
            meter
            for meter in self.meters.values()
            if meter.entity_id == entity.id
            and meter.energy == energy
            and meter.use in ENERGIES
            and meter.direction == "consumption"
        ]
        if own:
            yield from own
            return
        for child in self.entities.values():
            if child.parent_id == entity.id:
                yield from self._main_meters(child, energy)


def named[Thing](things: Mapping[str, Thing], request: web.Request, what: str) -> Thing:
    """Return the thing that a request names by its id."""
    number = request.match_info["id"]
    if number not in things:
        raise unknown(f"{what} {number}")
    return things[number]
