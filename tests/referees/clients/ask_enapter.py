"""Lets the vendor's own SDK for Python ask Enapter's cloud or one of its gateways."""

import asyncio
from datetime import datetime
from typing import Any

from enapter.http.api import Client, Config, Error, Transport
from enapter.http.api.telemetry import Aggregation, Selector, WideTimeseries

from .conversation import converse


class Asker:
    """Does what the test asks for."""

    client: Client

    async def answer(self, do: str, **options: Any) -> Any:
        """Open a client with a token, or let it do something."""
        match do:
            case "open":
                verify = options.pop("verify", True)
                self.client = Client(Config(**options), Transport(verify=verify))
                return None
            case "sites.list":
                async with self.client.sites.list() as sites:
                    return [site.to_dto() async for site in sites]
            case "sites.get":
                return (await self.client.sites.get(**options)).to_dto()
            case "devices.list":
                async with self.client.devices.list(**options) as devices:
                    return [device.to_dto() async for device in devices]
            case "devices.get":
                return (await self.client.devices.get(**options)).to_dto()
            case "telemetry.latest":
                latest = await self.client.telemetry.latest(**options)
                return {
                    device: {name: point and point.to_dto() for name, point in points.items()}
                    for device, points in latest.items()
                }
            case "telemetry.wide_timeseries":
                return (await self._history(**options)).to_dto()
        raise NotImplementedError(do)

    async def _history(
        self, *, start: str, end: str, granularity: int, aggregation: str, attributes: dict[str, list[str]]
    ) -> WideTimeseries:
        selectors = [Selector(device, names, Aggregation(aggregation)) for device, names in attributes.items()]
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        return await self.client.telemetry.wide_timeseries(first, last, granularity, selectors)


def failed(error: Exception) -> dict[str, Any]:
    """Say what the SDK has made of a refusal."""
    return {"code": error.code, "details": error.details} if isinstance(error, Error) else {}


if __name__ == "__main__":
    asyncio.run(converse("enapter", Asker().answer, failed))
