"""History: `POST /v3/telemetry/query_timeseries`, answered as a CSV table (enapter.md B7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

from .buckets import Buckets, kind_of
from .errors import RefusalError, forbidden_device, unknown_device
from .latest import visible
from .manipulations import Manipulations
from .query import Column, Query, asked_query
from .switches import EnapterSwitches
from .table import TYPES_HEADER, data_type, written
from .tokens import Access

NO_ATTRIBUTES = "telemetrypersistence/NO_TELEMETRY_ATTRIBUTES_FOUND"


@dataclass(frozen=True, slots=True)
class Timeseries:
    """Answers requests for history."""

    account: Manipulations
    switches: EnapterSwitches

    async def query(self, request: web.Request, access: Access) -> web.Response:
        """Answer a table with a column for each attribute that exists; without any, 404."""
        query = asked_query(await request.read())
        columns = [column for column in query.columns if self._exists(column, access)]
        if not columns:
            raise RefusalError(404, NO_ATTRIBUTES, "No telemetry attributes found.")
        return self._answer(query, columns)

    def _exists(self, column: Column, access: Access) -> bool:
        device = None if self.switches.old_sites_only else self.account.devices.get(column.device)
        if device is None:
            raise unknown_device(column.device)
        if device.id in self.account.forbidden:
            raise forbidden_device(device.id)
        return column.attribute in device.channels and visible(device, column.attribute, access)

    def _answer(self, query: Query, columns: Sequence[Column]) -> web.Response:
        now, devices = self.account.clock(), self.account.devices
        oldest = datetime.min.replace(tzinfo=UTC)
        if self.switches.history_days is not None:
            oldest = now - timedelta(days=self.switches.history_days)
        buckets = Buckets(self.account.telemetry, devices, query, oldest, now)
        rows = [(start, [buckets.value(column, start) for column in columns]) for start in buckets.starts()]
        if self.switches.empty_buckets == "omitted":
            rows = [row for row in rows if any(value is not None for value in row[1])]
        if self.switches.doubled_rows:
            rows = [row for row in rows for _ in range(2)]
        types = [data_type(kind_of(devices[column.device], column.attribute), column) for column in columns]
        response = web.Response(content_type="text/csv")
        nothing = all(value is None for _, values in rows for value in values)
        if nothing and self.switches.no_data == "empty":
            return response
        # As bytes: with text, aiohttp would add a charset, and the vendor's Grafana plugin compares literally.
        response.body = written(query, columns, types, [] if nothing else rows, self.switches).encode()
        if not nothing or self.switches.no_data == "header_row":
            for field in [",".join(types)] if self.switches.types_header == "comma" else types:
                response.headers.add(TYPES_HEADER, field)
        return response
