"""Death at any moment: a task that is cancelled when it is about to wait for the so-manieth time."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Countdown:
    """Ends the history's work when it is about to wait for the so-manieth time."""

    left: int | None = None
    struck: bool = False
    strikes: Callable[[], None] = field(default=lambda: None)

    async def live(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work until then."""
        await _Steps(self, work)

    def step(self) -> None:
        """Count a wait of the task that is about to wait."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left, self.struck = None, True
            self.strikes()
            task = asyncio.current_task()
            assert task is not None
            task.get_loop().call_soon(task.cancel)


@dataclass(frozen=True, slots=True)
class _Steps:
    """Some work, every wait of which is counted."""

    countdown: Countdown
    work: Coroutine[Any, Any, None]

    def __await__(self) -> Generator[Any, Any]:
        failure: BaseException | None = None
        sent: Any = None
        while True:
            try:
                awaited = self.work.send(sent) if failure is None else self.work.throw(failure)
            except StopIteration:
                return
            self.countdown.step()
            try:
                sent, failure = (yield awaited), None
            except BaseException as err:  # noqa: BLE001  whatever comes is the work's
                failure = err
