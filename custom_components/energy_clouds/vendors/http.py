"""One way to send a request: with a budget, a timeout, a bound on the answer's size, and errors a caller can act on."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import re

import aiohttp
import msgspec
from yarl import URL

from .budget import Budget, Priority
from .errors import CannotConnect, InvalidAddress, RateLimited

TIMEOUT = aiohttp.ClientTimeout(total=30)
LARGEST_BODY = 64 * 1024 * 1024
LONGEST_CLOCK_ERROR = timedelta(days=1)
CLOCK_TOLERANCE = timedelta(seconds=30)
LONGEST_WAIT = 1e9


_SURROGATES = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A pair of surrogates, or one alone, as JSON escapes them."""
_PAIR = len(rb"\ud83d\ude00")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status below 500 that is neither a redirect nor 429, and its body."""

    endpoint: str
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the request was granted."""
        return self.status < 300

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
    `last_bodies` keeps the newest good body per endpoint, for the diagnostics' shapes.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: URL,
        budget: Budget,
        headers: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._base = base
        self._budget = budget
        self._headers = dict(headers)
        self._local_now = now
        self._clock_error = self._shown_clock_error = timedelta(0)
        self.last_bodies: dict[str, bytes] = {}
        self.sent = 0

    def now(self) -> datetime:
        """The service's time as its `Date` header told it last, else this machine's."""
        return self._local_now() + self._clock_error

    async def request(self, method: str, path: str, *, priority: Priority, json: object = None) -> Answer:
        """Send one request and read the whole answer.

        Raises `CannotConnect` (network, timeout, redirect, 5xx, oversized body) and `RateLimited` (429, or the budget).
        """
        endpoint = f"{method} /{path}"
        await self._budget.spend(priority)
        self.sent += 1
        try:
            async with self._session.request(
                method,
                self._base.joinpath(*path.split("/")),
                headers=self._headers if json is None else self._headers | {"Content-Type": "application/json"},
                data=None if json is None else msgspec.json.encode(json),
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                status, headers = response.status, response.headers
                body = await _read(response, endpoint)
        except TimeoutError as err:
            raise CannotConnect(f"{endpoint}: no answer within {TIMEOUT.total:.0f} s") from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            # An aiohttp text may quote the URL or a header; its kind says enough.
            raise CannotConnect(f"{endpoint}: {type(err).__name__}") from None
        self._set_clock(headers)
        self._obey(status, headers, body)
        if status >= 500 or 300 <= status < 400:
            raise CannotConnect(f"{endpoint}: answered {status}", answered=True)
        if status < 300:
            self.last_bodies[endpoint] = body
        return Answer(endpoint=endpoint, status=status, body=body)

    def _set_clock(self, headers: Mapping[str, str]) -> None:
        """Believe a difference between the clocks when two answers in a row show the same."""
        date = _http_date(headers.get("Date", ""))
        error = timedelta(0) if date is None else date - self._local_now()
        if not CLOCK_TOLERANCE < abs(error) < LONGEST_CLOCK_ERROR:
            error = timedelta(0)
        if abs(error - self._shown_clock_error) <= CLOCK_TOLERANCE:
            self._clock_error = error
        self._shown_clock_error = error

    def _obey(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if status in (429, 503):
            wait = wait_in(headers, body, self.now())
            if status == 429 or wait is not None:
                raise RateLimited(self._budget.hold(wait))
            return
        self._budget.observe(
            _whole(_header(headers, "Limit")),
            _whole(_header(headers, "Remaining")),
            _until(_header(headers, "Reset"), self.now()),
        )


def service_address(text: str) -> URL:
    """The address a person typed or pasted, reduced to scheme, host, port and path. Raises `InvalidAddress`."""
    text = text.strip()
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"https://{text}"
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise InvalidAddress("not an address") from None
    if url.scheme not in ("http", "https") or not url.host or port is None or re.search(r"\s", url.host):
        raise InvalidAddress("not an http or https address")
    if url.user is not None or url.password is not None:
        raise InvalidAddress("an address must not carry a user name or password")
    return url.with_query(None).with_fragment(None)


class _Waits(msgspec.Struct, rename="camel"):
    retry_after: object = None
    snake_retry_after: object = msgspec.field(default=None, name="retry_after")


_waits = msgspec.json.Decoder(_Waits)


def wait_in(headers: Mapping[str, str], body: bytes, now: datetime) -> timedelta | None:
    """The longest wait that a refusal names in its body, `Retry-After` or the limit's reset; None where it names none.

    Seconds, HTTP dates and epoch seconds are understood (all five vendors' documents and RFC 9110, section 10.2.3).
    """
    waits = [_until(headers.get("Retry-After"), now), _until(_header(headers, "Reset"), now)]
    try:
        in_body = _waits.decode(body)
    except msgspec.DecodeError, RecursionError, UnicodeDecodeError:
        pass
    else:
        waits += [_seconds(in_body.retry_after), _seconds(in_body.snake_retry_after)]
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
            raise CannotConnect(f"{endpoint}: the answer is larger than {LARGEST_BODY} bytes")
    return bytes(body)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return headers.get(f"X-RateLimit-{name}") or headers.get(f"RateLimit-{name}")


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
    date = _http_date(text)
    return None if date is None else date - now


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except ValueError, OverflowError:
        return None
