"""What a simulator was asked: tests count and inspect these records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and the status it was answered with.

    `time` is the simulator's clock at arrival. `query` is decoded, `query_string` is as sent. Header names are in lower
    case. `body` is the parsed JSON, the text where it is none, or None without a body. `status` is None where no
    answer was finished: a reset connection, a client that left, a server that stopped.
    """

    time: datetime
    method: str
    path: str
    query: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]
    body: Any
    status: int | None
