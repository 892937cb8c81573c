"""Waiting in real time, whatever the process believes the time to be."""

import asyncio
import os
import time


async def pause(seconds: float) -> None:
    """Wait so many real seconds.

    `asyncio.sleep` would wait for ever in a test that freezes time, since the loop's clock stands still too; the
    kernel's timer does not. (Linux only.)
    """
    if seconds <= 0:
        return
    loop = asyncio.get_running_loop()
    rung = asyncio.Event()
    timer = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
    try:
        os.timerfd_settime(timer, initial=seconds)
        loop.add_reader(timer, rung.set)
        try:
            await rung.wait()
        finally:
            loop.remove_reader(timer)
    finally:
        os.close(timer)
