"""The requests that Envitron's service answers, and what its refusals mean.

Source: Envi.Cloud Public-API, reference of `buildings`, `sensors`, `electricity/actual` and `electricity/latest`.
"""

from collections.abc import Sequence, Sized
from http import HTTPStatus

from ..budget import Priority
from ..errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from ..http import NOTHING, Answer, Http, Query
from ..tokens import Tokens
from ..values import credible
from . import answers
from .answers import Item, Measurement, Sensor

MOST_PAGES = 50
MOST_UNANSWERED = 2
"""Where nobody answers so often, the other lists are not waited for either."""
BUILDINGS = "public-api/buildings/"
SENSORS = "public-api/buildings/{building}/sensors/"
BUILDING_VALUES = {
    False: "public-api/buildings/{building}/electricity/actual/",
    True: "public-api/buildings/{building}/electricity/latest/",
}
SENSOR_VALUES = {
    False: "public-api/buildings/{building}/electricity/sensors/actual/",
    True: "public-api/buildings/{building}/electricity/sensors/latest/",
}
"""By whether values of any age are asked for, or only those of the last hour."""
_SENSOR_PARAMETER = "sensor_uuid"


class Asking:
    """Sends the requests, each with an access token."""

    def __init__(self, http: Http, tokens: Tokens, clock_now: answers.Now) -> None:
        self._http = http
        self._tokens = tokens
        self._now = clock_now
        self._one_by_one = False
        self.is_strange = False
        """Whether values came, since that was last set to False, of which not one could be read."""
        self._pages_of: dict[str, int] = {}
        self._pages_asked = 0

    def requests_for(self, building: str, sensors: int) -> int:
        """How many requests the values of so many sensors of one building take: one, or a page each."""
        if self._one_by_one or not sensors:
            return sensors
        return self._pages_of.get(building, 1)

    async def prepare(self) -> None:
        """Have an access token at hand. A service that gives out none now is not asked once per building."""
        await self._tokens.access()

    async def buildings(self) -> list[tuple[str, str | None]]:
        """The ids and names of the user's buildings."""
        items = await self._pages(BUILDINGS, None, Priority.DISCOVERY)
        return list(_identified(answers.buildings_of(items), items, BUILDINGS).items())

    async def sensors(self, buildings: Sequence[str]) -> dict[str, list[Sensor] | None]:
        """The sensors by building; None for a building whose list is not to be had now.

        Raises what went wrong with the last list when no list is to be had.
        """
        listed: dict[str, list[Sensor] | None] = dict.fromkeys(buildings)
        failure: VendorError | None = None
        unanswered = 0
        for building in buildings:
            if unanswered == MOST_UNANSWERED:
                break
            try:
                items = await self._pages(SENSORS, building, Priority.DISCOVERY)
                listed[building] = _identified(answers.sensors_of(items), items, SENSORS)
            except (CannotConnect, NotPermitted, UnexpectedAnswer) as err:
                failure = err
                unanswered += isinstance(err, CannotConnect) and not err.answered
        if failure is not None and not any(sensors is not None for sensors in listed.values()):
            raise failure
        return listed

    async def channels(self, building: str, *, old: bool) -> list[Measurement]:
        """A building's own values; none where there are none."""
        answer = await self._get(BUILDING_VALUES[old], building, Priority.LIVE)
        if not _has_content(answer):
            return []
        channels = answers.channels_of(answer, self._now())
        self.is_strange |= not channels and not answers.tells_time(answer)
        return channels

    async def measurements(self, building: str, sensors: Sequence[str], *, old: bool) -> list[Measurement]:
        """The values of a building's sensors; those that have none are not among them."""
        path = SENSOR_VALUES[old]
        if not self._one_by_one:
            try:
                items = await self._pages(path, building, Priority.LIVE)
            except _WantsSensorError:
                # It is not published whether the parameter may be left out.
                self._one_by_one = True
            else:
                self._pages_of[building] = self._pages_asked
                return self._measurements(items)
        found: list[Measurement] = []
        failure: VendorError | None = None
        succeeded = False
        for sensor in sensors:
            try:
                query = ((_SENSOR_PARAMETER, sensor),)
                found += self._measurements(await self._pages(path, building, Priority.LIVE, query))
                succeeded = True
            except (CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer) as err:
                # A sensor that is no longer there costs itself only.
                failure = err
                if isinstance(err, RateLimited) or (isinstance(err, CannotConnect) and not err.answered):
                    break
        if failure is not None and not succeeded:
            raise failure
        return found

    def _measurements(self, items: Sequence[Item]) -> list[Measurement]:
        self.is_strange |= bool(items) and not answers.are_measurements(items)
        return answers.measurements_of(items, self._now())

    async def _pages(self, path: str, building: str | None, priority: Priority, query: Query = ()) -> list[Item]:
        items: list[Item] = []
        asked = set[Query]()
        while query not in asked and len(asked) < MOST_PAGES:
            asked.add(query)
            self._pages_asked = len(asked)
            answer = await self._get(path, building, priority, query)
            if not _has_content(answer):
                break
            items = credible([*items, *answers.items_of(answer)], answer)
            if (following := answers.next_page(answer)) is None:
                break
            query = following
        return items

    async def _get(self, path: str, building: str | None, priority: Priority, query: Query = ()) -> Answer:
        ids = NOTHING if building is None else {"building": building}
        answer = await self._tokens.get(self._http, path, priority=priority, ids=ids, query=query)
        if answer.ok:
            return answer
        message = f"{answer.endpoint}: answered {answer.status}"
        if answer.is_page:
            raise CannotConnect(f"{message}, not as Envi.Cloud does", answered=True)
        match answer.status:
            case HTTPStatus.BAD_REQUEST if path in SENSOR_VALUES.values() and not query:
                if _SENSOR_PARAMETER.encode() in answer.body:
                    raise _WantsSensorError(message)
            case HTTPStatus.FORBIDDEN:
                raise NotPermitted(message)
            case HTTPStatus.NOT_FOUND:
                raise CannotConnect(message, answered=True)
        raise UnexpectedAnswer(message)


class _WantsSensorError(Exception):
    """The service wants the sensors to be named one by one."""


def _identified[C: Sized](found: C, items: Sequence[Item], path: str) -> C:
    """What was found in a list; a list of which nothing is understood is not an empty one."""
    if items and not found:
        raise UnexpectedAnswer(f"GET /{path}: nothing in the list has an id")
    return found


def _has_content(answer: Answer) -> bool:
    return answer.status != HTTPStatus.NO_CONTENT
