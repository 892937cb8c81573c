from .printing import pytest_terminal_summary  # noqa
