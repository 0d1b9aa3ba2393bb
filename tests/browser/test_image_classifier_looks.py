"""The looks of the image classifier's tab: in both themes, on a phone, and for those who listen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from demo_app import Host
from tests.browser.classifier_page import Tab, opened

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
NAMELESS = """() =>
  [...document.querySelectorAll("#classifier :is(img, canvas, svg[role=img], video)"),
   ...document.querySelectorAll("#classifier :is(button, input)")]
  .filter((e) => e.checkVisibility() && !e.closest("[aria-hidden=true]"))
  .filter((e) => !(e.ariaLabel || e.alt || e.title || e.innerText || "").trim())
  .filter((e) => !e.labels?.[0]?.innerText.trim())
  .filter((e) => !e.querySelector("img[alt]:not([alt=''])"))
  .filter((e) => !(e.tagName === "IMG" && e.closest("button[aria-label]")))
  .map((e) => e.outerHTML.slice(0, 200))"""
SECTIONS = {
    "Name a photo": "#classifier-heads .head",
    "Do I need more photos?": "#lesson-more .hint",
    "What does pre-training buy?": "#lesson-ways .hint",
    "When is it unsure?": "#lesson-unsure .hint",
    "How good is it?": ".measured .matrix",
    "What a tutorial gets wrong": "#lesson-faults",
}
"""What a section shows, by its name."""
HEADS = ["imagenet", "roses_tulips", "resnet_cifar10", "convnet_mnist"]


@pytest.fixture(scope="module", params=["light", "dark"])
def looked_at(
    request: pytest.FixtureRequest, browser: Browser, app: str, host: Host
) -> Iterator[Tab]:
    """The tab in a theme, with a photo named."""
    with opened(browser, app, host["image_classifier"], dark=request.param == "dark") as tab:
        tab.bring("cat")
        yield tab


@pytest.fixture(scope="module")
def phone(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    """The tab on a phone."""
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with opened(browser, app, host["image_classifier"], **options) as tab:
        tab.bring("cat")
        yield tab


def at_rest(tab: Tab) -> None:
    tab.page.mouse.move(0, 0)
    tab.page.wait_for_function(
        "document.getAnimations().every((one) => one.playState !== 'running')"
    )


class TestLooks:
    @pytest.mark.parametrize("name", SECTIONS)
    def test_every_text_has_contrast_enough_and_every_control_a_name(
        self, looked_at: Tab, name: str
    ) -> None:
        looked_at.open_section(name)
        looked_at.page.locator(SECTIONS[name]).first.wait_for()
        at_rest(looked_at)
        assert looked_at.page.evaluate(CONTRAST) == []
        assert looked_at.page.evaluate(NAMELESS) == []
        assert looked_at.told == []

    @pytest.mark.parametrize("head", HEADS)
    def test_the_names_by_every_kind_of_head_can_be_read(self, looked_at: Tab, head: str) -> None:
        looked_at.open_section("Name a photo")
        looked_at.choose(head)
        if head == "convnet_mnist":
            looked_at.draw(4)
            expect(looked_at.verdict).to_contain_text("4")
        at_rest(looked_at)
        assert looked_at.page.evaluate(CONTRAST) == []
        assert looked_at.page.evaluate(NAMELESS) == []


class TestPhone:
    @pytest.mark.parametrize("name", SECTIONS)
    def test_every_section_is_within_reach_and_none_too_wide(self, phone: Tab, name: str) -> None:
        phone.open_section(name)
        phone.page.locator(SECTIONS[name]).first.wait_for()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.told == []

    @pytest.mark.parametrize("head", HEADS)
    def test_no_head_makes_it_too_wide(self, phone: Tab, head: str) -> None:
        phone.open_section("Name a photo")
        phone.choose(head)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
