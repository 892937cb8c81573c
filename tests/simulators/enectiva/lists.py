"""The endpoints for access tokens: they list a customer's meters, entities, and their rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from . import tokens
from .account import Account, named
from .asking import Ask, Grammar, asked, flag
from .desk import TokenDesk
from .errors import answer, refused
from .inventory import EnectivaMeter
from .listing import Deltas, Listing, Months, Nothing, SeenRows
from .manipulations import Manipulations
from .shapes import Json, Shape
from .switches import EnectivaSwitches
from .tokens import CUSTOMER

type Respond = Callable[[web.Request, Account], Json]

_PLAIN = Grammar()
_READINGS = Grammar("readings", "readings")
_METER_DELTAS = Grammar("meter_deltas", "meter_deltas", zoned=False, paged=False)
_ENTITY_DELTAS = Grammar("entity_deltas", "entity_deltas", zoned=False, paged=False)


class Lists:
    """Answers with what a simulator has."""

    def __init__(self, simulator: Manipulations, desk: TokenDesk, switches: EnectivaSwitches) -> None:
        """Read what `simulator` has, for the access tokens of `desk`."""
        self._simulator = simulator
        self._desk = desk
        self._switches = switches
        self._shape = Shape(switches)

    def endpoints(self) -> Mapping[str, Handler]:
        """Return the handlers by path."""
        return {
            "/meters": self._for(tokens.METERS, self._meters),
            "/meters/{id}": self._for(tokens.METERS, self._meter),
            "/meters/{id}/readings": self._for(tokens.READINGS, self._readings),
            "/meters/{id}/deltas": self._for(tokens.METER_DELTAS, self._meter_deltas),
            "/data_series/{id}/data_points": self._for(tokens.DATA_POINTS, self._data_points),
            "/entities": self._for(tokens.ENTITIES, self._entities),
            "/entities/{id}": self._for(tokens.ENTITIES, self._entity),
            "/entities/{id}/deltas": self._for(tokens.ENTITY_DELTAS, self._entity_deltas),
            "/virtual_meters/{id}/deltas": self._for(tokens.VIRTUAL_METER_DELTAS, self._virtual_meter_deltas),
        }

    def _for(self, scope: str, respond: Respond) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            access = self._desk.check(request, scope)
            return answer(respond(request, self._account(access.customer)))

        return handle

    def _account(self, customer: str) -> Account:
        if customer != CUSTOMER:
            return Account({}, {}, {}, {})
        simulator = self._simulator
        return Account(simulator.meters, simulator.entities, simulator.virtual_meters, simulator.data_series)

    def _meters(self, request: web.Request, account: Account) -> Json:
        everything, now = flag(request, "include_deactivated"), self._simulator.clock()
        listed = [meter for meter in account.meters.values() if everything or not meter.deactivated(now)]
        meters, links = self._sliced(request, listed)
        return {"data": [self._shape.meter(meter) for meter in meters]} | self._shape.included(meters) | links

    def _meter(self, request: web.Request, account: Account) -> Json:
        meter = account.meter(request)
        return {"data": self._shape.meter(meter)} | self._shape.included([meter])

    def _readings(self, request: web.Request, account: Account) -> Json:
        meter = account.meter(request)
        seen = self._simulator.seen(meter.log, self._simulator.clock())
        # Nothing lists profiles.
        listing = SeenRows(seen, meter.id) if meter.kind == "readings" else Nothing()
        return self._rows(request, "readings", listing, _READINGS)

    def _data_points(self, request: web.Request, account: Account) -> Json:
        series = named(account.data_series, request, "Data series")
        listing = SeenRows(self._simulator.seen(series.log, self._simulator.clock()), series.id)
        grammar = Grammar(self._switches.data_points_filter, "data_points", fields=("time", "value"))
        return self._rows(request, "data_points", listing, grammar)

    def _meter_deltas(self, request: web.Request, account: Account) -> Json:
        if self._switches.deltas != "available":
            raise refused(self._switches.deltas, "This path was not found.")
        meter = account.meter(request)
        listing = Deltas({None: [(self._months(meter), 1.0)]}, meter.id)
        return self._rows(request, "meter_deltas", listing, _METER_DELTAS)

    def _virtual_meter_deltas(self, request: web.Request, account: Account) -> Json:
        meter = named(account.virtual_meters, request, "Virtual meter")
        parts = [(self._months(account.meters[part]), factor) for part, factor in meter.parts.items()]
        kind = None if self._switches.virtual_filter == "none" else self._switches.virtual_filter
        grammar = Grammar(kind, kind, zoned=False, paged=False)
        return self._rows(request, "virtual_meter_deltas", Deltas({None: parts}, meter.id), grammar)

    def _entities(self, request: web.Request, account: Account) -> Json:
        self._develop()
        entities, links = self._sliced(request, list(account.entities.values()))
        return {"data": [self._shape.entity(entity) for entity in entities]} | links

    def _entity(self, request: web.Request, account: Account) -> Json:
        self._develop()
        return {"data": self._shape.entity(named(account.entities, request, "Entity"))}

    def _entity_deltas(self, request: web.Request, account: Account) -> Json:
        entity = named(account.entities, request, "Entity")
        parts: dict[str | None, Sequence[tuple[Months, float]]] = {
            energy: [(self._months(meter), 1.0) for meter in meters]
            for energy, meters in account.consumption(entity).items()
        }
        if self._switches.entity_deltas == "electricity":
            parts = {None: parts.get("electricity", [])}
        return self._rows(request, "entity_deltas", Deltas(parts, entity.id), _ENTITY_DELTAS)

    def _months(self, meter: EnectivaMeter) -> Months:
        return self._simulator.months(meter, self._simulator.clock())

    def _develop(self) -> None:
        """Refuse if the switches say that the entities, flagged as in development, do not work."""
        if self._switches.entities != "available":
            raise refused(self._switches.entities, "Entities are not available.")

    def _rows[Key](self, request: web.Request, kind: str, listing: Listing[Key], grammar: Grammar) -> Json:
        ask = asked(request, grammar, self._switches)
        rows, more = listing.page(ask)
        return {"data": [self._shape.row(kind, row) for row in rows]} | self._links(
            request, ask, more=more and grammar.paged
        )

    def _sliced[Thing](self, request: web.Request, things: Sequence[Thing]) -> tuple[Sequence[Thing], Json]:
        ask = asked(request, _PLAIN, self._switches)
        first, last = (ask.page - 1) * ask.limit, ask.page * ask.limit
        return things[first:last], self._links(request, ask, more=last < len(things))

    def _links(self, request: web.Request, ask: Ask, *, more: bool) -> Json:
        form = self._switches.links
        if form == "absent":
            return {}
        links: dict[str, Any] = {"self": str(request.url)}
        if more and form != "self_only":
            links["next"] = str(request.url.update_query(page=ask.page + 1))
        elif form == "next_null":
            links["next"] = None
        return {"links": links}
