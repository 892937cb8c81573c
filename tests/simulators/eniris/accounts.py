"""Who may sign in, and with what."""

from dataclasses import dataclass, field
from typing import Final

USERNAME: Final = "family@home.example"
PASSWORD: Final = "correct horse battery staple"
USER_ID: Final = 7301
INVITED: Final = "invited@home.example"
"""A user who has never set a password, as after an invitation or with single sign-on."""
TOTP: Final = "492039"
"""What the authenticator app of every user shows, at any time."""
EMAIL_CODE: Final = "718263"
"""What every mail with a code says."""
RECOVERY_CODE: Final = "QX7B2M9KD4R6T1ZA"
"""The one recovery code; it works once."""


@dataclass(slots=True)
class User:
    """An account: its password (None: it has none), and the number in its tokens."""

    password: str | None
    user_id: int
    member: bool = True
    """Whether the user has a role; without one every question to the API is refused (eniris.md A2.6)."""
    recovery_codes: set[str] = field(default_factory=lambda: {RECOVERY_CODE})


def usual_users() -> dict[str, User]:
    """Return the user of both controllers, and the invited one."""
    return {USERNAME: User(PASSWORD, USER_ID), INVITED: User(None, USER_ID + 1)}
