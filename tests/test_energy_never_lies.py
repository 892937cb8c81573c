"""Energy is shown as it was measured, or not at all: whatever the service sends, and whenever Home Assistant dies."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, note, settings, strategies as st

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)

from .hostile_life import Event, FailedPoll, Life, Listing, Poll, SamePoll, Shown, Step, Told
from .hostile_vendor import KILOWATT_HOURS, POINTS, POWER, WATT_HOURS

REGISTERS = (KILOWATT_HOURS, WATT_HOURS)
CALCULATED = ("watts_positive_energy", "watts_negative_energy")
FAILURES: tuple[VendorError, ...] = (
    CannotConnect("down"),
    RateLimited(timedelta(minutes=5)),
    UnexpectedAnswer("odd"),
    NotPermitted("no"),
)

# Few values and few instants: so drops, returns and repetitions are frequent.
VALUES = st.sampled_from([100.0, 101.0, 99.0, 50.0, 3.0, 1.0, 0.0])
WATTS = st.sampled_from([60000.0, 600.0, 1.0, 0.0, -1.0, -600.0])
MINUTES = st.sampled_from([0, 0, 0, 0, 0, 0, -1, -2, -3, -5, -30, -70, 1, 5, 90])
KEYS = [point.id.key for point in POINTS]
SAMPLES = {
    key: st.tuples(MINUTES, WATTS if key == POWER.id.key else VALUES) | st.tuples(MINUTES, st.just(0.0)) for key in KEYS
}
POLLS = st.builds(
    Poll,
    values=st.fixed_dictionaries(SAMPLES) | st.fixed_dictionaries({}, optional=SAMPLES),
    broken=st.sampled_from([()] * 17 + [(key,) for key in KEYS]),
)
OTHERS: dict[str, st.SearchStrategy[Step]] = {
    "again": st.just(SamePoll()),
    "failure": st.builds(FailedPoll, failure=st.sampled_from(FAILURES), minutes=st.integers(0, 30)),
    "listing": st.builds(Listing, keys=st.just(frozenset(KEYS)) | st.frozensets(st.sampled_from(KEYS))),
    "event": st.sampled_from(Event),
}
STEPS = st.sampled_from(["poll"] * 12 + [*OTHERS, "event"]).flatmap(lambda kind: OTHERS.get(kind, POLLS))


def is_confirmed(told: list[Told], before: Shown, after: Shown) -> bool:
    """Whether a sample announced this drop, and then a later one, or the same again, confirmed it."""
    told_at = min(one.poll for one in told if one.sample == before.sample)
    since = [one for one in told if told_at < one.poll <= after.poll and one.sample.time >= before.sample.time]
    return any(
        announcing.value < before.value
        and announcing.poll < confirming.poll
        and confirming.sample == after.sample
        and (announcing.sample.time < confirming.sample.time or announcing.sample == confirming.sample)
        for announcing in since
        for confirming in since
    )


# Shrinking takes minutes: a Home Assistant has no short lives.
@settings(
    max_examples=150,
    deadline=None,
    phases=set(Phase) - {Phase.shrink, Phase.explain},
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=12, max_size=24))
async def test_energy_never_lies(new_life: Callable[[], Life], steps: list[Step]) -> None:
    life = new_life()
    note(f"{life.number}: {steps}")
    await life.begin()
    try:
        await life.live(*steps)
    finally:
        await life.end()
    for point in POINTS:
        shown, told = life.shown.get(point.id.key, []), life.told.get(point.id.key, [])
        for one in shown:
            # Nothing is shown that was not sent; so no 0 either.
            assert one.value == one.sample.value
            assert one.sample in [other.sample for other in told if other.poll <= one.poll]
        if point in REGISTERS:
            drops = [(before, after) for before, after in pairwise(shown) if after.value < before.value]
            assert [f"{point.id.key}: {drop}" for drop in drops if not is_confirmed(told, *drop)] == []
    for key in CALCULATED:
        assert life.values(key) == sorted(life.values(key)), key
        if life.values(key):
            assert any((one.value < 0) is key.endswith("negative_energy") for one in life.told[POWER.id.key])
