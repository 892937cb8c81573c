"""Enectiva's refusals: the documented statuses, in error objects of JSON:API with the reason in `detail`."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
import json
from typing import Any

from aiohttp import web

from ..fault_kinds import Status

MEDIA_TYPE = "application/vnd.api+json"


class RefusalError(Exception):
    """A request is refused with this answer."""

    def __init__(self, response: web.Response) -> None:
        """Refuse with `response`."""
        super().__init__(response.status)
        self.response = response


def answer(body: Any, status: int = 200) -> web.Response:
    """Return an answer of JSON:API's media type."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # As bytes: with text, aiohttp would add a charset, which makes it another media type.
    return web.Response(status=status, body=text.encode(), content_type=MEDIA_TYPE)


def document(status: int, *details: str, links: Iterable[str] = ()) -> dict[str, Any]:
    """Return an error document with one error per detail, each with its link if there are links."""
    errors: list[dict[str, Any]] = [
        {"status": str(status), "title": HTTPStatus(status).phrase, "detail": detail} for detail in details
    ]
    for error, link in zip(errors, links, strict=False):
        error["links"] = {"about": link}
    return {"errors": errors}


INTERNAL_ERROR = Status(500, document(500, "An unexpected error occurred."))
"""The documented 500, to be given to `faults.add`."""


def refused(status: int, detail: str) -> RefusalError:
    """Return a refusal for one reason."""
    return RefusalError(answer(document(status, detail), status))


def invalid(detail: str) -> RefusalError:
    """Return the 400 of a validation error."""
    return refused(400, detail)


def unauthorized(detail: str) -> RefusalError:
    """Return the 401 of a token that is missing, malformed, of the wrong kind, or expired."""
    return refused(401, detail)


def forbidden(scope: str) -> RefusalError:
    """Return the 403 of a token without this scope."""
    return refused(403, f"The token's scope does not permit this operation; it needs {scope}.")


def unknown(what: str) -> RefusalError:
    """Return the 404 of something that does not exist, or not for this customer."""
    return refused(404, f"{what} was not found.")


def ambiguous(external_id: str, meters: Mapping[str, str]) -> RefusalError:
    """Return the 409 of an external id that several meters have, with the address of each by its numeric id."""
    details = [f"External ID {external_id} is not unique: meter {meter}, {link}" for meter, link in meters.items()]
    return RefusalError(answer(document(409, *details, links=meters.values()), 409))
