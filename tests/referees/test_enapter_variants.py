"""Enapter's own SDK for Python is refused, reads a gateway, and says with which variants of the service it gets on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    BATTERY,
    ELECTROLYSER,
    EXPIRED_TOKEN,
    GATEWAY,
    HOME,
    OFFICE,
    READ_ONLY_TOKEN,
    TOKEN,
    EnapterSimulator,
    EnapterSwitches,
    running_tls,
)
from tests.simulators.server import running

from .referee import Raised, Referee, refereeing
from .test_enapter import EVERYTHING, NOW

VARIANT = partial(EnapterSwitches, no_data="header_row")
SUFFERED = [
    VARIANT(location="strings", booleans="title", connectivity="empty", missing="absent"),
    VARIANT(location="null_coordinates", booleans="digit", connectivity="null", missing="null"),
    VARIANT(location="null", connectivity="online", raised_alert_names="null", communication="null"),
    VARIANT(location="absent", archived="unlisted", total_count=False, types_header="comma"),
    VARIANT(page_size=3, empty_buckets="nulls", silent_device="absent", hidden_attributes="undeclared"),
    VARIANT(requires_allow_http=True, broken_manifest=True, wrapper=False),
]
"""Variants that the SDK reads like any other."""
REJECTED: Mapping[EnapterSwitches, str] = {
    EnapterSwitches(no_data="empty"): "x-enapter-timeseries-data-types",
    EnapterSwitches(no_data="header_row_without_types"): "x-enapter-timeseries-data-types",
    EnapterSwitches(read_only_role="READ_ONLY"): "'READ_ONLY' is not a valid AccessRole",
    EnapterSwitches(enum_case="lower"): "'readonly' is not a valid AccessRole",
    EnapterSwitches(updated_at="unix"): "fromisoformat: argument must be str",
    EnapterSwitches(expand_known="documented"): "Unknown expand value: raised_alert_names.",
}
"""Variants that the SDK of today cannot read, and why: they are older or newer than it, or are none."""


async def test_tokens_that_are_refused() -> None:
    simulator, refused = EnapterSimulator(clock=SimClock(NOW)), {}
    async with running(simulator) as server, refereeing("enapter") as enapter:
        for token in ("nonsense", EXPIRED_TOKEN, None):
            await enapter.ask("open", base_url=server.url, token=token)
            with pytest.raises(Raised) as raised:
                await enapter.ask("sites.list")
            refused[token] = (raised.value.type, raised.value.code, raised.value.details)
        await enapter.ask("open", base_url=server.url, token=READ_ONLY_TOKEN)
        roles = {site["authorized_role"] for site in await enapter.ask("sites.list")}
        simulator.forbid(BATTERY)
        with pytest.raises(Raised) as forbidden:
            await enapter.ask("telemetry.latest", attributes_by_device={BATTERY: ["battery_soc"]})
        with pytest.raises(Raised) as unknown:
            await enapter.ask("devices.get", device_id="nonsense")
    assert refused["nonsense"] == refused[EXPIRED_TOKEN]
    assert refused["nonsense"] == ("Error", "invalid_header", {"header": "X-Enapter-Auth-Token"})
    assert refused[None][0] == "Error"
    assert roles == {"READONLY"}
    assert (forbidden.value.type, forbidden.value.code) == ("Error", "forbidden")
    assert (unknown.value.type, unknown.value.code) == ("Error", "DEVICE_NOT_FOUND")


async def test_a_gateway_is_read() -> None:
    switches = EnapterSwitches(requires_allow_http=True)
    simulator = EnapterSimulator(clock=SimClock(NOW), switches=switches, gateway=True)
    async with running(simulator) as plain, running_tls(simulator) as secure, refereeing("enapter") as enapter:
        answers = []
        for base, verify in ((plain.url, True), (secure.url, False)):
            await enapter.ask("open", base_url=f"{base}/api", token=TOKEN, verify=verify)
            site = await enapter.ask("sites.get", site_id=None)
            devices = await enapter.ask("devices.list", site_id=site["id"], **EVERYTHING)
            latest = await enapter.ask("telemetry.latest", attributes_by_device={BATTERY: ["battery_soc"]})
            answers.append((site, devices, latest))
        await enapter.ask("open", base_url=f"{secure.url}/api", token=TOKEN)
        with pytest.raises(Raised, match="CERTIFICATE_VERIFY_FAILED"):
            await enapter.ask("sites.list")
    assert answers[0] == answers[1]
    site, devices, latest = answers[0]
    assert site["id"] == HOME
    assert GATEWAY in {device["id"] for device in devices if device["type"] == "GATEWAY"}
    told = latest[BATTERY]["battery_soc"]
    share = simulator.world.home.battery.state_of_charge(datetime.fromtimestamp(told["timestamp"], UTC))
    assert told["value"] == pytest.approx(100 * share, abs=0.06)


async def test_what_of_the_variants_the_sdk_reads() -> None:
    async with refereeing("enapter") as enapter:
        for switches in SUFFERED:
            await journey(enapter, switches)
        for switches, reason in REJECTED.items():
            with pytest.raises(Raised, match=f"(?i){reason}"):
                await journey(enapter, switches)


async def journey(enapter: Referee, switches: EnapterSwitches) -> None:
    """Read some of everything as the lowest role."""
    simulator = EnapterSimulator(clock=SimClock(NOW), switches=switches)
    async with running(simulator) as server:
        await enapter.ask("open", base_url=server.url, token=READ_ONLY_TOKEN)
        assert {site["id"] for site in await enapter.ask("sites.list")} >= {HOME, OFFICE}
        assert len(await enapter.ask("devices.list", **EVERYTHING)) == len(simulator.devices)
        names = ["running", "warnings", "nonsense"]
        latest = await enapter.ask("telemetry.latest", attributes_by_device={ELECTROLYSER: names})
        assert latest.get(ELECTROLYSER, {}).get("running") == (
            {"timestamp": int(NOW.timestamp()) - 19, "value": True} if switches.wrapper else None
        )
        for end in (NOW, datetime(2020, 1, 1, tzinfo=UTC)):
            history = await enapter.ask("telemetry.wide_timeseries", **day_until(end), attributes={ELECTROLYSER: names})
            assert [len(column["values"]) > 0 for column in history["columns"]] == [end == NOW] * 2


def day_until(end: datetime) -> dict[str, Any]:
    return {
        "start": (end - timedelta(days=1)).isoformat(),
        "end": end.isoformat(),
        "granularity": 3600,
        "aggregation": "AUTO",
    }
