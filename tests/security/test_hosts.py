"""A credential goes to the service that its owner has named, and to nobody else."""

from collections.abc import AsyncIterator
import re
from typing import Any
from urllib.parse import urlsplit

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from hypothesis import example, given, strategies as st
import pytest

from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.enapter.addresses import place_of
from custom_components.energy_clouds.vendors.errors import InvalidAddress
from custom_components.energy_clouds.vendors.http import service_address, service_origin
from tests.conftest import Account, MakeAccount
from tests.enapter_home import at_gateway, entered, small
from tests.eniris_home import small as small_eniris
from tests.simulators import faults
from tests.simulators.enapter import POWER_METER, running_tls
from tests.simulators.eniris import CONTROLLER, GRID_METER, PASSWORD, USERNAME
from tests.simulators.server import HOST, running

from .homes import Home, begin, submit
from .listener import Listener, listening


@pytest.fixture
async def stranger() -> AsyncIterator[Listener]:
    """Somebody who should hear nothing."""
    async with listening() as listener:
        yield listener


# Redirects and links


@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/"])
async def test_redirect_is_not_followed(
    hass: HomeAssistant, make_account: MakeAccount, home: Home[Any], stranger: Listener, location: str
) -> None:
    account = make_account(home.make())
    await account.server.start()
    flow = await begin(hass, home.vendor)
    there = location.format(port=stranger.port)
    account.simulator.faults.add(faults.Redirect(there, 307))
    result = await submit(hass, flow, home.entered(account))
    assert result["type"] is FlowResultType.FORM
    account.simulator.faults.clear()
    await account.wait(120)
    result = await submit(hass, flow, home.entered(account))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    for status in (301, 302, 303, 307, 308):
        account.simulator.faults.add(faults.Redirect(there, status))
        account.simulator.requests.clear()
        await account.wait(20 * 60)
        assert {request.status for request in account.simulator.requests} == {status}
        account.simulator.faults.clear()
    assert stranger.heard == b""


async def test_links_in_answers_lead_nowhere_else(
    hass: HomeAssistant, make_account: MakeAccount, home: Home[Any], stranger: Listener
) -> None:
    there = f"{stranger.url}/?page=2"
    links = {"next": there, "links": {"next": there, "self": there}, "url": there, "_links": {"next": {"href": there}}}
    account = make_account(home.make())
    rewritten = faults.Rewritten(lambda body: body | links if isinstance(body, dict) else body)
    account.simulator.faults.add(rewritten, re.compile(r"^(?!/auth/)"), method="GET")
    account.simulator.faults.add(rewritten, "/v1/device/query")
    await account.set_up()
    await account.polls(2)
    assert hass.states.async_entity_ids("sensor")
    assert stranger.heard == b""


async def test_proxy_of_the_environment_hears_nothing(
    hass: HomeAssistant,
    make_account: MakeAccount,
    home: Home[Any],
    stranger: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, stranger.url)
    account = make_account(home.make())
    await account.set_up()
    assert hass.states.async_entity_ids("sensor")
    assert stranger.heard == b""


async def test_each_host_of_eniris_gets_what_is_meant_for_it(hass: HomeAssistant, make_account: MakeAccount) -> None:
    simulator = small_eniris({CONTROLLER, GRID_METER})
    account = make_account(simulator)
    async with running(simulator.authentication) as authentication, running(simulator.api) as api:
        flow = await begin(hass, "eniris")
        addresses = {"url": api.url, "auth_url": authentication.url}
        added = await submit(hass, flow, {"username": USERNAME, "password": PASSWORD, "advanced": addresses})
        account.entry = added["result"]
        await account.polls(10)
        kinds: dict[str, set[str | None]] = {}
        for request in simulator.requests:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            kinds.setdefault(request.headers["host"], set()).add(simulator.tokens.kind(token))
        told = {urlsplit(one.url).netloc for one in (authentication, api)}
        assert kinds.keys() == told
        assert kinds[urlsplit(authentication.url).netloc] == {None, "refresh"}
        assert kinds[urlsplit(api.url).netloc] == {"access"}
        await hass.config_entries.async_unload(account.entry.entry_id)


# Addresses


@pytest.mark.parametrize(
    "typed",
    [
        "https://good.example@evil.example",
        "https://me:secret@good.example",
        "https://good.example%2f@evil.example",
        "https://good.example\\@evil.example",
        "https://good.example\\.evil.example",
        "https:\\\\evil.example",
        "https://go\tod.example",
        "https://good.example\n.evil.example",
        "https://good.example/\r\nX-Header: y",
        "https://good.example\x00.evil.example",
        "https://good%2eexample",
        "https://good.example%00.evil.example",
        "https://good.example;evil.example",
        "https://good.example:443:80",
        "https://good.example:0",
        "https://good.example:99999",
        "https://good\u202e.example",
        "https:/good.example",
        "https:good.example",
        "//good.example",
        "https://",
        "https:///good.example",
        "javascript:alert(1)",
        "javascript://good.example/%0aalert(1)",
        "file:/etc/passwd",
        "file:///etc/passwd",
        "data:text/html,hello",
        "ftp://good.example",
        "$(id)",
        "",
    ],
)
def test_address_that_programs_read_differently_is_none(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        service_address(typed)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("good.example", "https://good.example"),
        ("HTTPS://Good.Example.", "https://good.example"),
        ("http://good.example", "https://good.example"),
        ("https://good.example?@evil.example/", "https://good.example"),
        ("https://good.example#@evil.example", "https://good.example"),
        ("https://good.example/@evil.example", "https://good.example"),
        ("https://good.example:8443/?token=secret#secret", "https://good.example:8443"),
        # What looks like another letter is another host.
        ("https://g\u043eod.example", "https://xn--god-sed.example"),
        ("https://\uff47ood.example", "https://good.example"),
        ("https://good\u3002example", "https://good.example"),
        ("http://localhost:8080/x", "http://localhost:8080"),
        ("http://localhost.evil.example", "https://localhost.evil.example"),
        ("http://127.0.0.1.evil.example", "https://127.0.0.1.evil.example"),
        ("http://2130706433", "https://2130706433"),
    ],
)
def test_address_is_read_as_everybody_reads_it_and_reached_in_private(typed: str, origin: str) -> None:
    assert str(service_origin(typed)) == origin
    for vendor in ("envitron", "enectiva", "enpact"):
        service = VENDORS[vendor].service({"url": typed})
        assert str(service.origin()) == origin
        assert "secret" not in str(service)


@given(
    st.text("ab.:/@\\?#%[] \t\n\u3002", max_size=20)
    | st.text(st.characters(max_codepoint=0x7F), max_size=20)
    | st.text(max_size=20)
)
@example("a:b@c")
def test_another_program_finds_the_same_host(text: str) -> None:
    for typed in (text, f"https://{text}"):
        try:
            address = service_address(typed)
        except InvalidAddress:
            continue
        read = urlsplit(str(address))
        assert (read.hostname, read.username, read.query, read.fragment) == (address.raw_host, None, "", "")
        if typed.isascii() and "://" in typed:
            assert urlsplit(typed.strip()).hostname.rstrip(".") == address.raw_host  # type: ignore[union-attr]


# Gateways: looked for over HTTPS, then over HTTP


@pytest.mark.parametrize(
    ("typed", "schemes"),
    [
        ("192.168.1.5", ["https", "http"]),
        ("10.0.0.7:8080/api", ["https", "http"]),
        ("100.101.102.103", ["https", "http"]),
        ("[fe80::1]", ["https", "http"]),
        ("[fd00::5]:80", ["https", "http"]),
        ("enapter-gateway", ["https", "http"]),
        ("enapter-gateway.local", ["https", "http"]),
        ("Gateway.Home.Arpa.", ["https", "http"]),
        ("gateway.example.com", ["https"]),
        ("8.8.8.8", ["https"]),
        ("[2001:4860:4860::8888]", ["https"]),
        ("local.example", ["https"]),
        ("api.enapter.com", ["https"]),
        ("https://192.168.1.5", ["https"]),
        ("http://192.168.1.5", ["http"]),
        ("http://gateway.example.com", ["http"]),
        ("http://api.enapter.com", ["https"]),
    ],
)
def test_gateway_is_looked_for_in_the_clear_only_in_the_local_network(typed: str, schemes: list[str]) -> None:
    assert [base.scheme for base in place_of(typed).bases] == schemes


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
@pytest.mark.parametrize("typed", ["{host}", "{host}/api/v3"])
async def test_gateway_that_was_reached_over_https_is_never_asked_in_the_clear(
    hass: HomeAssistant, make_account: MakeAccount, source: str, typed: str
) -> None:
    """Whoever keeps HTTPS from answering gets no token for it."""
    account: Account[Any] = at_gateway(make_account, small(POWER_METER, gateway=True))
    async with running_tls(account.simulator) as secure:
        await secure.stop()
        account.server = secure
        await account.set_up()
    entry: Any = account.entry
    assert entry.data["credentials"]["url"].startswith("https://")
    async with listening(secure.port) as listener:
        form = await (entry.start_reauth_flow(hass) if source == "reauth" else entry.start_reconfigure_flow(hass))
        address = typed.format(host=f"{HOST}:{secure.port}")
        result = await submit(hass, form["flow_id"], entered(address, verify_ssl=False))
        assert result["type"] is FlowResultType.FORM
        assert listener.heard
        assert b"HTTP/1.1" not in listener.heard
