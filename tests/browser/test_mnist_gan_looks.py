"""The looks of the MNIST GAN's tab: in both themes, on a phone, and for those who listen to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from demo_app import Host
from tests.browser.gan_page import SAMPLES, SECTIONS, Tab, opened

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
NAMELESS = """() =>
  [...document.querySelectorAll("#gan :is(img, canvas, svg[role=img], button, input)")]
  .filter((e) => e.checkVisibility() && !e.closest("[aria-hidden=true]"))
  .filter((e) => !(e.ariaLabel || e.alt || e.labels?.[0]?.innerText || e.innerText || "").trim())
  .filter((e) => !(e.tagName === "IMG" && e.closest("button[aria-label]")))
  .map((e) => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module", params=["light", "dark"])
def looked_at(
    request: pytest.FixtureRequest, browser: Browser, app: str, host: Host
) -> Iterator[Tab]:
    """The tab in a theme, after a drawing was found."""
    dark = request.param == "dark"
    options: dict[str, Any] = {"dark": dark, "reduced_motion": "reduce"}
    with opened(browser, app, host["mnist_gan"], **options) as tab:
        tab.open_section("Find your digit")
        tab.draw(2)
        expect(tab.seen()).to_have_text("2")
        tab.page.locator("#gan-find").click()
        expect(tab.said()).to_contain_text("Asked for a 2")
        yield tab


@pytest.fixture(scope="module")
def phone(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    """The tab on a phone."""
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with opened(browser, app, host["mnist_gan"], **options) as tab:
        yield tab


class TestLooks:
    @pytest.mark.parametrize("name", SECTIONS)
    def test_every_text_has_contrast_enough(self, looked_at: Tab, name: str) -> None:
        looked_at.open_section(name)
        looked_at.page.mouse.move(0, 0)
        looked_at.page.wait_for_function(
            "document.getAnimations().every((one) => one.playState !== 'running')"
        )
        assert looked_at.page.evaluate(CONTRAST) == []
        assert looked_at.told == []

    @pytest.mark.parametrize("name", SECTIONS)
    def test_every_picture_and_control_has_a_name(self, looked_at: Tab, name: str) -> None:
        looked_at.open_section(name)
        assert looked_at.page.evaluate(NAMELESS) == []

    def test_where_motion_is_not_wanted_no_film_begins_by_itself(self, looked_at: Tab) -> None:
        looked_at.open_section("Walk between two")
        expect(looked_at.page.locator("#gan-walk .play")).to_have_text("Play")


class TestPhone:
    @pytest.mark.parametrize("name", SECTIONS)
    def test_every_section_is_within_reach_and_none_too_wide(self, phone: Tab, name: str) -> None:
        phone.open_section(name)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.told == []

    def test_a_finger_moves_through_the_latents(self, phone: Tab) -> None:
        phone.open_section("Explore")
        pad = phone.page.locator("#gan-explore .pad")
        pad.scroll_into_view_if_needed()
        with phone.redrawn("#gan-explore img"):
            pad.tap(position={"x": 20, "y": 20})

    def test_no_label_in_the_gallery_is_cut_off(self, phone: Tab) -> None:
        phone.ask("any", count=30)
        cut = "all => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText)"
        assert phone.page.locator(f"{SAMPLES} .seen-as").evaluate_all(cut) == []
