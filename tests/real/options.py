"""Choosing an account's options as a person does: in the form that Home Assistant shows, once it has the fields."""

import asyncio
from collections.abc import Mapping, Sequence
import time
from typing import Any

from .api import Api
from .home_assistant import HomeAssistantError

PATIENCE = 100
"""Seconds that what was chosen may take to be found, so that more can be chosen for it: the next poll must do it."""


async def choose_options(api: Api, entry_id: str, options: Sequence[Mapping[str, Any]]) -> None:
    """Submit the options one after the other."""
    for chosen in options:
        form = await _form_with(api, entry_id, chosen)
        result = await api.choose_options(form, chosen)
        if result["type"] != "create_entry":
            raise HomeAssistantError(f"the options were not taken: {result.get('errors')}")


async def _form_with(api: Api, entry_id: str, chosen: Mapping[str, Any]) -> Any:
    """Open the form until it offers all that is chosen: some of it belongs to a device that is being looked for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        form = await api.start_options(entry_id)
        missing = chosen.keys() - {field["name"] for field in form["data_schema"]}
        if not missing:
            return form
        await api.cancel_options(form)
        if time.monotonic() > deadline:
            raise HomeAssistantError(f"the options never had {', '.join(sorted(missing))}")
        await asyncio.sleep(0.2)
