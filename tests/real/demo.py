"""`scripts/demo`: a Home Assistant with an account of every vendor at its simulators, to look at or to check."""

import argparse
import asyncio
from collections.abc import Generator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil
import signal
import sys

from .configuration import REPOSITORY
from .history import DAYS
from .home_assistant import HomeAssistantError, free_port
from .report import energy_table, say, table, write
from .setting import OWNER, Setting, set_up
from .verification import verify

FOLDER = REPOSITORY / ".demo"
USUAL_PORT = 8123


def main() -> int:
    """Run the demo, and return its exit status. What went wrong can be read in its folder afterwards."""
    options = _options()
    try:
        with _alone(FOLDER):
            status = asyncio.run(_until_told_to_stop(options))
            if status == 1 or options.keep:
                say(f"Home Assistant's folder is kept: {FOLDER.relative_to(REPOSITORY)}")
            else:
                _empty(FOLDER)
            return status
    except (HomeAssistantError, TimeoutError) as err:
        write(f"error: {err or 'Home Assistant took too long'}")
        return 1


async def _until_told_to_stop(options: argparse.Namespace) -> int:
    """Run as a task that Ctrl-C, SIGTERM and the end of the terminal cancel, so that everything is stopped in order."""
    task = asyncio.ensure_future(_run(options))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        say("Stopped.")
        return 130 if options.check else 0


async def _run(options: argparse.Namespace) -> int:
    port = options.port or free_port(*(() if options.check else (USUAL_PORT,)))
    async with set_up(FOLDER, port, options.language) as setting:
        if options.check:
            return await _check(setting)
        filled = await setting.filled()
        write(table(filled.entries.values()))
        write(await energy_table(setting.api, filled.dashboard))
        write(
            f"\nHome Assistant is at {setting.home_assistant.url}"
            f"\nIts energy dashboard is at {setting.home_assistant.url}/energy (choose 'Last {DAYS} days' there)"
            f"\n  user name  {OWNER.username}\n  password   {OWNER.password}\n\nCtrl-C stops it.\n"
        )
        await setting.home_assistant.ended()
    raise HomeAssistantError("Home Assistant ended")


async def _check(setting: Setting) -> int:
    problems = await verify(setting)
    for problem in problems:
        write(f"WRONG: {problem}")
    say(f"{len(problems)} things are wrong." if problems else "All is well.")
    return 1 if problems else 0


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Empty the folder and hold it: two demos would take it away from each other."""
    folder.mkdir(exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise HomeAssistantError(f"another demo runs in {folder}") from None
    try:
        _empty(folder)
        yield
    finally:
        os.close(handle)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Home Assistant with an account of every vendor, at simulators on this machine.",
    )
    parser.add_argument("--check", action="store_true", help="verify everything instead of staying, and exit")
    parser.add_argument("--port", type=int, default=0, help=f"Home Assistant's port (else {USUAL_PORT} or a free one)")
    parser.add_argument("--keep", action="store_true", help=f"keep Home Assistant's folder, {FOLDER.name}, at the end")
    parser.add_argument("--language", default="en", help="Home Assistant's language (else en)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
