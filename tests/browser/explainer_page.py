"""The tab of the container explainer in a browser: opened, typed into, and read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from demo_app import Demo
from tests.browser.visiting import visited

SECTIONS = {
    "Take a model apart": "#explainer-source",
    "Step by step": "#explainer-layers .stage h3",
    "Labs": "#explainer-labs",
    "What if I …": "#explainer-edited .edited",
    "A checkpoint file": "#explainer-file",
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

    def find(self, selector: str) -> Locator:
        """What is on the page."""
        return self.page.locator(selector)

    def open_section(self, name: str) -> None:
        """Open a section by its name."""
        self.open_tab("#explainer-sections", name)
        self.find(SECTIONS[name]).first.wait_for()

    def open_tab(self, tabs: str, name: str) -> None:
        """Open one of some tabs, from the menu where there is no room for it."""
        tab = self.find(tabs).get_by_role("tab", name=name).first
        if not tab.is_visible():
            self.find(f"{tabs} .overflow-menu > button").first.click()
            tab = self.find(f"{tabs} .overflow-dropdown button").filter(has_text=name).first
        tab.click()

    def take(self, source: str) -> None:
        """Choose where the model comes from."""
        self.open_section("Take a model apart")
        self.find("#explainer-source").get_by_label(source, exact=True).check()

    def type_code(self, code: str) -> None:
        """Replace what is in the editor."""
        editor = self.find("#explainer-code .cm-content")
        editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def fill(self, box: str, text: str) -> None:
        """Type into a box of one line, and leave it."""
        place = self.find(f"{box} input")
        place.fill(text)
        place.press("Enter")

    def names(self) -> list[str]:
        """Of the modules that the tree shows."""
        return self.find("#explainer-tree .name:visible").all_inner_texts()

    def is_narrow_enough(self) -> bool:
        """Whether nothing is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width <= 0


@contextmanager
def opened(browser: Browser, address: str, demo: Demo, **options: Any) -> Iterator[Tab]:
    """The tab as a new visitor sees it, after the first model was taken apart.

    Args:
        browser: a Chromium.
        address: of the app.
        demo: the demo behind it.
        **options: of the browser's context; ``dark`` chooses the theme.
    """
    told: list[str] = []
    with visited(browser, address, told, **options) as page:
        page.locator("#open-container_explainer").click()
        expect(page.locator("#explainer-figures")).to_contain_text("multiply-adds")
        yield Tab(page=page, demo=demo, told=told)
