"""The tab of the MNIST GAN in a browser: opened, asked, drawn on, and read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect

from demo_app import Demo
from tests.browser.visiting import draw_digit, visited
from tests.plugins.mnist_gan.drawings import farthest
from tests.plugins.mnist_gan.page_values import decoded

SAMPLES = "#gan-gallery .sample"
SECTIONS = {
    "Explore": "#gan-explore img[src]",
    "Walk between two": "#gan-walk .frame img",
    "Find your digit": "#gan-sketch canvas",
    "How it learned": "#gan-replay .curve",
    "Is it copying?": "#gan-copies .neighbours img",
    "How good is it?": "#gan .ruler",
    "What a tutorial gets wrong": "#gan-faults article",
}
"""What a section shows, by its name."""


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

    def sample(self, number: int) -> Locator:
        """A digit in the gallery, from 0."""
        return self.page.locator(SAMPLES).nth(number)

    def seen(self) -> Locator:
        """What the judge thinks likeliest in the visitor's drawing."""
        return self.page.locator("#gan-found .judge .top b")

    def said(self) -> Locator:
        """What is said about the search."""
        return self.page.locator("#gan-found .said")

    def ask(
        self, digit: str = "7", *, seed: int = 3, count: int = 10, truncation: float = 3
    ) -> None:
        """Set the controls of the gallery, and wait for what the action draws with them."""
        self.page.locator("#gan-digit").get_by_label(digit, exact=True).check()
        for name, value in (("seed", seed), ("count", count), ("truncation", truncation)):
            self.set_number(name, value)
        drawn = self.demo.call(
            "sample",
            digit=None if digit == "any" else int(digit),
            seed=seed,
            count=count,
            truncation=None if truncation == 3 else truncation,
        )
        self.wait_for(f"{SAMPLES} img", [sample.image for sample in drawn.samples])

    def set_number(self, name: str, value: float | str) -> None:
        """Type into a box."""
        box = self.page.locator(f"#gan-{name} input[type=number]")
        box.fill(str(value))
        box.press("Enter")

    def open_section(self, name: str) -> None:
        """Open a section by its name, from the menu where there is no room for it."""
        sections = self.page.locator("#gan-sections")
        tab = sections.get_by_role("tab", name=name)
        if not tab.is_visible():
            sections.locator(".overflow-menu > button").click()
            tab = sections.locator(".overflow-dropdown button", has_text=name)
        tab.click()
        self.page.locator(SECTIONS[name]).first.wait_for()

    def sources(self, selector: str) -> list[str]:
        """The addresses of pictures."""
        found = self.page.locator(selector).evaluate_all("all => all.map((e) => e.src)")
        return [str(source) for source in found]

    def pictures(self, selector: str) -> list[Image.Image]:
        """Pictures as they are on the page."""
        return [decoded(source) for source in self.sources(selector)]

    def wait_for(self, selector: str, wanted: Sequence[Image.Image]) -> None:
        """Wait until the pictures are these, within a shade: how many are computed together may
        change the last bit."""
        while not alike(before := self.sources(selector), wanted):
            self.wait_for_others(selector, before)

    def wait_for_others(self, selector: str, before: Sequence[str]) -> None:
        """Wait until any of the pictures is another."""
        self.page.wait_for_function(
            """([selector, before]) => {
                const now = [...document.querySelectorAll(selector)].map((e) => e.src);
                return now.length && now.join() !== before.join();
            }""",
            arg=[selector, list(before)],
        )

    @contextmanager
    def redrawn(self, selector: str = f"{SAMPLES} img") -> Iterator[None]:
        """Wait at the end until any of the pictures is another."""
        before = self.sources(selector)
        yield
        self.wait_for_others(selector, before)

    def refused(self, text: str) -> None:
        """See a message, and close it."""
        toast = self.page.get_by_test_id("toast-body")
        expect(toast).to_contain_text(text)
        self.page.locator(".toast-close").first.click()
        expect(toast).to_have_count(0)

    def downloaded(self, button: str) -> tuple[Download, bytes]:
        """What a button to save gives."""
        with self.page.expect_download() as expected:
            self.page.locator(f"#gan-save-{button}").click()
        return expected.value, expected.value.path().read_bytes()

    def draw(self, digit: int) -> None:
        """Draw a digit on the paper with the mouse."""
        draw_digit(self.page.locator("#gan-sketch canvas"), digit)


@contextmanager
def opened(browser: Browser, address: str, demo: Demo, **options: Any) -> Iterator[Tab]:
    """The tab as a new visitor sees it, after its first digits have come.

    Args:
        browser: a Chromium.
        address: of the app.
        demo: the demo behind it.
        **options: of the browser's context; ``dark`` chooses the theme.
    """
    told: list[str] = []
    with visited(browser, address, told, **options) as page:
        page.locator("#open-mnist_gan").click()
        for selector in (SAMPLES, SECTIONS["Explore"]):
            page.locator(selector).first.wait_for()
        yield Tab(page=page, demo=demo, told=told)


def alike(sources: Sequence[str], wanted: Sequence[Image.Image]) -> bool:
    """Whether pictures of a page differ by one shade of 255 at most from others."""
    return len(sources) == len(wanted) and all(
        source and farthest(decoded(source), picture) <= 1
        for source, picture in zip(sources, wanted, strict=True)
    )
