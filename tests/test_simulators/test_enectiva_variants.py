"""The shapes that Enectiva's documents leave open."""

import json
from typing import Any

import pytest

from tests.simulators.enectiva import ALL_SCOPES, LOGIN_TOKEN, EnectivaSwitches

from .enectiva_client import TYPED, Client, Connect, claims


async def switched(connect_enectiva: Connect, **switches: Any) -> Client:
    return await connect_enectiva(switches=EnectivaSwitches(**switches))


async def attributes(client: Client, path: str, **query: str) -> Any:
    """Return the attributes of the one record, or of the first one."""
    data = (await client.get(path, **query))["data"]
    return (data[0] if isinstance(data, list) else data)["attributes"]


@pytest.mark.parametrize("status", [201, 200])
@pytest.mark.parametrize("shape", ["jsonapi", "flat", "id", "text", "header"])
async def test_where_the_access_token_is(connect_enectiva: Connect, shape: str, status: int) -> None:
    client = await switched(connect_enectiva, token_shape=shape, token_status=status)
    response, text = await client.ask("POST", "/access_tokens", token=LOGIN_TOKEN)
    assert response.status == status
    body = json.loads(text) if shape != "text" else {}
    match shape:
        case "jsonapi":
            token = body["data"]["attributes"]["token"]
        case "flat":
            token = body["access_token"]
        case "id":
            token = body["data"]["id"]
        case "header":
            token = response.headers["Authorization"].removeprefix("Bearer ")
        case _:
            token = text
    assert text.count(token) == (0 if shape == "header" else 1)
    assert (await client.ask("GET", "/meters", token=token))[0].status == 200


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("string_space", " ".join(sorted(ALL_SCOPES))),
        ("string_comma", ",".join(sorted(ALL_SCOPES))),
        ("list", sorted(ALL_SCOPES)),
        ("absent", None),
    ],
)
async def test_scopes_in_the_access_token(connect_enectiva: Connect, form: str, expected: Any) -> None:
    client = await switched(connect_enectiva, scp_as=form)
    assert claims(await client.log_in()).get("scp") == expected
    client.simulator.withdraw(LOGIN_TOKEN, "readings")
    assert (await client.refused("/meters/42/readings"))[0] == 403, "whatever the token says"


async def test_the_customer_may_be_missing_in_the_access_token(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, sub_absent=True)
    assert "sub" not in claims(await client.log_in())
    assert await client.get("/meters")


async def test_a_body_may_be_wanted(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, wants_body=True)
    for body, status in (
        (None, 400),
        ("{}", 400),
        ("nonsense", 400),
        ('{"data": {"type": "tokens"}}', 400),
        ('{"data": {"type": "access_tokens"}}', 201),
    ):
        response, _ = await client.ask("POST", "/access_tokens", token=LOGIN_TOKEN, headers=TYPED, data=body)
        assert response.status == status
    assert client.simulator.tokens_issued == 1


async def test_flat_records(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, attributes="flat")
    assert (await client.get("/meters/42"))["data"] == {
        "type": "meters",
        "id": "42",
        "name": "Main electricity",
        "external_id": "the-ultimate-answer",
        "code": "001-001-0001-00-EL",
        "energy": "electricity",
        "unit": "kWh",
        "deactivated_at": None,
        "entity_id": "7",
    }
    assert (await client.get("/entities/7"))["data"] == {
        "type": "entities",
        "id": "7",
        "name": "Building A",
        "parent_id": "1",
    }
    for path in ("/meters/42/readings", "/meters/42/deltas", "/data_series/11/data_points"):
        record = (await client.get(path, limit="1"))["data"][0]
        assert set(record) == {"type", "id", "time", "state"}


async def test_ids_are_integers(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, ids="integer")
    meter = (await client.get("/meters/42"))["data"]
    assert meter["id"] == 42
    assert meter["relationships"]["entity"]["data"]["id"] == 7
    for path in ("/meters/42/readings", "/meters/42/deltas", "/entities/7/deltas", "/data_series/11/data_points"):
        ids = [record["id"] for record in (await client.get(path, limit="10"))["data"]]
        assert {type(one) for one in ids} == {int}
        assert len(set(ids)) == 10


@pytest.mark.parametrize(("values", "separator"), [("string", "."), ("comma", ",")])
async def test_values_are_strings(connect_enectiva: Connect, values: str, separator: str) -> None:
    plain, client = await switched(connect_enectiva), await switched(connect_enectiva, values=values)
    for path in ("/meters/42/readings", "/meters/42/deltas", "/entities/7/deltas", "/data_series/11/data_points"):
        expected = (await attributes(plain, path, limit="1"))["value"]
        value = (await attributes(client, path, limit="1"))["value"]
        assert value.count(separator) == 1
        assert float(value.replace(",", ".")) == expected


async def test_times_are_called_timestamp(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, time_key="timestamp")
    for path in ("/meters/42/readings", "/meters/42/deltas", "/data_series/11/data_points"):
        assert set(await attributes(client, path, limit="1")) == {"timestamp", "value"}


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, {"energy": "electricity", "unit": "kWh"}),
        ({"unit": "absent"}, {"energy": "electricity"}),
        ({"unit": "energy_object"}, {"energy": {"name": "electricity", "unit": "kWh"}}),
        ({"energy": "object"}, {"energy": {"name": "electricity", "code": "EL"}, "unit": "kWh"}),
        (
            {"energy": "object", "unit": "energy_object"},
            {"energy": {"name": "electricity", "code": "EL", "unit": "kWh"}},
        ),
        ({"energy": "included"}, {"unit": "kWh"}),
        ({"energy": "code_only"}, {"unit": "kWh"}),
        ({"energy": "absent"}, {"unit": "kWh"}),
        ({"energy": "absent", "unit": "absent"}, {}),
    ],
)
async def test_where_a_meters_energy_and_unit_are(connect_enectiva: Connect, switches: Any, expected: Any) -> None:
    client = await switched(connect_enectiva, **switches)
    found = await attributes(client, "/meters/42")
    assert {name: found[name] for name in ("energy", "unit") if name in found} == expected
    assert ("code" in found) is (switches.get("energy") != "absent")


@pytest.mark.parametrize("form", ["jsonapi", "flat"])
@pytest.mark.parametrize(("unit", "units"), [("attribute", {}), ("energy_object", {"unit": "m3"})])
async def test_energies_are_included(connect_enectiva: Connect, form: str, unit: str, units: dict[str, str]) -> None:
    client = await switched(connect_enectiva, energy="included", unit=unit, attributes=form)
    body = await client.get("/meters/48")
    link = body["data"]["relationships"]["energy"]["data"]
    (included,) = body["included"]
    assert (included["type"], included["id"]) == (link["type"], link["id"])
    about = included["attributes"] if form == "jsonapi" else included
    assert about.items() >= {"name": "water", "code": "WA", **units}.items()
    everything = await client.get("/meters")
    links = {meter["relationships"]["energy"]["data"]["id"] for meter in everything["data"]}
    assert {energy["id"] for energy in everything["included"]} == links
    assert len(everything["included"]) == 5


async def test_meters_may_tell_their_direction(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, direction_attribute=True)
    assert (await attributes(client, "/meters/42"))["type"] == "consumption"
    assert (await attributes(client, "/meters/43"))["type"] == "production"


@pytest.mark.parametrize("status", [404, 500, 501])
async def test_entities_may_not_be_available(connect_enectiva: Connect, status: int) -> None:
    client = await switched(connect_enectiva, entities=status)
    assert (await client.refused("/entities"))[0] == status
    assert (await client.refused("/entities/7"))[0] == status
    assert await client.get("/entities/7/deltas")


async def test_the_inferred_path_of_deltas_may_not_exist(connect_enectiva: Connect) -> None:
    client = await switched(connect_enectiva, deltas=404)
    assert (await client.refused("/meters/42/deltas"))[0] == 404
    assert await client.get("/virtual_meters/501/deltas")
