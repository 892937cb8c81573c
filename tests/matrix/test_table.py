"""The matrix is whole: each kind of fault that can strike an account has its row, each row a cell of every vendor."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from custom_components.energy_clouds.vendors import VENDORS

from .homes import HOMES
from .table import FAULTS, Fault

KINDS: Final[Mapping[str, Sequence[str]]] = {
    "connection refused": ["connection refused"],
    "DNS failure": ["no DNS"],
    "TLS failure": ["untrusted certificate"],
    "timeout": ["no answer"],
    "slow drip": ["slow drip", "endless drip"],
    "connection reset mid-body": ["reset in the body", "reset before the answer", "cut in the body"],
    "truncated JSON": ["half of the JSON"],
    "HTML error page": ["HTML page 502", "HTML page 200", "HTML page 200 for tokens", "401 page", "403 page"],
    "empty body": ["empty body"],
    "wrong types": ["wrong types", "wrong containers", "another document", "another document for tokens"],
    "400": ["400", "400 for tokens"],
    "401 once": ["401 once"],
    "401 for ever": ["401 for ever", "401 for data"],
    "403 per item": ["403 for one", "403 for each"],
    "403 for all": ["403 for all"],
    "404": ["404", "404 for tokens"],
    "409": ["409"],
    "422": ["422"],
    "429 with each form of wait": ["429 seconds", "429 date", "429 reset", "429 body", "429 none"],
    "500": ["500", "500 for tokens"],
    "502": ["502"],
    "503": ["503", "503 with a wait"],
    "an empty device list": ["empty list", "empty lists"],
    "a device list that shrinks by half": ["half a list"],
    "clock skew of an hour both ways": [
        "service an hour ahead",
        "service an hour behind",
        "machine an hour ahead",
        "machine an hour behind",
        "machine 20 minutes behind",
    ],
    "answers out of order": ["older answers"],
    "duplicate devices": ["duplicate devices"],
}
"""The rows by the kinds of faults that were asked for."""


def test_every_vendor_has_an_account_to_be_struck() -> None:
    assert HOMES.keys() == VENDORS.keys()


def test_every_kind_of_fault_has_its_rows_and_every_row_its_kind() -> None:
    rows = [name for names in KINDS.values() for name in names]
    assert sorted(rows) == sorted(fault.name for fault in FAULTS)


def test_every_cell_says_what_is_expected() -> None:
    known = {field.name for field in fields(Fault)} - {"name", "strike", "but"}
    for fault in FAULTS:
        assert fault.but.keys() <= VENDORS.keys(), fault.name
        for vendor in VENDORS:
            assert fault.but.get(vendor, {}).keys() <= known, (fault.name, vendor)
            expected = fault.of(vendor)
            # A person is bothered with one thing at a time.
            assert len(expected.repairs) + expected.reauth <= 1, (fault.name, vendor)
