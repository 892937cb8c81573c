"""One way to send a request: with a budget, a timeout, a bound on the answer's size, and errors a caller can act on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
import re
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

from .budget import Budget, Priority
from .clock import ServiceClock, http_date
from .errors import RATE_LIMITED, CannotConnect, InvalidAddress
from .shapes import without_values

TIMEOUT = aiohttp.ClientTimeout(total=30)
LARGEST_BODY = 16 * 1024 * 1024
"""Several times what the largest account can need in one answer, and little enough to be parsed in a moment."""
MOST_CONTAINERS = 1_000_000
"""So many lists and objects there may be in one answer: parsed, each takes thirty times the room that it has there."""
LONGEST_WAIT = 1e9
JSON: Final = "application/json"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)
_MISREAD: Final = re.compile(r"[\x00-\x1f\x7f\\]|://[^/?#]*:(?:[/?#]|\Z)")
"""What URL parsers drop, take for a slash, or overlook: `https:/host` after `https://` would name a host `https`."""
NOTHING: Final = MappingProxyType[str, str]({})

type Query = Sequence[tuple[str, str]]

_SURROGATES = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A pair of surrogates, or one alone, as JSON escapes them."""
_PAIR = len(rb"\ud83d\ude00")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status below 500 that is neither a redirect nor 429, its headers, and its body."""

    endpoint: str
    status: int
    body: bytes
    headers: Mapping[str, str] = NOTHING

    @property
    def ok(self) -> bool:
        """Whether the request was granted."""
        return self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people: proxies, firewalls and portals send those, and no API."""
        return "html" in self.headers.get("Content-Type", "").lower() or self.body.lstrip().startswith(b"<")

    def decode[T](self, decoder: msgspec.json.Decoder[T]) -> T:
        """Decode the body. Raises `CannotConnect` for what is no JSON, `msgspec.ValidationError` for another shape."""
        try:
            try:
                return decoder.decode(self.body)
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:
                # Half a surrogate pair in one name must not cost the whole answer.
                return decoder.decode(_SURROGATES.sub(_whole_pair, self.body))
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as err:
            raise CannotConnect(f"{self.endpoint}: the answer is not JSON ({self.status})", answered=True) from err


class Http:
    """Requests to one service with one credential.

    `headers` go with every request and may hold the credential; they are sent to `base` only, never along a redirect.
    `media_type` is that of the bodies sent. `limited` is the reason that a 429 of this service stands for.
    `last_bodies` keeps the newest good body per endpoint, for the diagnostics' shapes, and the shapes of refusals.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: URL,
        budget: Budget,
        headers: Mapping[str, str],
        clock: ServiceClock,
        *,
        media_type: str = JSON,
        limited: str = RATE_LIMITED,
    ) -> None:
        self._session = session
        self._base = base
        self._budget = budget
        self._headers = dict(headers)
        self._clock = clock
        self._media_type = media_type
        self._limited = limited
        self.last_bodies: dict[str, bytes] = {}
        self.sent = 0

    async def request(
        self,
        method: str,
        path: str,
        *,
        priority: Priority,
        ids: Mapping[str, str] = NOTHING,
        query: Query = (),
        headers: Mapping[str, str] = NOTHING,
        json: object = msgspec.UNSET,
        secret: bool = False,
        cost: float = 1,
        tells: Collection[int] = (),
        bare: bool = False,
    ) -> Answer:
        """Send one request and read the whole answer. `ids` fill in the path's `{names}`; a `secret` body is not kept.

        `cost` is what it is expected to cost, for services that do not count requests; the answer then corrects it.
        `tells` are statuses of 500 and more that are answers to be read. A `bare` request names no media type: there
        are services that then want a body, too.

        Raises `CannotConnect` (network, timeout, redirect, 5xx, oversized body) and `RateLimited` (429, or the budget).
        """
        endpoint = f"{method} /{path}"
        sent_headers = self._headers | dict(headers)
        if json is not msgspec.UNSET or (method == "POST" and not bare):
            sent_headers["Content-Type"] = self._media_type
        spent = await self._budget.spend(priority, cost)
        self.sent += 1
        failure: CannotConnect | None = None
        try:
            async with self._session.request(
                method,
                self._url(path, ids, query),
                headers=sent_headers,
                data=None if json is msgspec.UNSET else msgspec.json.encode(json),
                timeout=TIMEOUT,
                allow_redirects=False,
                # aiohttp would declare the absent body of a POST to be application/octet-stream.
                skip_auto_headers=("Content-Type",),
            ) as response:
                status, answered = response.status, response.headers
                body = await _read(response, endpoint)
        except TimeoutError:
            failure = CannotConnect(f"{endpoint}: no answer within {TIMEOUT.total:.0f} s", lost=True)
        except (aiohttp.ClientError, OSError, ValueError) as err:
            failure = CannotConnect(
                f"{endpoint}: {type(err).__name__}",
                lost=not isinstance(err, aiohttp.ClientConnectorError),
                untrusted=isinstance(err, aiohttp.ClientConnectorCertificateError),
            )
        if failure is not None:
            # Not from within: aiohttp's errors quote URLs and headers. Their kind says enough.
            raise failure
        self._clock.observe(answered.get("Date"))
        if 400 <= status < 500:
            # What is refused is not carried out, whatever the answer says that it would have cost.
            self._budget.settle(spent, min(cost, 1))
        elif (actual := number_in(answered, "Cost")) is not None:
            self._budget.settle(spent, actual, number_in(answered, "Used"))
        self._obey(status, answered, body)
        if (status >= 500 and status not in tells) or 300 <= status < 400:
            raise CannotConnect(f"{endpoint}: answered {status}", answered=True, lost=status >= 500)
        if status < 300:
            self.last_bodies[endpoint] = without_values(body) if secret else body
        else:
            # Its words may repeat what was sent.
            self.last_bodies[f"{endpoint} ({status})"] = without_values(body)
        return Answer(endpoint=endpoint, status=status, headers=answered, body=body)

    def _url(self, path: str, ids: Mapping[str, str], query: Query) -> URL:
        quoted = {name: quote(value, safe="") for name, value in ids.items()}
        url = self._base.joinpath(*path.format_map(quoted).split("/"), encoded=True)
        return URL(f"{url}?{urlencode(query, quote_via=quote)}", encoded=True) if query else url

    def _obey(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if status in (429, 503):
            wait = wait_in(headers, body, self._clock.now())
            if status == 429 or wait is not None:
                raise self._budget.hold(wait, self._limited if status == 429 else RATE_LIMITED)
        if status >= 500:
            # What a stumbling service says of its limits ends no wait that it caused.
            return
        self._budget.observe(
            _whole(_header(headers, "Limit")),
            _whole(_header(headers, "Remaining")),
            _until(_header(headers, "Reset"), self._clock.now()),
        )


def service_address(text: str) -> URL:
    """The address a person typed or pasted, reduced to scheme, host, port and path. Raises `InvalidAddress`.

    What other programs would read otherwise, or would not show, is none: a credential goes where the person sees that
    it goes.
    """
    text = text.strip()
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"https://{text}"
    if _MISREAD.search(text):
        raise InvalidAddress("not an address")
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise InvalidAddress("not an address") from None
    host = (url.raw_host or "").removesuffix(".")
    if url.scheme not in ("http", "https") or not port:
        raise InvalidAddress("not an http or https address")
    if url.user is not None or url.password is not None:
        raise InvalidAddress("an address must not carry a user name or password")
    if not _HOST.fullmatch(host) and ":" not in host:
        raise InvalidAddress("not the name of a host")
    return url.with_host(host).with_query(None).with_fragment(None)


def service_origin(text: str) -> URL:
    """The scheme, host and port of an address; HTTPS, but to this machine. Raises `InvalidAddress`.

    For services that are there over HTTPS only: their credentials never go over a wire in the clear.
    """
    return in_private(service_address(text).origin())


def in_private(address: URL) -> URL:
    """The address over HTTPS, but of this machine."""
    return address if address.scheme == "https" or address.host in _LOOPBACK else address.with_scheme("https")


class _Waits(msgspec.Struct, rename="camel"):
    retry_after: object = None
    snake_retry_after: object = msgspec.field(default=None, name="retry_after")


_AVAILABLE_IN = re.compile(rb"available in (\d{1,9}) second")
_waits = msgspec.json.Decoder(_Waits)


def wait_in(headers: Mapping[str, str], body: bytes, now: datetime) -> timedelta | None:
    """The longest wait that a refusal names in its body, `Retry-After` or the limit's reset; None where it names none.

    Seconds, HTTP dates and epoch seconds are understood (all five vendors' documents and RFC 9110, section 10.2.3), and
    the words in which Django's REST framework says it.
    """
    waits = [_until(headers.get("Retry-After"), now), _until(_header(headers, "Reset"), now)]
    try:
        in_body = _waits.decode(body)
    except msgspec.DecodeError, RecursionError, UnicodeDecodeError:
        pass
    else:
        waits += [_seconds(in_body.retry_after), _seconds(in_body.snake_retry_after)]
    if (words := _AVAILABLE_IN.search(body)) is not None:
        waits.append(timedelta(seconds=int(words[1])))
    named = [wait for wait in waits if wait is not None and wait >= timedelta(0)]
    return max(named, default=None)


def _whole_pair(match: re.Match[bytes]) -> bytes:
    """Keep a pair; half of one is the replacement character."""
    return match[0] if len(match[0]) == _PAIR else rb"\ufffd"


async def _read(response: aiohttp.ClientResponse, endpoint: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise CannotConnect(f"{endpoint}: the answer is larger than {LARGEST_BODY} bytes", answered=True)
    if body.count(b"[") + body.count(b"{") > MOST_CONTAINERS:
        raise CannotConnect(f"{endpoint}: more than {MOST_CONTAINERS} lists and objects", answered=True)
    return bytes(body)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return headers.get(f"X-RateLimit-{name}") or headers.get(f"RateLimit-{name}")


def number_in(headers: Mapping[str, str], name: str) -> float | None:
    """The number in a rate limit header of that name, as any program may write it; None where there is none."""
    text = _header(headers, name)
    match = re.fullmatch(r"\s*(-?\d{1,9}(?:\.\d{1,30})?(?:[eE]-?\d{1,2})?)\s*", text or "")
    return max(0.0, float(match[1])) if match else None


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\s*\d{1,9}\s*", text) else None


def _seconds(value: object) -> timedelta | None:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,12}(\.\d{1,9})?\s*", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LONGEST_WAIT:
        return None
    return timedelta(seconds=value)


def _until(text: str | None, now: datetime) -> timedelta | None:
    if text is None:
        return None
    if re.fullmatch(r"\s*\d{10,12}(\.\d+)?\s*", text):
        return timedelta(seconds=float(text) - now.timestamp())
    if (wait := _seconds(text)) is not None:
        return wait
    date = http_date(text)
    return None if date is None else date - now
