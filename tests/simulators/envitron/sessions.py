"""The tokens in circulation: granted, used once, counted, revoked, expired."""

from datetime import datetime, timedelta
from math import ceil

from .accounts import User
from .errors import Refusals
from .switches import EnvitronSwitches
from .tokens import Claims, Issuer

MOST_OUTSTANDING = 50
ACCESS_LIFETIME = timedelta(minutes=15)


class Sessions:
    """All pairs of tokens. A refresh token works once; its use, or a revocation, blacklists it."""

    def __init__(self, switches: EnvitronSwitches) -> None:
        """Begin with no tokens."""
        self._switches = switches
        self._refusals = Refusals(switches)
        self._issuer = Issuer(opaque=switches.opaque_tokens)
        self._outstanding: dict[str, Claims] = {}
        self._access: dict[str, Claims] = {}
        self._blacklist: set[str] = set()
        self.most_outstanding = 0
        self.blacklisted_uses = 0

    def outstanding(self, user: User, now: datetime) -> int:
        """Return how many refresh tokens of a user still work."""
        number, present = self._number(user), now.timestamp()
        return sum(claims.user_id == number and claims.exp > present for claims in self._outstanding.values())

    def grant(self, user: User, now: datetime) -> dict[str, str]:
        """Return a new pair, unless the user has too many."""
        if self.outstanding(user, now) >= MOST_OUTSTANDING:
            raise self._refusals.outstanding()
        self._forget_expired(now)
        refresh, refreshing = self._issuer.issue(
            "refresh", _after(now, timedelta(days=self._switches.refresh_days)), self._number(user)
        )
        access, accessing = self._issuer.issue("access", _after(now, ACCESS_LIFETIME), self._number(user))
        self._outstanding[refreshing.jti] = refreshing
        self._access[accessing.jti] = accessing
        self.most_outstanding = max(self.most_outstanding, self.outstanding(user, now))
        return {"refresh": refresh, "access": access}

    def use(self, token: str, now: datetime) -> int:
        """Use up a refresh token and return its user's number."""
        claims = self._issuer.read(token)
        if claims is None or claims.token_type != "refresh":
            raise self._refusals.refresh(expired=False)
        blacklisted = claims.jti in self._blacklist
        self.blacklisted_uses += blacklisted
        if claims.exp <= now.timestamp():
            raise self._refusals.refresh(expired=True)
        if blacklisted:
            raise self._refusals.blacklisted()
        self._discard(claims)
        return int(claims.user_id)

    def check(self, token: str, now: datetime) -> int:
        """Check an access token and return its user's number."""
        claims = self._issuer.read(token)
        if claims is None or claims.token_type != "access" or claims.jti in self._blacklist:
            raise self._refusals.access(expired=False)
        if claims.exp <= now.timestamp():
            raise self._refusals.access(expired=True)
        return int(claims.user_id)

    def revoke(self, user: User) -> None:
        """Blacklist all tokens of a user."""
        for claims in (*self._outstanding.values(), *self._access.values()):
            if claims.user_id == self._number(user):
                self._discard(claims)

    def _discard(self, claims: Claims) -> None:
        self._blacklist.add(claims.jti)
        self._outstanding.pop(claims.jti, None)
        self._access.pop(claims.jti, None)

    def _forget_expired(self, now: datetime) -> None:
        for tokens in (self._outstanding, self._access):
            for jti in [jti for jti, claims in tokens.items() if claims.exp <= now.timestamp()]:
                del tokens[jti]

    def _number(self, user: User) -> int | str:
        return str(user.user_id) if self._switches.user_id_as_string else user.user_id


class Lockout:
    """Counts wrong passwords per user name."""

    def __init__(self, after: int, seconds: int) -> None:
        """Lock out for `seconds` after so many wrong passwords."""
        self._after = after
        self._cool_down = timedelta(seconds=seconds)
        self._failures: dict[str, tuple[int, datetime]] = {}

    def wait(self, username: str, now: datetime) -> int | None:
        """Return for how many seconds the name is still locked out."""
        failures, last = self._failures.get(username, (0, now))
        end = last + self._cool_down
        if now >= end:
            self._failures.pop(username, None)
            return None
        return ceil((end - now).total_seconds()) if failures >= self._after else None

    def failed(self, username: str, now: datetime) -> None:
        """Count a wrong password."""
        self._failures[username] = self._failures.get(username, (0, now))[0] + 1, now

    def succeeded(self, username: str) -> None:
        """Forget the wrong passwords."""
        self._failures.pop(username, None)


def _after(now: datetime, lifetime: timedelta) -> int:
    return int((now + lifetime).timestamp())
