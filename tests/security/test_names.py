"""Names and ids that are made to break whatever shows them: they are shown, or left out, and break nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import json
import logging
from pathlib import Path
import re
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_dumps
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_clouds import diagnostics
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.statistic_names import statistic_names
from custom_components.energy_clouds.statistics import statistic_id
from custom_components.energy_clouds.vendors.enapter.manifests import manifest_of
from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Nature,
    Point,
    PointId,
    Quantity,
    Sample,
    Site,
)
from custom_components.energy_clouds.vendors.values import identifier, name, word
from tests.conftest import Account, MakeAccount
from tests.enapter_home import small
from tests.hostile_life import Life
from tests.simulators.enapter import POWER_METER, PV_INVERTER
from tests.simulators.enpact import EnpactSimulator

from .homes import Home

MARK = "!name!"
HALF_A_PAIR = re.compile("[\ud800-\udfff]")
NAMES = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) `code` **bold** ![](http://evil.example/x.png)",
    "{id} {phase} {power} {account} {0} {} {{ }}",
    "%s %d %(name)s %n %%",
    "two\nlines\r\nERROR (MainThread) [homeassistant] all is lost",
    "a\x00b\x1b[31mc\x07",
    "\u202egnp.exe\u202c\u200b\ufeff\u2066",
    "half \ud83d of a pair \udc00",
    "\U0001f50c\U0001f9d1\u200d\U0001f52c",
    "x" * 10_000,
    "\u0130" * 300,
    "",
    "   \t ",
    "None",
    "unavailable",
    "../../etc/passwd",
    "'; DROP TABLE states; --",
    "{{ states('sensor.x') }}{% for x in range(9) %}",
    ":statistic:",
)
IDS = (
    "a/b?c#d",
    "a b",
    "%2e%2e%2f",
    "../x",
    "{id}",
    "<b>",
    "\u00fcml\u00e4ut-\u6f22\u5b57",
    "x" * 200,
    "energy_clouds:x",
    "'\"`;",
)


@dataclass(slots=True)
class Named:
    """The real answers, but that what is called `MARK` is called something else."""

    called: str

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Let the vendor answer, in plain ASCII: so half a pair of surrogates can be sent, too."""
        response = await handler(request)
        if isinstance(response, web.Response) and "json" in response.content_type and response.text:
            response.text = json.dumps(json.loads(response.text)).replace(f'"{MARK}"', json.dumps(self.called))
        return response


@pytest.fixture
def problems(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged that is no good: complaints, and lines that a name has made."""

    def found() -> list[str]:
        own = [one for one in caplog.records if not one.name.startswith("pytest_")]
        return [
            one.getMessage()
            for one in own
            if (one.levelno >= logging.WARNING and one.name not in ("homeassistant.loader", "asyncio"))
            or re.search(r"[\n\r\x00\x1b\u202e]", one.getMessage())
        ]

    return found


async def look_around(hass: HomeAssistant, entry: Any) -> None:
    """Have everything shown, kept and told that is shown, kept and told of an account."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    for device in devices:
        called = device.name
        assert called
        assert len(called) <= 255
        assert called.isprintable()
        json_dumps(device.dict_repr)
    for entity in entities:
        assert len(entity.entity_id) <= 255
        json_dumps(entity.as_partial_dict)
    for state in hass.states.async_all():
        assert len(state.state) <= 255
        assert len(json_dumps(state.as_dict())) < 16_384
        assert str(state.attributes["friendly_name"]).isprintable()
    name_of = await statistic_names(hass, entry)
    for point in entry.runtime_data.shown_points():
        assert 0 < len(name_of(point)) <= 255
        assert len(statistic_id(f"{entry.unique_id}_{point.id.device_id}_{point.id.key}")) <= 255
    json_dumps(await diagnostics.async_get_config_entry_diagnostics(hass, entry))


async def test_device_may_be_called_whatever_the_service_likes(
    hass: HomeAssistant, make_account: MakeAccount, home: Home[Any], problems: Callable[[], list[str]]
) -> None:
    account, named = make_account(home.make()), Named("A meter")
    account.simulator.faults.add(named)
    home.rename(account.simulator, MARK)
    await account.set_up()
    await account.polls(2)
    shown = len(hass.states.async_all())
    assert "A meter" in str(hass.states.async_all())
    for named.called in NAMES:
        home.rename(account.simulator, MARK)
        await account.wait(6 * 3600 + 300)
        await look_around(hass, account.entry)
        expected = name(HALF_A_PAIR.sub("\ufffd", named.called)) or ""
        told = [str(state.attributes["friendly_name"]).casefold() for state in hass.states.async_all()]
        assert [one for one in told if expected[:200].casefold() in one]
        assert len(hass.states.async_all()) >= shown
        assert not {state.state for state in hass.states.async_all()} <= {"unavailable", "unknown"}
    assert problems() == []


def _enpact(there: str) -> EnpactSimulator:
    simulator = EnpactSimulator.campus(1)
    simulator.add_meter(there)
    return simulator


def _enapter(there: str) -> Any:
    simulator = small(POWER_METER, PV_INVERTER)
    inverter = simulator.devices.pop(PV_INVERTER)
    simulator.devices[there] = replace(inverter, id=there)
    return simulator


@pytest.mark.parametrize("make", [_enpact, _enapter])
@pytest.mark.parametrize("there", IDS)
async def test_device_may_have_any_id(
    hass: HomeAssistant,
    make_account: MakeAccount,
    problems: Callable[[], list[str]],
    make: Callable[[str], Any],
    there: str,
) -> None:
    account: Account[Any] = make_account(make(there))
    await account.set_up()
    await account.polls(2)
    await look_around(hass, account.entry)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{account.row.account_id}_{there}"), account.entry.entry_id
    )
    assert device is not None
    shown = [hass.states.get(one.entity_id) for one in er.async_entries_for_device(er.async_get(hass), device.id)]
    assert any(state is not None and state.state not in ("unavailable", "unknown") for state in shown)
    assert problems() == []


texts = st.sampled_from(NAMES) | st.text(max_size=300)


@given(texts, texts, texts, texts, st.sampled_from(IDS) | st.text(min_size=1, max_size=200))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_comes_through_a_vendor_can_be_shown(
    site: str, called: str, of_point: str, state: str, there: str
) -> None:
    """As vendors take in names, words and ids."""
    for text in (name(site), name(called), name(of_point), word(state)):
        assert text is None or (text.isprintable() and 0 < len(text) <= 255 and text.strip() == text)
        json_dumps(text)
    there_id = identifier(there)
    assert there_id is None or (there_id.isprintable() and len(there_id) <= 200 and there_id.strip(".") != "")
    json_dumps(there_id)


async def test_names_of_every_kind_of_thing_at_once(
    hass: HomeAssistant,
    new_life: Callable[[], Life],
    problems: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Life, "_note", callback(lambda *_: None))
    life: Life = new_life()
    now = datetime.now(UTC)
    ids = [one for one in IDS if identifier(one) == one]
    names = [name(called) for called in NAMES]
    points = [
        Point(
            id=PointId(device_id=there, key=f"key-{number}"),
            quantity=Quantity.WORD if number % 2 else Quantity.POWER,
            nature=Nature.STATE if number % 2 else Nature.GAUGE,
            unit=None if number % 2 else "W",
            name=called,
            words=tuple(dict.fromkeys(one for one in names if one))[:8] if number % 4 == 1 else (),
            cadence=timedelta(hours=1),
        )
        for number, called in enumerate(names)
        for there in ids
    ]
    life.cloud.sites = [Site(id=f"site-{number}", name=called or "-") for number, called in enumerate(names)]
    life.cloud.devices = [
        Device(
            id=there,
            kind=DeviceKind.METER,
            name=names[number],
            site_id=f"site-{number + 1}",
            manufacturer=names[-number],
            model=names[-number],
            serial=names[-number],
            sw_version=names[-number],
        )
        for number, there in enumerate(ids)
    ]
    life.cloud.listed = points
    life.cloud.samples = {
        point.id: Sample(time=now, value=word(NAMES[number % len(NAMES)]) or "-" if point.unit is None else 1.0)
        for number, point in enumerate(points)
    }
    await life.begin()
    await look_around(hass, life.entry)
    areas = {area.name for area in ar.async_get(hass).async_list_areas()}
    assert names[1] in areas
    assert len(hass.states.async_all()) > len(points)
    await life.end()
    assert problems() == []


def test_words_that_no_database_would_take_are_not_told() -> None:
    def words(number: int, length: int) -> Any:
        enum = [f"{one:03}" + "x" * (length - 3) for one in range(number)]
        declared = manifest_of({"telemetry": {"mode": {"type": "string", "enum": enum}}})
        return declared.attributes["mode"].words

    assert len(words(100, 40)) == 100
    assert words(100, 41) == {}


# Texts that Home Assistant shows as Markdown


TEXTS = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations" / "en.json"
HARMLESS = {"count", "fastest", "id", "limit", "scope", "vendor", "wait"}
"""Numbers, words of ours, and what the person has typed in the options."""


def marked_down(texts: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The texts that may have links and markup in them: those of dialogues and the descriptions of issues."""
    if isinstance(texts, dict):
        for key, inner in texts.items():
            yield from marked_down(inner, (*path, key))
    elif path[0] in ("config", "options") or (path[0] == "issues" and path[-1] == "description"):
        yield texts


def test_no_name_of_a_vendors_gets_into_markdown() -> None:
    used = {word for text in marked_down(json.loads(TEXTS.read_text())) for word in re.findall(r"{(\w+)}", text)}
    assert used <= HARMLESS
