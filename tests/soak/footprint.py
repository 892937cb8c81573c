"""What of the integration, and of everything, is in memory; and what goes on."""

import asyncio
from collections import Counter
import gc
from pathlib import Path
import re
import threading
from typing import Any

_OURS = "custom_components.energy_clouds"
_CHANGING = re.compile(r"0x[0-9a-f]+|when=[0-9.]+|[0-9]+")
_MEGABYTE = 1024 * 1024


def resident() -> float:
    """The process's resident memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MEGABYTE


def objects() -> Counter[str]:
    """How many objects of the integration's own types there are, by type."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    return Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if str(kind.__module__).startswith(_OURS))


def all_objects() -> Counter[str]:
    """How many objects there are of each type."""
    return Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())


def going_on() -> Counter[str]:
    """Tasks, timers and threads, as texts without what is different each time; pools of threads may grow."""
    loop: Any = asyncio.get_running_loop()
    current = asyncio.current_task()
    tasks = (f"task {one.get_coro()}" for one in asyncio.all_tasks() if one is not current)
    timers = (f"timer {one}" for one in loop._scheduled if not one.cancelled())
    threads = {f"thread {one.name}" for one in threading.enumerate()}
    return Counter(_CHANGING.sub("", one) for one in (*tasks, *timers, *threads))
