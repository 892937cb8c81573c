"""The reading endpoints of import tokens: the latest row that was imported, even if it is not processed yet."""

from aiohttp import web

from .errors import answer, unauthorized, unknown
from .gate import bearer
from .listing import SeenRows
from .log import Log
from .manipulations import Manipulations
from .shapes import Shape
from .switches import EnectivaSwitches
from .tokens import CUSTOMER, IMPORT_TOKEN

_SUIT = "default"


class Imports:
    """Answers `GET /import/{things}/{customer}/{import id}/{suit}/latest`; import ids are the external ids."""

    def __init__(self, simulator: Manipulations, switches: EnectivaSwitches) -> None:
        """Read the meters and data series of `simulator`."""
        self._simulator = simulator
        self._shape = Shape(switches)

    async def latest(self, request: web.Request) -> web.Response:
        """Answer with the latest row."""
        if bearer(request) != IMPORT_TOKEN:
            raise unauthorized("This endpoint requires an import token, not an access token.")
        things, customer, name, suit = (request.match_info[key] for key in ("things", "customer", "id", "suit"))
        owners = self._owners(things) if (customer, suit) == (CUSTOMER, _SUIT) else {}
        if name not in owners:
            raise unknown(f"Import {name}")
        owner, log = owners[name]
        # What was imported is there at once, unlike what is processed.
        seen = log.arrived(self._simulator.clock())
        time = seen.newest()
        if time is None:
            raise unknown(f"The latest of import {name}")
        return answer({"data": self._shape.row(things, SeenRows(seen, owner).row(time))})

    def _owners(self, things: str) -> dict[str | None, tuple[str, Log]]:
        """Return the ids and logs by import id."""
        if things == "data_points":
            return {series.external_id: (series.id, series.log) for series in self._simulator.data_series.values()}
        meters = [meter for meter in self._simulator.meters.values() if meter.kind == things]
        return {meter.external_id: (meter.id, meter.log) for meter in meters if meter.external_id}
