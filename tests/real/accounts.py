"""The demo's accounts, one row per vendor: what is simulated, what a person enters, and what is then true."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from tests.simulators import enapter, eniris
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import LOGIN_TOKEN, EnectivaSimulator
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.envitron import PASSWORD, USERNAME, EnvitronSimulator, User
from tests.simulators.envitron.sessions import Sessions
from tests.simulators.simulator import Simulator

from .configuration import TIME_ZONE
from .enapter import EnapterTruth
from .enectiva import EnectivaTruth
from .eniris import HIDDEN, EnirisTruth
from .enpact import EnpactTruth
from .envitron import EnvitronTruth
from .truth import Truth

DATA_SERIES = "11"
VIRTUAL_METER = "501"
ENIRIS_PASSWORD = "incorrect horse, flat battery"
"""Not the one of another account: it may be nowhere, that of Envitron must be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account: its simulators, the form in which it is entered (given their addresses), and what holds of it.

    `options` are submitted one after the other, each when Home Assistant offers all of its fields. `credentials` are
    what a person entered and nobody may read; `passing_credentials` are used once, and not kept. Of what the service
    gave out, `kept_tokens` outlive a restart (the last one is good), `passing_tokens` do not. `sign_ins` is how often a
    password was used. With `has_news`, polls of a minute bring later values; without, there is nothing to ask so soon.
    Of `hidden_devices` all entities are disabled.
    """

    vendor: str
    simulators: Sequence[Simulator]
    form: Callable[[Sequence[str]], Mapping[str, Any]]
    truth: Truth
    credentials: Collection[str]
    passing_credentials: Collection[str] = ()
    kept_tokens: Callable[[], Sequence[str]] = tuple
    passing_tokens: Callable[[], Collection[str]] = tuple
    sign_ins: Callable[[], int] | None = None
    options: Sequence[Mapping[str, Any]] = ()
    has_news: bool = True
    hidden_devices: Collection[str] = ()

    def secrets(self) -> Collection[str]:
        """Return all that nobody may read."""
        return {*self.credentials, *self.passing_credentials, *self.kept_tokens(), *self.passing_tokens()}

    def requests(self) -> int:
        """Return how often the service was asked so far."""
        return sum(len(simulator.requests) for simulator in self.simulators)


def demo_accounts() -> list[Account]:
    """Return new accounts, one of each vendor."""
    return [_enapter(), _enectiva(), _eniris(), _enpact(), _envitron()]


def _enapter() -> Account:
    simulator = EnapterSimulator()
    simulator.raise_alert(enapter.ELECTROLYSER, "maintenance_due")
    return Account(
        vendor="enapter",
        simulators=[simulator],
        form=lambda urls: {"url": f"{urls[0]}/v3", "token": enapter.TOKEN, "verify_ssl": True},
        truth=EnapterTruth(simulator),
        credentials=[enapter.TOKEN],
    )


def _eniris() -> Account:
    # A month of minutes takes a smaller tier longer than anybody wants to wait.
    users = {eniris.USERNAME: eniris.User(ENIRIS_PASSWORD, eniris.USER_ID)}
    simulator = EnirisSimulator(users=users, tier="premium")

    def granted(kind: str) -> list[str]:
        return [token for token in simulator.granted if simulator.tokens.kind(token) == kind]

    return Account(
        vendor="eniris",
        simulators=[simulator],
        form=lambda urls: {
            "username": eniris.USERNAME,
            "password": ENIRIS_PASSWORD,
            "advanced": {"url": urls[0], "auth_url": urls[0]},
        },
        truth=EnirisTruth(simulator),
        credentials=[],
        passing_credentials=[ENIRIS_PASSWORD],
        kept_tokens=lambda: granted("refresh"),
        passing_tokens=lambda: granted("access"),
        sign_ins=lambda: simulator.logins,
        hidden_devices=HIDDEN,
    )


def _enpact() -> Account:
    simulator = EnpactSimulator()
    return Account(
        vendor="enpact",
        simulators=[simulator],
        form=lambda urls: {"api_key": PRODUCTION_KEY, "environment": "production", "advanced": {"url": urls[0]}},
        truth=EnpactTruth(simulator),
        credentials=[PRODUCTION_KEY],
    )


def _envitron() -> Account:
    simulator = EnvitronSimulator()
    simulator.sessions = sessions = _RecordedSessions(simulator.switches)
    return Account(
        vendor="envitron",
        simulators=[simulator],
        form=lambda urls: {"url": urls[0], "username": USERNAME, "password": PASSWORD},
        truth=EnvitronTruth(simulator),
        credentials=[PASSWORD],
        kept_tokens=lambda: [pair[kind] for pair in sessions.granted for kind in ("access", "refresh")],
        sign_ins=lambda: simulator.logins,
    )


def _enectiva() -> Account:
    simulator = enectiva_at_home()
    chosen = {"data_series": [DATA_SERIES], "virtual_meters": [VIRTUAL_METER]}
    return Account(
        vendor="enectiva",
        simulators=[simulator],
        form=lambda urls: {"token": LOGIN_TOKEN, "advanced": {"url": urls[0]}},
        truth=EnectivaTruth(simulator, data_series=[DATA_SERIES], virtual_meters=[VIRTUAL_METER]),
        credentials=[LOGIN_TOKEN],
        passing_tokens=lambda: _bearers(simulator) - {LOGIN_TOKEN},
        # What a virtual meter counts can only be chosen once it has been found.
        options=[chosen, {**chosen, "electricity_meters": [f"virtual_meter_{VIRTUAL_METER}"]}],
        has_news=False,
    )


def enectiva_at_home() -> EnectivaSimulator:
    """Return the service with its building where Home Assistant is: months begin at the same midnight."""
    simulator = EnectivaSimulator()
    for meter in simulator.meters.values():
        meter.time_zone = TIME_ZONE
    return simulator


class _RecordedSessions(Sessions):
    """Remembers the pairs that were given out; the service itself does not."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.granted: list[dict[str, str]] = []

    @override
    def grant(self, user: User, now: datetime) -> dict[str, str]:
        pair = super().grant(user, now)
        self.granted.append(pair)
        return pair


def _bearers(simulator: Simulator) -> set[str]:
    """Return every token that was shown to the service."""
    sent = (request.headers.get("authorization", "") for request in simulator.requests)
    return {header.removeprefix("Bearer ") for header in sent if header}
