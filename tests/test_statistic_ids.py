"""The id of a statistic follows from the unique id alone, and no other unique id has it."""

from homeassistant.components.recorder.statistics import valid_statistic_id
from hypothesis import example, given, strategies as st
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.statistics import statistic_id

LONGEST = 255
"""So many characters the recorder has room for."""

UNIQUE_IDS = st.one_of(
    st.text(max_size=300),
    st.text("abAB01_-. é", max_size=12),
    st.from_regex(r"[a-z0-9]+(_[a-z0-9]+)*_[0-9a-f]{12}", fullmatch=True),
    st.integers(200, 400).map(lambda length: "a" * length),
)


@pytest.mark.parametrize(
    ("unique_id", "statistic"),
    [
        ("41_meter_7_energy", "41_meter_7_energy"),
        ("5eafe8777d637402_meter-building-a-001_imp", "5eafe8777d637402_meter_building_a_001_imp_bd470f7c9d50"),
        (
            "7c1a9f6e-52c4-4b1d-9a34-0f6d2b8e5c10_50_reading",
            "7c1a9f6e_52c4_4b1d_9a34_0f6d2b8e5c10_50_reading_68f42ad90e97",
        ),
        ("", "e3b0c44298fc"),
    ],
)
def test_they_are_the_same_for_ever(unique_id: str, statistic: str) -> None:
    assert statistic_id(unique_id) == f"{DOMAIN}:{statistic}"


@given(st.sets(UNIQUE_IDS, max_size=20))
@example({"account_m-1_reg", "account_m_1_reg", "account_m__1_reg", "ACCOUNT_m_1_reg", "_account_m_1_reg"})
@example({"a" * 400, "a" * 401, "a" * 255})
@example({"測定", "計器", "", "\ud800"})
def test_no_two_unique_ids_have_one(unique_ids: set[str]) -> None:
    found = {statistic_id(one) for one in unique_ids}
    # What follows from one of them may be another one's own.
    taken = unique_ids | {one.removeprefix(f"{DOMAIN}:") for one in found}
    assert len({statistic_id(one) for one in taken}) == len(taken)


@given(UNIQUE_IDS)
def test_home_assistant_takes_it_even_with_what_it_counts_behind_it(unique_id: str) -> None:
    for statistic in (found := statistic_id(unique_id), f"{found}_reactive_energy"):
        assert valid_statistic_id(statistic)
        assert len(statistic) <= LONGEST
