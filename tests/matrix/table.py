"""The fault matrix: every fault that can strike a service, the way there or a clock, and what people see of it.

One row is one fault; it strikes the account of every vendor. `but` has what a vendor's documents make different, with
the section of `shared/apis` in which it stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

from tests.simulators import faults

from .homes import Home
from .kinds import Changed, CutJson
from .strikes import (
    Answers,
    Forbidden,
    Holds,
    Lists,
    MachineClock,
    Refused,
    Replays,
    ServiceClock,
    Strike,
    Struck,
    Unplugged,
    Unresolved,
    Untrusted,
)

WAIT: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)


class Shows(StrEnum):
    """What entities show while a fault lasts."""

    LIVE = "L"
    """The truth, as if nothing was."""
    KEPT = "K"
    """The last values, since it does not last longer than patience."""
    LOST = "P"
    """The last values, and after 15 minutes nothing."""
    ALONE = "1"
    """One device nothing, the others the truth."""
    NOTHING = "N"
    """Nothing, at once."""
    VALUES = "V"
    """The truth of what is measured; what only the list of the devices tells may be nothing."""
    LATER = "T"
    """The truth until a token is needed, and 15 minutes later nothing."""
    SOON = "S"
    """The truth, or for three minutes nothing."""
    LISTED = "H"
    """Of the device that is listed first the truth, of the others that or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, and what is to be seen of it.

    It lasts for so many minutes, or so many `discoveries`. Nothing is sent before a named `wait` is over. `repairs` are
    the issues that are raised, by their keys. All is back so many minutes after its end, but for a `reauth`: then a
    person has to act. `extra` is how many requests a poll may send more than usual, where that is not one that also
    `lists` the devices. `logins` is how often the credential itself may be shown in all that time, if it is at all.
    """

    name: str
    strike: Callable[[], Strike]
    shows: Shows = Shows.LOST
    minutes: int = 18
    discoveries: int = 0
    healthy: int = 2
    wait: timedelta | None = None
    repairs: frozenset[str] = frozenset()
    reauth: bool = False
    logins: int | None = None
    extra: int = 2
    lists: bool = False
    back: int = 2
    but: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, vendor: str) -> Fault:
        """What is expected of that vendor."""
        return replace(self, but={}, **self.but.get(vendor, {}))


def _is(kind: faults.Fault, struck: Struck = Struck.ALL) -> Callable[[], Strike]:
    return lambda: Answers(lambda _home: kind, struck)


def _data(kind: faults.Fault) -> Callable[[], Strike]:
    return _is(kind, Struck.DATA)


def _status(status: int, struck: Struck = Struck.ALL, times: int | None = None) -> Callable[[], Strike]:
    """A status with the vendor's own document."""

    def kind(home: Home[Any]) -> faults.Fault:
        return faults.Status(status, home.error(status))

    return lambda: Answers(kind, struck, times)


def _tokens(kind: Callable[[], Strike], name: str) -> Fault:
    """What the vendors that have no tokens do not notice."""
    unnoticed = {"shows": Shows.LIVE}
    return Fault(
        name=f"{name} for tokens",
        strike=kind,
        shows=Shows.LATER,
        minutes=36,
        but={"enapter": unnoticed, "enpact": unnoticed},
    )


def _limited(form: Any, status: int = 429) -> Callable[[], Strike]:
    return _is(faults.RateLimited(int(WAIT.total_seconds()), form, status))


def _leaves_changed(value: Any) -> Any:
    """The same keys and lengths, and nothing of the type that it should be of."""
    match value:
        case dict():
            return {key: _leaves_changed(one) for key, one in value.items()}
        case list():
            return [_leaves_changed(one) for one in value]
        case str():
            return [value]
        case bool() | None:
            return "nothing"
        case _:
            return {"value": None}


def _containers_changed(value: Any) -> Any:
    """Lists for objects, and objects for lists."""
    match value:
        case dict():
            return [_containers_changed(one) for one in value.values()]
        case list():
            return {str(number): _containers_changed(one) for number, one in enumerate(value)}
        case _:
            return value


FAULTS: Final = (
    # The way there
    Fault(name="connection refused", strike=Unplugged),
    Fault(name="no DNS", strike=Unresolved),
    Fault(name="untrusted certificate", strike=Untrusted),
    Fault(name="no answer", strike=Holds),
    Fault(name="endless drip", strike=lambda: Holds(drips=True)),
    Fault(name="slow drip", strike=_is(faults.Drip(pause=0.001, size=256)), shows=Shows.LIVE, minutes=3),
    Fault(name="reset before the answer", strike=_is(faults.ConnectionReset(None))),
    Fault(name="reset in the body", strike=_is(faults.ConnectionReset())),
    Fault(name="cut in the body", strike=_is(faults.TruncatedBody())),
    # Bodies
    Fault(name="half of the JSON", strike=_data(CutJson())),
    Fault(name="HTML page 502", strike=_data(faults.HtmlPage(502))),
    Fault(name="HTML page 200", strike=_data(faults.HtmlPage(200))),
    Fault(name="empty body", strike=_data(faults.EmptyBody())),
    Fault(name="another document", strike=_data(faults.Answer({"hello": "world"}))),
    Fault(name="wrong types", strike=_data(Changed(_leaves_changed))),
    Fault(name="wrong containers", strike=_data(Changed(_containers_changed))),
    # Refusals
    Fault(
        name="400",
        strike=_status(400, Struck.DATA),
        # Nobody is told which of the queries is the bad one: it is looked for, once (A3.1).
        but={"eniris": {"extra": 6}},
    ),
    Fault(name="401 once", strike=_status(401, times=1), shows=Shows.LIVE, minutes=4, logins=2),
    Fault(name="401 for ever", strike=Refused, reauth=True, logins=2),
    Fault(
        name="401 for data",
        strike=_status(401, Struck.DATA),
        # There are no tokens: that is the credential itself (B2, 3.1).
        but={"enapter": {"reauth": True}, "enpact": {"reauth": True}},
    ),
    Fault(name="401 page", strike=_is(faults.HtmlPage(401))),
    Fault(
        name="403 for one",
        strike=lambda: Forbidden(all_devices=False),
        shows=Shows.ALONE,
        back=62,
        # It is tried again when the meters are listed, which is every six hours.
        but={"enectiva": {"back": 362}},
    ),
    Fault(
        name="403 for each",
        strike=lambda: Forbidden(all_devices=True),
        repairs=frozenset({"rights_missing"}),
        back=62,
        but={
            # Each device is named, or asked for by itself (B6, 3.3).
            "enapter": {"shows": Shows.NOTHING},
            "enpact": {"shows": Shows.NOTHING},
            # 403 is a scope that is missing (2.3).
            "enectiva": {"shows": Shows.NOTHING, "repairs": frozenset({"scope_missing"}), "back": 362},
        },
    ),
    Fault(
        name="403 for all",
        strike=_status(403, Struck.DATA),
        repairs=frozenset({"rights_missing"}),
        but={
            # It is what an invalid token gets (B2), and a key that is of another environment (3.3).
            "enapter": {"reauth": True, "repairs": frozenset()},
            "enpact": {"reauth": True, "repairs": frozenset()},
            "enectiva": {"shows": Shows.NOTHING, "repairs": frozenset({"scope_missing"}), "back": 362},
        },
    ),
    Fault(name="403 page", strike=_data(faults.HtmlPage(403))),
    Fault(name="404", strike=_status(404, Struck.DATA)),
    Fault(name="409", strike=_status(409, Struck.DATA)),
    Fault(
        name="422",
        strike=_status(422, Struck.DATA),
        # It is the size of a request, which is never granted: it is asked for in parts, and what is too large by itself
        # left out for an hour, and shown until it is old (A4.4).
        but={"eniris": {"shows": Shows.LATER, "minutes": 50, "extra": 6, "back": 62}},
    ),
    # Tokens
    _tokens(_status(400, Struck.TOKENS), "400"),
    _tokens(_status(404, Struck.TOKENS), "404"),
    _tokens(_status(500, Struck.TOKENS), "500"),
    _tokens(_is(faults.HtmlPage(200), Struck.TOKENS), "HTML page 200"),
    _tokens(_is(faults.Answer({"hello": "world"}), Struck.TOKENS), "another document"),
    # Limits
    Fault(name="429 seconds", strike=_limited("header"), shows=Shows.KEPT, minutes=12, wait=WAIT, back=7),
    Fault(name="429 date", strike=_limited("date"), shows=Shows.KEPT, minutes=12, wait=WAIT, back=7),
    Fault(name="429 reset", strike=_limited("reset"), shows=Shows.KEPT, minutes=12, wait=WAIT, back=7),
    Fault(name="429 body", strike=_limited("body"), shows=Shows.KEPT, minutes=12, wait=WAIT, back=7),
    Fault(
        name="429 none",
        strike=_limited("none"),
        shows=Shows.KEPT,
        minutes=12,
        wait=timedelta(minutes=1),
        back=10,
    ),
    # Stumbling
    Fault(name="500", strike=_status(500, Struck.DATA)),
    Fault(name="502", strike=_is(faults.Status(502))),
    Fault(name="503", strike=_status(503, Struck.DATA)),
    Fault(name="503 with a wait", strike=_limited("header", 503), shows=Shows.KEPT, minutes=12, wait=WAIT, back=7),
    # Data
    Fault(
        name="empty list",
        strike=lambda: Lists(lambda _listed: []),
        shows=Shows.LIVE,
        discoveries=2,
        back=8,
        but={"enapter": {"shows": Shows.VALUES}},
    ),
    Fault(
        name="empty lists",
        strike=lambda: Lists(lambda _listed: []),
        shows=Shows.LIVE,
        discoveries=4,
        repairs=frozenset({"no_devices"}),
        back=62,
        but={
            # What the cloud has besides is of another version (B1).
            "enapter": {"shows": Shows.VALUES, "repairs": frozenset({"only_old_sites"})},
            "enectiva": {"back": 362},
        },
    ),
    Fault(
        name="half a list",
        strike=lambda: Lists(lambda listed: listed[: (len(listed) + 1) // 2]),
        shows=Shows.LISTED,
        discoveries=2,
        back=62,
    ),
    Fault(name="duplicate devices", strike=lambda: Lists(lambda listed: listed * 2), shows=Shows.LIVE, discoveries=2),
    Fault(name="older answers", strike=Replays, shows=Shows.KEPT, minutes=5, healthy=17),
    # Clocks
    *(
        Fault(
            name=f"{whose} {how}",
            strike=partial(strike, error),
            shows=Shows.SOON,
            minutes=6,
            lists=True,
            extra=4,
            back=4,
            # Two readings have to say that a register shows less, and they come each quarter of an hour.
            but={"enectiva": {"minutes": 35, "back": 40}},
        )
        for whose, strike, how, error in (
            ("service", ServiceClock, "an hour ahead", HOUR),
            ("service", ServiceClock, "an hour behind", -HOUR),
            ("machine", MachineClock, "an hour ahead", HOUR),
            ("machine", MachineClock, "an hour behind", -HOUR),
        )
    ),
    Fault(
        name="machine 20 minutes behind",
        strike=partial(MachineClock, -timedelta(minutes=20)),
        shows=Shows.SOON,
        # A longer step than it is since the devices were listed has them listed at once, which tells the time.
        healthy=25,
        minutes=6,
        lists=True,
        back=4,
    ),
)
