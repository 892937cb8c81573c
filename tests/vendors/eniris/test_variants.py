"""Whatever the service really is like where its documents are silent: the same account comes out of it."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from custom_components.energy_clouds.vendors.model import Account, Inventory, Sample
from tests.simulators.eniris import TOTP, EnirisSwitches
from tests.simulators.eniris.fields import Value

from .conftest import Bench, MakeBench

type Seen = tuple[Account, Inventory, dict[tuple[str, str], Sample]]

OTHERS: dict[str, tuple[Any, ...]] = {
    "login_key": ("token", "refreshToken"),
    "unknown_user": ((404, "USER_NOT_FOUND"),),
    "lockout_after": (1,),
    "lockout_seconds": (1, 100_000),
    "access_seconds": (240, 600, 100_000),
    "refresh_days": (1, 30),
    "two_factor": ("token_refused", "json_object", "json_401"),
    "two_factor_message": ("PARTIAL_TOKEN", "otp needed", "SecondFactor"),
    "two_factor_status": (403,),
    "partial_key": ("partialToken", "token", "refreshToken"),
    "two_factor_methods": (frozenset({"totp"}),),
    "wrong_code": ((403, None),),
    "codes_before_wait": (1,),
    "code_wait": (1,),
    "unauthorized": ("unauthorized access",),
    "aborting": ("error", None),
}
"""Other values of the switches that are no plain choices."""
TOGETHER: dict[str, dict[str, Any]] = {
    "login_key": {"login_body": "json"},
    "two_factor_message": {"two_factor": "token_refused"},
    "two_factor_status": {"two_factor": "token_refused"},
    "partial_key": {"two_factor": "json_401"},
    "two_factor_methods": {"two_factor": "json_object"},
    "revoked_access_dies": {"renewal_revokes": True},
}
"""What they need to show."""
ACCOUNTS = {"without_series", "without_names", "missing_node_ids", "cycle", "totp_corrupt"}
"""Switches that are other accounts; what becomes of those is told elsewhere."""


def variants() -> list[tuple[str, Any]]:
    """Each switch with each of its values; a switch of a kind that is not known here fails the test."""
    hints = get_type_hints(EnirisSwitches)
    found: list[tuple[str, Any]] = []
    for one in fields(EnirisSwitches):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else OTHERS[one.name]
        found += [(one.name, value) for value in values if value != one.default and one.name not in ACCOUNTS]
    return found


_measured: dict[tuple[object, ...], Value] = {}


def measured_once(bench: Bench) -> Bench:
    """Let the world be asked once for what all variants measure at the same instants."""

    def remembered(key: tuple[str, ...], read: Callable[[datetime, datetime], Value]) -> Any:
        def value(start: datetime, end: datetime) -> Value:
            place = (*key, start, end)
            if place not in _measured:
                _measured[place] = read(start, end)
            return _measured[place]

        return value

    for node in bench.simulator.nodes:
        for series in node.series or ():
            series.fields = {
                name: replace(field, read=remembered((node.node_id, series.policy, name), field.read))
                for name, field in series.fields.items()
            }
    return bench


async def seen_by(bench: Bench) -> Seen:
    """Sign in, discover, and read three times: once after a night."""
    measured_once(bench)
    account = await bench.vendor.login()
    bench.restarted(credentials={key: bench.connection.credentials[key] for key in ("username", "url", "auth_url")})
    await bench.discover()
    await bench.read()
    await bench.poll(9 * 60)
    readings = await bench.poll()
    assert readings.problems == {}
    samples = {(one.device_id, one.key): sample for one, sample in readings.samples.items()}
    return account, bench.inventory, samples


_usual: list[Seen] = []


@pytest.fixture
async def usual(make_bench: MakeBench) -> Seen:
    """What the account is like with the default switches; it is found out once."""
    if not _usual:
        _usual.append(await seen_by(await make_bench()))
    return _usual[0]


@pytest.mark.parametrize(("switch", "value"), variants(), ids=str)
async def test_variant_shows_the_same(make_bench: MakeBench, usual: Seen, switch: str, value: Any) -> None:
    account, inventory, samples = usual
    bench = await make_bench(code=TOTP, **{**TOGETHER.get(switch, {}), switch: value})
    other_account, other, other_samples = await seen_by(bench)
    assert other_account == account
    assert set(other.devices) == set(inventory.devices)
    assert set(other.sites) == set(inventory.sites)
    assert set(other.points) == set(inventory.points)
    assert len(samples) > 150
    assert not bench.vendor.notices()
    if value == "nanoseconds":
        # Rows are then that much later.
        late = timedelta(microseconds=123456)
        other_samples = {
            one: Sample(time=sample.time - late, value=sample.value) for one, sample in other_samples.items()
        }
    if switch == "delta_interval":
        # An interval that begins at its time comes later, by itself.
        assert other_samples.keys() == samples.keys()
    elif switch == "sparse":
        assert all(samples[one].time - sample.time <= timedelta(minutes=20) for one, sample in other_samples.items())
        assert other_samples.keys() == samples.keys()
    else:
        assert other_samples == samples


def test_each_variant_is_one() -> None:
    names = {name for name, _ in variants()}
    assert names | ACCOUNTS == {one.name for one in fields(EnirisSwitches)}
