"""A person's browser: logged in to Home Assistant, at a laptop's size, taking pictures for the documentation."""

from collections.abc import Generator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
import io
import os
from pathlib import Path
import re
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from .configuration import REPOSITORY, TIME_ZONE

IMAGES = REPOSITORY / "docs" / "images"
PATIENCE = 20_000
"""Milliseconds that a page gets on a slow machine before something is found to be missing."""
USUAL: ViewportSize = {"width": 1280, "height": 800}
WIDE: ViewportSize = {"width": 1440, "height": 800}
_LARGEST = 300_000
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browser_page(url: str) -> Generator[Page]:
    """Open a page of Chromium, from $CHROMIUM or wherever Playwright finds one."""
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        # Chromium leaves files in the person's own folders otherwise.
        environment: dict[str, str | float | bool] = {**os.environ, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
        if libraries := os.environ.get("CHROMIUM_LIBRARIES"):
            environment["LD_LIBRARY_PATH"] = libraries
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or None, args=_ARGUMENTS, env=environment
        )
        page = browser.new_context(
            base_url=url,
            viewport=USUAL,
            device_scale_factor=2,
            color_scheme="light",
            reduced_motion="reduce",
            locale="en-US",
            timezone_id=TIME_ZONE,
        ).new_page()
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


def log_in(page: Page, username: str, password: str) -> None:
    """Log in by the form."""
    page.goto("/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.locator("ha-sidebar").wait_for()


class Album:
    """Takes pictures, into the documentation if $SCREENSHOTS is set."""

    def __init__(self, elsewhere: Path) -> None:
        """Put them elsewhere if nobody asked for them."""
        self.is_wanted = bool(os.environ.get("SCREENSHOTS"))
        self._folder = IMAGES if self.is_wanted else elsewhere
        self._folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, of: Page | Locator) -> Path:
        """Take a picture and return its file, a PNG of few colours."""
        picture = Image.open(io.BytesIO(of.screenshot(animations="disabled")))
        path = self._folder / f"{name}.png"
        for colours in (256, 128, 64):
            picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
            if path.stat().st_size < _LARGEST:
                break
        return path


def choose_integration(page: Page, name: str) -> Locator:
    """Begin to add an integration at Settings, Devices & services, and return the dialog of its flow."""
    page.goto("/config/integrations/dashboard")
    page.get_by_role("button", name="Add integration").click()
    page.get_by_placeholder("Search for a brand name").fill(name)
    page.get_by_text(name, exact=True).click()
    return page.locator("dialog-data-entry-flow")


def submit(dialog: Locator, **fields: str) -> None:
    """Fill in a form and submit it."""
    for name, text in fields.items():
        dialog.locator(f"input[name={name}]").fill(text)
    dialog.get_by_role("button", name="Submit").click()


def error_at(dialog: Locator, field: str | None) -> Locator:
    """Return the error of a field, which stands right before it, or (None) that of the form as a whole."""
    if field is None:
        return dialog.locator("ha-alert:not([own-margin])")
    return dialog.locator(f"ha-alert[own-margin]:has(+ * input[name={field}])")


def finish(dialog: Locator) -> None:
    """End a flow, which may still offer to put devices into areas, and wait until the dialog is gone."""
    dialog.get_by_role("button", name=re.compile("^(Skip and f|F)inish$")).click()
    dialog.wait_for(state="hidden")


def all_sensors(page: Page) -> Locator:
    """Return the card of a device's page that has its sensors."""
    return page.locator("ha-device-entities-card").filter(has_text="Sensors")


def shown(value: float, digits: int) -> str:
    """Return a number as Home Assistant writes it in English: what lies in the middle is rounded up."""
    return f"{Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"
