"""What the tests on a real Home Assistant share."""

from collections.abc import Generator
from contextlib import AsyncExitStack

from playwright.sync_api import Page
import pytest

from tests.simulators.enpact import EnpactSimulator
from tests.simulators.server import running as serving

from .api import Api, Owner, onboarded
from .background import Background, background
from .browser import Album, browser_page
from .home_assistant import HomeAssistant, running

OWNER = Owner()


@pytest.fixture(scope="module")
def loop() -> Generator[Background]:
    """The loop of everything that is no browser."""
    with background() as loop:
        yield loop


@pytest.fixture(scope="module")
def stack(loop: Background) -> Generator[AsyncExitStack]:
    """What runs in that loop, until the module's end."""
    stack = AsyncExitStack()
    try:
        yield stack
    finally:
        loop.run(stack.aclose())


@pytest.fixture(scope="module")
def enpact(loop: Background, stack: AsyncExitStack) -> str:
    """The address of a simulated Enpact service."""
    return loop.run(stack.enter_async_context(serving(EnpactSimulator()))).url


@pytest.fixture(scope="module")
def home_assistant(loop: Background, stack: AsyncExitStack, tmp_path_factory: pytest.TempPathFactory) -> HomeAssistant:
    """A Home Assistant on its first day."""
    return loop.run(stack.enter_async_context(running(tmp_path_factory.mktemp("home_assistant"))))


@pytest.fixture(scope="module")
def api(loop: Background, stack: AsyncExitStack, home_assistant: HomeAssistant) -> Api:
    """Its interfaces, for a look behind the scenes."""
    api = loop.run(stack.enter_async_context(onboarded(home_assistant.url, OWNER)))
    loop.run(api.until_running())
    return api


@pytest.fixture(scope="module")
def page(home_assistant: HomeAssistant, api: Api) -> Generator[Page]:
    """A browser that has not logged in yet."""
    with browser_page(home_assistant.url) as page:
        yield page


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Where pictures go."""
    return Album(tmp_path_factory.mktemp("pictures"))
