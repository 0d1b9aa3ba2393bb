"""A visitor names a photo and looks at the evidence, in a real browser."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

EXAMPLES = Path(__file__).parents[2] / "plugins" / "image_classifier" / "examples"
UPLOAD = "#classifier-photo input[type=file]"


@pytest.fixture
def page(visit: Callable[..., Page], app: str) -> Page:
    page = visit(app)
    page.get_by_role("tab", name="Image classifier").click()
    page.locator(UPLOAD).wait_for(state="attached")
    return page


def overlay(page: Page) -> bytes:
    """The overlay picture as the browser got it."""
    image = page.locator("#classifier-overlay img")
    image.wait_for()
    return page.request.get(image.get_attribute("src") or "").body()


def test_an_uploaded_photo_is_named_and_its_evidence_shown(page: Page) -> None:
    page.set_input_files(UPLOAD, EXAMPLES / "espresso.jpg")
    expect(page.locator("#classifier-names")).to_contain_text("espresso")
    expect(page.locator("#classifier-names")).to_contain_text("95%")
    expect(page.locator("#classifier-account")).to_contain_text("espresso gets 95.3%")
    assert Image.open(io.BytesIO(overlay(page))).size == (448, 448)


def test_an_example_is_named_with_one_click(page: Page) -> None:
    page.locator("#classifier-examples button, #classifier-examples .gallery-item").nth(3).click()
    expect(page.locator("#classifier-names")).to_contain_text("tripod")


def test_selecting_a_bar_shows_the_evidence_for_that_class(page: Page) -> None:
    page.set_input_files(UPLOAD, EXAMPLES / "tripod.jpg")
    expect(page.locator("#classifier-account")).to_contain_text("tripod gets")
    before = overlay(page)
    page.locator("#classifier-names button", has_text="harmonica").click()
    expect(page.locator("#classifier-account")).to_contain_text("harmonica gets")
    expect(page.locator("#classifier-chosen input")).to_have_value("harmonica")
    assert overlay(page) != before


def test_any_of_the_classes_can_be_asked_for(page: Page) -> None:
    page.set_input_files(UPLOAD, EXAMPLES / "cat.jpg")
    expect(page.locator("#classifier-account")).to_contain_text("tiger cat gets")
    choice = page.locator("#classifier-chosen input")
    choice.click()
    choice.press("ControlOrMeta+a")
    choice.press_sequentially("beagle")
    page.get_by_role("option", name="beagle", exact=True).click()
    expect(page.locator("#classifier-account")).to_contain_text("beagle gets")
    expect(page.locator("#classifier-account")).to_contain_text("against it")


def test_a_file_that_is_no_picture_gets_a_sentence_and_the_page_goes_on(
    page: Page, tmp_path: Path
) -> None:
    fake = tmp_path / "fake.png"
    fake.write_bytes(b"<b>not</b> a picture")
    page.set_input_files(UPLOAD, fake)
    expect(page.get_by_test_id("toast-body")).to_contain_text("not a picture that can be read")
    page.get_by_label("Close").or_(page.locator(".toast-close")).first.click()
    page.locator("#classifier-photo").get_by_label("Remove Image").or_(
        page.locator("#classifier-photo button[title='Clear']")
    ).first.click()
    page.set_input_files(UPLOAD, EXAMPLES / "espresso.jpg")
    expect(page.locator("#classifier-names")).to_contain_text("espresso")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_at_phone_width(
    visit: Callable[..., Page], app: str, dark: bool
) -> None:
    page = visit(app, width=375, height=812, dark=dark)
    page.get_by_role("button", name="Open Image classifier").click()
    page.set_input_files(UPLOAD, EXAMPLES / "espresso.jpg")
    expect(page.locator("#classifier-account")).to_contain_text("espresso gets")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375
