"""What the service answers when it refuses: bodies of Django REST framework and simplejwt, pages of Django.

Of the texts only "Token is blacklisted." and "Too many outstanding tokens." are documented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any

from aiohttp import web

from .switches import EnvitronSwitches

_PAGE = """
<!doctype html>
<html lang="en">
<head>
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1><p>{text}</p>
</body>
</html>
"""
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


class RefusalError(Exception):
    """A request is refused with this answer."""

    def __init__(self, response: web.Response) -> None:
        """Refuse with `response`."""
        super().__init__(response.status)
        self.response = response


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer, written as Django REST framework does: without spaces, in UTF-8, without a charset."""
    content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return web.Response(status=status, body=content, content_type="application/json", headers=headers)


def invalid(errors: Mapping[str, list[str]]) -> RefusalError:
    """Refuse invalid fields."""
    return RefusalError(answer(errors, 400))


def not_found_page() -> web.Response:
    """Return Django's page for a path that is no endpoint."""
    return _page(404, "Not Found", "The requested resource was not found on this server.")


def server_error_page() -> web.Response:
    """Return Django's page for an unhandled error."""
    return _page(500, "Server Error (500)", "")


def redirect(location: str) -> web.Response:
    """Return Django's permanent redirect, which has an empty page."""
    return web.Response(status=301, content_type="text/html", charset="utf-8", headers={"Location": location})


def _page(status: int, title: str, text: str) -> web.Response:
    return web.Response(status=status, text=_PAGE.format(title=title, text=text), content_type="text/html")


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refusals that are worded as the variant is switched."""

    switches: EnvitronSwitches

    def credentials(self) -> RefusalError:
        """Refuse a wrong user name or password."""
        code = {"code": "no_active_account"} if self.switches.login_error_code else {}
        return self._refusal(401, "No active account found with the given credentials", code, _CHALLENGE)

    def anonymous(self) -> RefusalError:
        """Refuse a request without a token."""
        return self._refusal(401, "Authentication credentials were not provided.", headers=_CHALLENGE)

    def malformed_header(self) -> RefusalError:
        """Refuse an `Authorization` header that is not "Bearer" and one word."""
        text = "Authorization header must contain two space-delimited values"
        return self._refusal(401, text, self._code("bad_authorization_header"), _CHALLENGE)

    def access(self, *, expired: bool) -> RefusalError:
        """Refuse an access token."""
        message = {"token_class": "AccessToken", "token_type": "access", "message": self._why(expired=expired)}
        more = {**self._code("token_not_valid"), "messages": [message]}
        return self._refusal(401, "Given token not valid for any token type", more, _CHALLENGE)

    def refresh(self, *, expired: bool) -> RefusalError:
        """Refuse a refresh token that expired or never was one."""
        return self._refusal(401, self._why(expired=expired), self._code("token_not_valid"), _CHALLENGE)

    def blacklisted(self) -> RefusalError:
        """Refuse a refresh token that was used or revoked."""
        text = "Token is blacklisted." if self.switches.blacklisted_dot else "Token is blacklisted"
        return self._refusal(401, text, self._code("token_not_valid"), _CHALLENGE)

    def no_user(self) -> RefusalError:
        """Refuse a token whose user is gone."""
        return self._refusal(401, "User not found", self._code("user_not_found"), _CHALLENGE)

    def outstanding(self) -> RefusalError:
        """Refuse one more pair of tokens."""
        return self._refusal(403, "Too many outstanding tokens.")

    def not_found(self, text: str = "Not found.") -> RefusalError:
        """Refuse an object that is not there, or not for this user."""
        return self._refusal(404, text)

    def method(self, method: str, allowed: str) -> RefusalError:
        """Refuse a method."""
        return self._refusal(405, f'Method "{method}" not allowed.', headers={"Allow": allowed})

    def media_type(self, media_type: str) -> RefusalError:
        """Refuse a body that is not said to be JSON."""
        return self._refusal(415, f'Unsupported media type "{media_type}" in request.')

    def malformed_json(self, error: ValueError) -> RefusalError:
        """Refuse a body that is not JSON."""
        return self._refusal(400, f"JSON parse error - {error}")

    def throttled(self, wait: int) -> RefusalError:
        """Refuse for so many seconds."""
        text = f"Request was throttled. Expected available in {wait} second{'' if wait == 1 else 's'}."
        return self._refusal(429, text, headers={"Retry-After": str(wait)} if self.switches.retry_after_header else {})

    def _why(self, *, expired: bool) -> str:
        if self.switches.token_texts == "joined":
            return "Token is invalid or expired"
        return "Token is expired" if expired else "Token is invalid"

    def _code(self, code: str) -> dict[str, str]:
        return {"code": code} if self.switches.token_error_code else {}

    def _refusal(
        self,
        status: int,
        text: str,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RefusalError:
        key = self.switches.error_key
        body = {key: [text] if key == "non_field_errors" else text}
        return RefusalError(answer(body | dict(more or {}), status, headers))
