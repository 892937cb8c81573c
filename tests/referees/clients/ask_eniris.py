"""Lets the vendor's own driver for Python ask an Eniris cloud, at a time of the test's choice."""

import asyncio
import datetime  # noqa: ICN001  as the driver does
import time
from typing import Any, Self, override
from unittest import mock

from eniris import ApiDriver
from eniris.point import Namespace
from requests import Response

from .conversation import converse

naps: list[float] = []
"""What the driver would have slept before it asked again."""


class Clock(datetime.datetime):
    """What the driver takes for the machine's clock; the test can put it forward."""

    ahead = datetime.timedelta()

    @classmethod
    @override
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        """Return the time to which the clock has been put."""
        return super().now(tz) + cls.ahead


class Asker:
    """Does what the test asks for."""

    driver: ApiDriver

    async def answer(self, do: str, **options: Any) -> Any:
        """Open a driver with an account, let it do something, or put its clock forward."""
        naps.clear()
        match do:
            case "open":
                self.driver = ApiDriver(**options)
            case "get":
                return told(self.driver.get(**options))
            case "post":
                return told(self.driver.post(**options))
            case "close":
                self.driver.close()  # type: ignore[no-untyped-call]
            case "namespace":
                return Namespace.create(**options).toJson()  # type: ignore[no-untyped-call]
            case "later":
                Clock.ahead += datetime.timedelta(**options)
            case _:
                raise NotImplementedError(do)
        return None


def told(response: Response) -> dict[str, Any]:
    """Say what the driver hands over; it raises for no status."""
    return {
        "status": response.status_code,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": response.json() if response.text else None,
        "slept": list(naps),
    }


if __name__ == "__main__":
    with mock.patch.object(datetime, "datetime", Clock), mock.patch.object(time, "sleep", naps.append):
        asyncio.run(converse("eniris", Asker().answer, lambda error: {"slept": list(naps)}))
