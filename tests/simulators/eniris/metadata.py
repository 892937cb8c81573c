"""Devices, companies, roles and monitors: what /v1 tells about an account (eniris.md A3.1, A3.2)."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from aiohttp import web

from .errors import answer, insufficient, json_of, refused
from .gate import Gate
from .nodes import Node
from .schema import Schema, check

COMPANY: Final = 12
ROLE: Final = 480
LICENCE_KEY: Final = "ENRS-EXAMPLE-4Q7T-00X1"
_STRINGS: Schema = {"type": "array", "items": {"type": "string"}}
_INTEGERS: Schema = {"type": "array", "items": {"type": "integer"}}
_QUERY: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "skipHash": {"type": "string"},
        "fields": _STRINGS,
        "filter": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "id": _INTEGERS,
                "nodeId": _STRINGS,
                "nodeType": _STRINGS,
                "viewId": _INTEGERS,
                "roleId": _INTEGERS,
                "companyId": _INTEGERS,
                "isActive": {"type": "boolean"},
            },
        },
        "conditions": {"type": "object", "additionalProperties": {"type": "array"}},
    },
}
_NOTHING: Schema = {"type": "object", "additionalProperties": False}


class Metadata:
    """Answers from the devices of the account; there is no paging."""

    def __init__(self, nodes: Callable[[], Sequence[Node]], gate: Gate) -> None:
        """Tell of these devices."""
        self._nodes = nodes
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/v1/device/query", self._query),
            web.get("/v1/device", self._get, allow_head=False),
            web.get("/v1/company", self._companies, allow_head=False),
            web.post("/v1/role/query", self._roles),
            web.post("/v1/role/{role}/monitors/query", self._monitors),
            web.get("/v1/license/controller/{node_id}", self._licences, allow_head=False),
        ]

    async def _query(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        body = await json_of(request)
        query = {} if body is None else body
        check(query, _QUERY)
        chosen = [node for node in self._visible() if _passes(node, query.get("filter", {}))]
        chosen = [node for node in chosen if _meets(node, query.get("conditions", {}))]
        if query.get("skipHash") == skip_hash([_updated(node) for node in chosen]):
            return web.Response(status=204)
        return answer({"device": [_device(node, query.get("fields")) for node in chosen]})

    async def _get(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        try:
            numbers = [int(number) for number in request.query.getall("id", [])]
        except ValueError as error:
            raise refused(400, "querystring/id/0 must be integer") from error
        chosen = [node for node in self._visible() if not numbers or node.id in numbers]
        return answer({"device": [_device(node, None) for node in chosen]})

    async def _companies(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        uuid = "0d7a5c1e-6c52-4c5b-8f0e-3f3f0a6f1b90"
        return answer({"company": [{"id": COMPANY, "uuid": uuid, "name": "Example family"}]})

    async def _roles(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        check(await json_of(request) or {}, _NOTHING)
        rights = {"propertyEditabilities": {}, "monitorManagement": False}
        return answer({"role": [{"id": ROLE, "name": "Owner", "selfRights": rights, "userRights": rights}]})

    async def _monitors(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        check(await json_of(request) or {}, _NOTHING)
        if request.match_info["role"] not in {"*", str(ROLE)}:
            raise insufficient()
        return answer({"monitors": [_monitor(node) for node in self._visible()]})

    async def _licences(self, request: web.Request) -> web.Response:
        self._gate.member(request)
        if not any(node.node_id == request.match_info["node_id"] for node in self._visible()):
            raise insufficient()
        licence = {
            "id": 5,
            "key": LICENCE_KEY,
            "gridKw": 17,
            "solarKw": 10,
            "batteryKw": 5,
            "evKw": 11,
            "creationDate": "2025-01-01T00:00:00Z",
            "activationDate": "2025-01-01T00:00:00Z",
            "duration": 10,
            "deactivationDate": None,
            "type": "residential",
        }
        return answer({"licenses": [licence]})

    def _visible(self) -> list[Node]:
        return sorted((node for node in self._nodes() if node.visible), key=lambda node: node.id)


def skip_hash(updates: Sequence[str]) -> str:
    """Return the hash of the devices' `lastUpdate`, in the order of their ids; the bytes of a time are inferred."""
    return b64encode(sha256("".join(updates).encode()).digest()).decode()


def _updated(node: Node) -> str:
    return node.updated.strftime("%Y-%m-%dT%H:%M:%SZ")


def _device(node: Node, fields: Sequence[str] | None) -> dict[str, Any]:
    properties = node.listed()
    return {
        "id": node.id,
        "lastUpdate": _updated(node),
        "properties": {name: properties[name] for name in properties if fields is None or name in fields},
        "userRights": {"propertyEditabilities": {}, "monitorManagement": False},
    }


def _monitor(node: Node) -> dict[str, Any]:
    readable = [name for name in (*node.properties, "nodeInfluxSeries") if name not in node.hidden]
    return {
        "id": 900_000 + node.id,
        "roleId": ROLE,
        "deviceId": node.id,
        "monitorManagement": False,
        "reads": readable,
        "edits": [],
    }


def _passes(node: Node, wanted: Mapping[str, Any]) -> bool:
    properties = node.listed()
    has = {
        "id": node.id,
        "nodeId": properties.get("nodeId"),
        "nodeType": properties.get("nodeType"),
        "viewId": None,
        "roleId": ROLE,
        "companyId": COMPANY,
    }
    active = properties.get("isActive", True)
    return all(active == value if name == "isActive" else has[name] in value for name, value in wanted.items())


def _meets(node: Node, conditions: Mapping[str, Sequence[Any]]) -> bool:
    properties = node.listed()
    return all(name in properties and properties[name] in values for name, values in conditions.items())
