"""How a test and a script that wraps a vendor's client talk: a command per line in, an answer per line out, as JSON."""

import base64
from collections.abc import Awaitable, Callable
import hashlib
from importlib.metadata import distribution
import json
import sys
from typing import Any


async def converse(package: str, answer: Callable[..., Awaitable[Any]], failed: Callable[[Exception], Any]) -> None:
    """Introduce the client, then answer commands for as long as there are any.

    What the client raises is an answer like any other.
    """
    _write(_introduction(package))
    while line := sys.stdin.readline():
        try:
            said = {"result": await answer(**json.loads(line))}
        except Exception as error:  # noqa: BLE001  the test is to judge it
            said = {"raised": {"type": type(error).__name__, "message": str(error), **failed(error)}}
        _write(said)


def _write(said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _introduction(package: str) -> Any:
    """Say which version of the client plays, and which of its files are not as they were published."""
    published = distribution(package)
    changed = [
        str(file)
        for file in published.files or ()
        if file.hash is not None and file.hash.value != _digest(file.hash.mode, file.read_binary())
    ]
    return {"version": published.version, "changed": changed}


def _digest(algorithm: str, content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest()).decode().rstrip("=")
