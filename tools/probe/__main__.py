"""Ask for the credentials, look at the account, print what was found."""

import asyncio
from datetime import timedelta
import logging
import sys
from types import TracebackType

from .arguments import Arguments, parsed
from .course import Course
from .entering import MissingError, entered_credentials, entered_options
from .explaining import explained, frames_of
from .findings import Findings
from .privacy import Guard, Words
from .report import report

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def main() -> int:
    """Return the exit code: 0 if the account could be read, 1 if not, 2 if something is missing in the call."""
    # What the libraries log may quote an address or a header.
    logging.getLogger().addHandler(logging.NullHandler())
    sys.excepthook = _say_where
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        arguments = parsed(sys.argv[1:])
        try:
            credentials = entered_credentials(arguments.vendor, advanced=arguments.advanced)
            options = entered_options(arguments.vendor, advanced=arguments.advanced)
        except MissingError as err:
            _say(f"error: {err}")
            return MISUSED
        guard = Guard(arguments.vendor, credentials)
        return _look(Course(arguments.vendor, credentials, options, guard), arguments, guard)
    except KeyboardInterrupt:
        _say("\ninterrupted")
        return INTERRUPTED


def _look(course: Course, arguments: Arguments, guard: Guard) -> int:
    findings, failure = Findings(), None
    try:
        asyncio.run(course.run(findings, pause=arguments.pause, history=arguments.history, say=_say))
    except Exception as err:  # noqa: BLE001  whatever it is, what was learnt before is shown
        failure = err
    words = Words(findings, guard, shown=arguments.names)
    text = report(course, findings, words, arguments, failure)
    sys.stdout.write(guard.clean(text))
    sys.stdout.flush()
    _say_of_sessions(course)
    if failure is None:
        return 0
    _say(guard.clean(f"error: {explained(failure, words.text(str(failure)))}"))
    return FAILED


def _say_of_sessions(course: Course) -> None:
    """A refresh token is a session at the service; the services give no way to end one."""
    grants = [grant for grant in course.grants if grant.refresh is not None]
    if not grants or grants[-1].refresh is None:
        return
    ends = grants[-1].refresh.expires - course.now()
    by = f" ({', '.join(course.wire.sign_ins)})" if course.wire.sign_ins else ""
    _say(
        f"signed in {course.login_budget.spent} x{by}; the last refresh token is forgotten here, and expires at the "
        f"service by itself in {max(ends, timedelta(0)).total_seconds() / 86400:.1f} days"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _say_where(kind: type[BaseException], err: BaseException, _traceback: TracebackType | None) -> None:
    """The last resort: the values that an exception's text may quote are nobody's business."""
    _say(f"error: {kind.__name__}\n{frames_of(err)}")


if __name__ == "__main__":
    sys.exit(main())
