"""Requests: waits in every documented form, addresses in every spelling."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.errors import InvalidAddress
from custom_components.energy_clouds.vendors.http import service_address, wait_in

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, {"retry_after": 847}, 847),
        ({}, {"retryAfter": 15}, 15),
        ({}, {"retry_after": "30"}, 30),
        ({}, {"retry_after": 0}, 0),
        ({"Retry-After": "120"}, None, 120),
        ({"Retry-After": "1.5"}, None, 1.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, None, 90),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 33)}, None, 33),
        ({"RateLimit-Reset": "44"}, None, 44),
        ({"RateLimit-Reset": format_datetime(NOW + timedelta(seconds=55), usegmt=True)}, None, 55),
        ({"Retry-After": "10", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 33)}, {"retry_after": 20}, 33),
        ({"Retry-After": "soon"}, {"retry_after": "soon"}, None),
        ({"Retry-After": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, None, None),
        ({}, {"retry_after": -5}, None),
        ({}, {"retry_after": True}, None),
        ({}, {"retry_after": 1e300}, None),
        ({}, {"retry_after": 10**400}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2300"}, None, None),
        ({}, ["retry_after"], None),
        ({}, None, None),
    ],
)
def test_wait_in_a_refusal(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    wait = wait_in(headers, json.dumps(body).encode() if body is not None else b"<html>", NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(), st.text(), st.binary())
def test_any_refusal_names_a_wait_or_none(retry_after: str, reset: str, body: bytes) -> None:
    wait = wait_in({"Retry-After": retry_after, "X-RateLimit-Reset": reset}, body, NOW)
    assert wait is None or wait >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.org", "https://example.org"),
        (" https://example.org/ ", "https://example.org/"),
        ("http://192.168.1.2:8080/api?x=1#y", "http://192.168.1.2:8080/api"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("[::1]:8000", "https://[::1]:8000"),
    ],
)
def test_address_in_any_spelling(text: str, url: str) -> None:
    assert str(service_address(text)) == url


@pytest.mark.parametrize(
    "text", ["", " ", "https://", "ftp://x", "file:///etc", "https://u:p@x", "https://x:99999", "h ttp:"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidAddress):
        service_address(text)


@given(st.text())
def test_any_text_is_an_address_or_not(text: str) -> None:
    try:
        url = service_address(text)
    except InvalidAddress:
        return
    assert url.scheme in ("http", "https")
    assert url.host
    assert url.user is url.password is None
