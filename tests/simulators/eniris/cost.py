"""What a request costs, and how much a tier allows: a leaky bucket, and a ban for those who do not wait (A4.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
import re
from typing import Any, Final, Literal

from .errors import RefusalError, answer, error_body, refused
from .queries import Query
from .rows import Policy

type Tier = Literal["free", "basic", "premium"]

TIERS: Final[Mapping[Tier, int]] = {"free": 100, "basic": 6000, "premium": 60000}
"""Tokens that a tier's bucket holds, and that leak from it per minute; the smallest first."""
_IGNORED, _WITHIN, _BAN = 10, timedelta(seconds=60), timedelta(seconds=300)
_BANNED = (
    "Temporary IP Ban: Your IP was banned for 300 seconds because the Retry-After header was ignored 10 times within "
    "60 seconds."
)
_TOO_LARGE = "The calculated cost exceeds your tier's maximum capacity. This request will never succeed."
_CADENCE = re.compile(r"rp_(one|two|five|ten|fifteen|thirty)_([smhd])")
_NUMBERS = {"one": 1, "two": 2, "five": 5, "ten": 10, "fifteen": 15, "thirty": 30}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CostModel:
    """The coefficients of the cost, which no public document has; `per_points` datapoints cost one token.

    With these an average campus (60 devices of 20 fields, ten minutes of each, at most 3 rows) costs 73 tokens.
    """

    per_request: float = 1.0
    per_query: float = 0.1
    per_points: float = 100.0
    per_shard: float = 0.5

    def of(self, queries: Sequence[Query], policies: Mapping[str, Policy], now: datetime) -> float:
        """Return the cost of a request."""
        total = self.per_request + self.per_query * len(queries)
        for query in queries:
            points, shards = _estimate(query, policies, now)
            total += points / self.per_points + self.per_shard * shards
        return total


def _estimate(query: Query, policies: Mapping[str, Policy], now: datetime) -> tuple[float, int]:
    """Return the datapoints and shards to expect: without a beginning, all that is kept; shards whatever the limit."""
    name = "" if query.key is None else query.key[1]
    policy = policies.get(name) or next(iter(policies.values()))
    matched = _CADENCE.fullmatch(name)
    cadence = _NUMBERS[matched[1]] * _UNITS[matched[2]] if matched else 60
    end = now.timestamp() if query.high is None else query.high / _NANO
    start = now.timestamp() - policy.kept.total_seconds() if query.low is None else query.low / _NANO
    seconds = max(0.0, end - start)
    rows = seconds / cadence + 1
    shards = ceil(seconds / policy.shard.total_seconds()) or 1
    return (rows if query.limit is None else min(rows, query.limit)) * len(query.select), shards


@dataclass(slots=True)
class _Bucket:
    """Tokens used, as of a moment, and until when its user was told to wait."""

    used: float
    at: datetime
    wait_until: datetime | None = None


@dataclass(slots=True)
class Limiter:
    """Buckets per user and tier, and the addresses that are banned. A `tier` of None is unlimited."""

    tier: Tier | None
    model: CostModel
    buckets: dict[tuple[str, Tier], _Bucket] = field(default_factory=dict)
    ignored: dict[str, list[datetime]] = field(default_factory=dict)
    banned: dict[str, datetime] = field(default_factory=dict)

    def check_ban(self, address: str, now: datetime) -> None:
        """Refuse a banned address."""
        until = self.banned.get(address, now)
        if now < until:
            wait = ceil((until - now).total_seconds())
            raise refused(429, _BANNED, {"retryAfter": wait}, {"Retry-After": str(wait)})

    def chosen(self, asked: str | None) -> Tier | None:
        """Return the tier that counts; a smaller one may be asked for, to test (A4.1)."""
        if asked is None:
            return self.tier
        tiers = list(TIERS)
        if asked not in tiers:
            raise refused(400, "querystring/apiTier must be equal to one of the allowed values")
        own = len(tiers) if self.tier is None else tiers.index(self.tier)
        index = tiers.index(asked)
        if index > own:
            raise refused(403, "User is not allowed to use this API tier")
        return tiers[index]

    def spend(self, user: str, address: str, tier: Tier | None, cost: float, now: datetime) -> dict[str, str]:
        """Take the cost from a bucket and return the headers that tell of it, or refuse."""
        if tier is None:
            return _headers(cost)
        capacity = TIERS[tier]
        bucket = self._leaked(user, tier, now)
        if bucket.wait_until is not None and now < bucket.wait_until:
            self._count_ignored(address, now)
        if cost > capacity:
            raise refused(422, _TOO_LARGE, {"cost": _number(cost), "maximumCapacity": capacity})
        excess = bucket.used + cost - capacity
        if excess > 1e-6:
            wait = max(1, ceil(excess * 60 / capacity - 1e-6))
            bucket.wait_until = now + timedelta(seconds=wait)
            raise _exhausted(cost, capacity - bucket.used, bucket.used, wait)
        bucket.used += cost
        return _headers(cost, capacity - bucket.used, bucket.used)

    def _leaked(self, user: str, tier: Tier, now: datetime) -> _Bucket:
        bucket = self.buckets.setdefault((user, tier), _Bucket(0.0, now))
        passed = max(0.0, (now - bucket.at).total_seconds())
        bucket.used = max(0.0, bucket.used - passed * TIERS[tier] / 60)
        bucket.at = now
        return bucket

    def _count_ignored(self, address: str, now: datetime) -> None:
        recent = [moment for moment in self.ignored.get(address, []) if now - moment < _WITHIN]
        self.ignored[address] = [*recent, now]
        if len(self.ignored[address]) >= _IGNORED:
            self.ignored[address] = []
            self.banned[address] = now + _BAN
            self.check_ban(address, now)


def _exhausted(cost: float, remaining: float, used: float, wait: int) -> RefusalError:
    # The documents have this body but for its message.
    body: dict[str, Any] = {
        **error_body(429, f"Rate limit exceeded. Please retry after {wait} seconds."),
        "cost": _number(cost),
        "remainingCapacity": _number(remaining),
        "usedCapacity": _number(used),
        "retryAfter": wait,
    }
    return RefusalError(answer(body, 429, {**_headers(cost, remaining, used), "Retry-After": str(wait)}))


def _headers(cost: float, remaining: float | None = None, used: float | None = None) -> dict[str, str]:
    told = {"Cost": cost, "Remaining": remaining, "Used": used}
    return {f"X-RateLimit-{name}": _as_javascript(value) for name, value in told.items() if value is not None}


def _number(value: float) -> float:
    value = round(value, 3) if abs(value - round(value, 3)) < 1e-9 else value
    return int(value) if value == int(value) else value


def _as_javascript(value: float) -> str:
    """Print a number as the service's JavaScript does: all digits, and an exponent only below a millionth."""
    text = str(_number(value))
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    return f"{mantissa}e{int(exponent)}" if abs(value) < 1e-6 else f"{Decimal(text):f}"
