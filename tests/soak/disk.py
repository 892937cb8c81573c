"""What is on Home Assistant's disk, in memory: the test plugin's stand-in remembers every single write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store
from homeassistant.util.json import json_loads

type Stored = dict[str, Any]


@contextmanager
def in_memory() -> Iterator[Stored]:
    """Have all stores read from, and write to, one dictionary by their keys."""
    stored: Stored = {}
    load = Store._async_load

    async def async_load(store: Store[Any]) -> Any:
        if store._data is None:
            if store.key not in stored:
                return None
            store._data = stored[store.key]
        return await load(store)

    async def async_write(store: Store[Any], data: dict[str, Any]) -> None:
        if "data_func" in data:
            data["data"] = data.pop("data_func")()
        stored[store.key] = json_loads(json_bytes(data))

    async def async_remove(store: Store[Any]) -> None:
        stored.pop(store.key, None)

    with (
        patch.object(Store, "_async_load", async_load),
        patch.object(Store, "_async_write_data", async_write),
        patch.object(Store, "async_remove", async_remove),
    ):
        yield stored
