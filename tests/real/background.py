"""An event loop in a thread: the simulators and Home Assistant run there while the browser's test runs here."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from threading import Thread
from typing import Any


class Background:
    """Runs coroutines in its loop. Made by `background`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take a loop that runs in another thread."""
        self._loop = loop

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end, and return the result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def background() -> Generator[Background]:
    """Keep a loop running for as long as the context lasts."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = Thread(target=loop.run_forever)
        thread.start()
        try:
            yield Background(loop)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
