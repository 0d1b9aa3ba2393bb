"""The tab of the image classifier in a browser: opened, asked, drawn on, and read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from demo_app import Demo
from tests.browser.visiting import draw_digit, visited

EXAMPLES = Path(__file__).parents[2] / "plugins" / "image_classifier" / "examples"
UPLOAD = "#classifier-photo input[type=file]"
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""For a Chromium that shows a moving picture instead of a camera's."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """The tab as one visitor sees it.

    Attributes:
        page: where it is.
        demo: the demo behind it, to ask what should be shown.
        told: what went wrong: errors in the browser's console, and addresses elsewhere that were
            asked for anything.
    """

    page: Page
    demo: Demo
    told: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Locator:
        """The name that the photo gets."""
        return self.page.locator("#classifier-names .verdict")

    @property
    def account(self) -> Locator:
        """The sum that makes the logit."""
        return self.page.locator("#classifier-evidence .account")

    def bars(self) -> list[str]:
        """The names of the classes that are shown, from above."""
        return self.page.locator("#classifier-names li:not([hidden]) .name").all_inner_texts()

    def bring(self, example: str) -> None:
        """Upload one of the example photos, and wait for its names."""
        self.page.set_input_files(UPLOAD, EXAMPLES / f"{example}.jpg")
        expect(self.page.locator("#classifier-names .answer")).to_be_visible()

    def choose(self, head: str) -> None:
        """Choose a head by its name."""
        self.page.locator(f"#classifier-heads input[value='{head}']").check()

    def open_section(self, name: str) -> None:
        """Open a section by its name."""
        self.page.locator("#classifier-sections").get_by_role("tab", name=name, exact=True).click()

    def refused(self, text: str) -> None:
        """See a message, and close it."""
        toast = self.page.get_by_test_id("toast-body")
        expect(toast).to_contain_text(text)
        self.page.locator(".toast-close").first.click()
        expect(toast).to_have_count(0)

    def draw(self, digit: int) -> None:
        """Draw a digit on the paper with the mouse."""
        draw_digit(self.page.locator("#classifier-pad canvas"), digit)


@contextmanager
def opened(browser: Browser, address: str, demo: Demo, **options: Any) -> Iterator[Tab]:
    """The tab as a new visitor sees it.

    Args:
        browser: a Chromium.
        address: of the app.
        demo: the demo behind it.
        **options: of the browser's context; ``dark`` chooses the theme.
    """
    told: list[str] = []
    with visited(browser, address, told, **options) as page:
        page.locator("#open-image_classifier").click()
        page.locator("#classifier-heads .head").first.wait_for()
        yield Tab(page=page, demo=demo, told=told)
