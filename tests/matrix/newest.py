"""Lets the test plugin, which is made for the Home Assistant before, test the newest: `-p tests.matrix.newest`.

Two things are in its way: it imports httpx before Home Assistant has put its successor in that place, and looks for a
function where it is no longer. Importing this first is the cure for both.
"""

from homeassistant.components import logger
from homeassistant.components.logger import helpers

_MOVED = "_clear_logger_overwrites"

if not hasattr(logger, _MOVED):
    setattr(logger, _MOVED, getattr(helpers, _MOVED))
