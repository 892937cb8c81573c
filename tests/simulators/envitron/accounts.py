"""Who may use the service, and which buildings they see."""

from dataclasses import dataclass
from typing import Final

from .inventory import OFFICE, WAREHOUSE

USERNAME: Final = "facility@office.example"
PASSWORD: Final = "correct horse battery staple"
USER_ID: Final = 41


@dataclass(frozen=True, slots=True)
class User:
    """An account: its password, the number in its tokens, and the uuids of its buildings."""

    password: str
    user_id: int
    buildings: tuple[str, ...]


def usual_users() -> dict[str, User]:
    """Return the user of both buildings."""
    return {USERNAME: User(PASSWORD, USER_ID, (OFFICE, WAREHOUSE))}
