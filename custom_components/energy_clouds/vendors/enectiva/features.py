"""Which parts of Enectiva's service a token may use, learnt from what it refuses.

A 403 is a missing scope (Librarian, "Errors"); a single one could be a missing right to one meter. A 404 of an endpoint
whose path is not published is the same: the endpoint is not there, or one meter has nothing behind it.
"""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus

from .asking import Scope

ENOUGH = 2
"""So many refusals, and not one answer, are a refusal of the whole feature."""

type Refusal = tuple[Scope, str]
"""A feature, and what of it was refused."""


class Features:
    """The features by scope; all are believed to be there until they are refused."""

    def __init__(self) -> None:
        self._granted: defaultdict[Scope, set[str]] = defaultdict(set)
        self._refused: dict[Refusal, int] = {}
        self._apart: dict[Refusal, int] = {}
        self._off: dict[Scope, int] = {}

    def try_again(self) -> None:
        """Believe in all features anew: a right may have been added.

        What was refused while others were answered says little of the feature, the next time too.
        """
        self._apart |= {(scope, what): why for (scope, what), why in self._refused.items() if self._granted[scope]}
        self._granted.clear()
        self._refused.clear()
        self._off.clear()

    def is_on(self, scope: Scope) -> bool:
        """Whether it is worth asking."""
        return scope not in self._off

    def grant(self, scope: Scope, what: str) -> None:
        """It gave an answer."""
        self._granted[scope].add(what)
        self._refused.pop((scope, what), None)
        self._apart.pop((scope, what), None)

    def refuse(self, scope: Scope, status: int, what: str, *, of: int = 1) -> None:
        """It refused one of so many."""
        self._granted[scope].discard(what)
        self._refused[scope, what] = status
        refused = {one for one, why in self._refused.items() if one[0] is scope and why == status}
        is_enough = len(refused - self._apart.keys()) >= ENOUGH or len(refused) >= of
        if is_enough and not self._granted[scope]:
            self._off[scope] = status

    def missing_scopes(self) -> Iterable[Scope]:
        """The scopes that the token lacks."""
        return [scope for scope, status in self._off.items() if status == HTTPStatus.FORBIDDEN]

    def forbidden(self) -> Iterable[Refusal]:
        """What the token has no right to, although it has the scope."""
        refused = self._apart | {one: status for one, status in self._refused.items() if self._granted[one[0]]}
        return [one for one, status in refused.items() if status == HTTPStatus.FORBIDDEN and self.is_on(one[0])]
