"""The requests that Enapter's service answers, and what its refusals mean.

Sources: Enapter HTTP API, "Errors" and "Authentication", and the vendor's own clients. A token that is missing is 401,
one that is invalid or has expired 403, which also stands for a right that a good token lacks.
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from ..budget import Priority
from ..errors import CannotConnect, RateLimited, UnexpectedAnswer
from ..http import NOTHING, Answer, Http, Query
from ..values import credible
from . import answers
from .answers import Item, ListedDevice, ListedSite

MOST_PAGES: Final = 200
PAGE_SIZE: Final = 50
SITES: Final = "v3/sites"
OWN_SITE: Final = "v3/site"
DEVICES: Final = "v3/devices"
MANIFEST: Final = "v3/devices/{id}/manifest"
LATEST: Final = "v3/telemetry/latest"
TIMESERIES: Final = "v3/telemetry/query_timeseries"
CONNECTIVITY: Final = "connectivity"
MANIFESTS: Final = "manifest"
RAISED_ALERTS: Final = "raised_alert_names"
COMMUNICATION: Final = "communication"
OLD_COMMUNICATION: Final = "communication_info"
_MAY_BE_UNKNOWN: Final = (RAISED_ALERTS, COMMUNICATION, OLD_COMMUNICATION)
"""What older services do not know how to expand, in the order in which it is left out."""
_UNWANTED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class RefusedError(Exception):
    """The service answered, and did not do what it was asked to.

    `is_page` is whether the answer is a page for people: it comes from somebody in between, and says nothing of tokens.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.endpoint}: answered {answer.status}")
        self.status = answer.status
        self.is_page = answer.is_page

    def as_failure(self) -> CannotConnect:
        """What it is to those who can do nothing about it."""
        return CannotConnect(str(self), answered=True)


class TokenRefusedError(Exception):
    """The token is not accepted: the service says so, or does not even let it list anything."""


class Asking:
    """Sends the requests, each with the token."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._unknown: set[str] = set()
        self._tells_total = True

    @property
    def tells_alerts(self) -> bool:
        """Whether the list of devices has their raised alerts, as far as known."""
        return RAISED_ALERTS not in self._unknown

    def pages_for(self, devices: int) -> int:
        """How many requests a list of so many devices takes; one more where only an empty page ends it."""
        return max(1, -(-devices // PAGE_SIZE) + (not self._tells_total))

    def try_again(self) -> None:
        """Ask for everything again from now on: the service may have been renewed."""
        self._unknown.clear()

    async def sites(self, *, most_pages: int = MOST_PAGES) -> list[ListedSite]:
        """All sites. Raises also `RefusedError` and `TokenRefusedError`."""
        items, _ = await self._pages(SITES, "sites", (), Priority.DISCOVERY, most_pages)
        return [site for item in items if (site := answers.site_of(item)) is not None]

    async def own_site(self) -> ListedSite | None:
        """The one site of a gateway; None where it does not tell."""
        try:
            item = answers.one_of(await self._get(OWN_SITE, Priority.DISCOVERY), "site")
        except RefusedError:
            return None
        return None if item is None else answers.site_of(item)

    async def devices(
        self, expand: Sequence[str], priority: Priority, *, most_pages: int = MOST_PAGES
    ) -> list[ListedDevice]:
        """All devices, with as much of `expand` as the service knows.

        Raises also `RefusedError` and `TokenRefusedError`.
        """
        before = frozenset(self._unknown)
        while True:
            wanted = self._known(expand)
            query = (("expand", ",".join(wanted)),) if wanted else ()
            try:
                items, total = await self._pages(DEVICES, "devices", query, priority, most_pages)
            except RefusedError as err:
                unknown = next((one for one in _MAY_BE_UNKNOWN if one in wanted), None)
                if err.status not in _UNWANTED or unknown is None:
                    # It was not what it was suspected of.
                    self._unknown = set(before)
                    raise
                self._unknown.add(unknown)
                continue
            self._tells_total = total is not None
            found = (device for item in items if (device := answers.device_of(item)) is not None)
            devices = {device.id: device for device in found}
            if items and not devices:
                raise UnexpectedAnswer(f"GET /{DEVICES}: nothing in the list has an id")
            return list(devices.values())

    async def manifest(self, device: str) -> Item | None:
        """The manifest of one device. Raises also `RefusedError` and `TokenRefusedError`."""
        return answers.one_of(await self._get(MANIFEST, Priority.DISCOVERY, ids={"id": device}), "manifest")

    async def latest(self, query: Query) -> Answer:
        """The latest telemetry. Raises also `RefusedError` and `TokenRefusedError`."""
        return await self._get(LATEST, Priority.LIVE, query=query)

    async def timeseries(self, body: Mapping[str, object]) -> Answer:
        """A table of the past. Raises also `RefusedError` and `TokenRefusedError`."""
        answer = await self._http.request(
            "POST", TIMESERIES, priority=Priority.HISTORY, headers={"Accept": "text/csv"}, json=body
        )
        return _granted(answer)

    async def is_token_good(self, priority: Priority) -> bool | None:
        """Whether the token may list devices, which is the plainest of requests; None where that is not to be had."""
        try:
            await self.devices((), priority, most_pages=1)
        except TokenRefusedError:
            return False
        except CannotConnect, RateLimited, UnexpectedAnswer, RefusedError:
            return None
        return True

    def _known(self, expand: Iterable[str]) -> list[str]:
        """The names that the service knows, as far as known; the older one in place of the newer."""
        wanted = [
            OLD_COMMUNICATION if one == COMMUNICATION and COMMUNICATION in self._unknown else one for one in expand
        ]
        return [one for one in wanted if one not in self._unknown]

    async def _pages(
        self, path: str, key: str, query: Query, priority: Priority, most_pages: int
    ) -> tuple[list[Item], int | None]:
        """The rows of all pages, and how many the service says there are.

        The end is an empty page, the announced number, or a page that brings nothing new: a server that ignores
        `offset` would send the first one for ever.
        """
        items: list[Item] = []
        seen = set[object]()
        offset, total = 0, None
        for _ in range(most_pages):
            page_query = (*query, ("offset", str(offset)), ("limit", str(PAGE_SIZE)))
            answer = await self._list(path, page_query, priority)
            page = answers.page_of(answer, key)
            new = [item for item in page.items if str(item.get("id")) not in seen]
            seen.update(str(item.get("id")) for item in new)
            items = credible([*items, *new], answer)
            offset += page.received
            total = page.total
            if not new or (total is not None and len(seen) >= total):
                break
        return items, total

    async def _list(self, path: str, query: Query, priority: Priority) -> Answer:
        """A list, of which nobody is refused a part: who may not list anything has no good token."""
        try:
            return await self._get(path, priority, query=query)
        except RefusedError as err:
            if err.status == HTTPStatus.FORBIDDEN and not err.is_page:
                raise TokenRefusedError(str(err)) from err
            raise

    async def _get(
        self, path: str, priority: Priority, *, ids: Mapping[str, str] = NOTHING, query: Query = ()
    ) -> Answer:
        return _granted(await self._http.request("GET", path, priority=priority, ids=ids, query=query))


def _granted(answer: Answer) -> Answer:
    if answer.ok:
        return answer
    is_refusal = answer.status == HTTPStatus.UNAUTHORIZED or answers.names_a_bad_token(answer)
    if is_refusal and not answer.is_page:
        raise TokenRefusedError(f"{answer.endpoint}: the token is not accepted")
    raise RefusedError(answer)
