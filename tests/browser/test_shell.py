"""The shell: by keyboard, in the dark, with texts for pictures, after a reload."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

EXAMPLES = Path(__file__).parents[2] / "plugins" / "image_classifier" / "examples"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


def press_until(page: Page, key: str, done: Callable[[], bool], *, at_most: int = 80) -> None:
    for _ in range(at_most):
        if done():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} was pressed {at_most} times in vain")


def focused(page: Page, text: str) -> Callable[[], bool]:
    return lambda: page.evaluate(
        """text => {
            const element = document.activeElement;
            if (element === document.body) return false;
            const picture = element.querySelector("img")?.alt ?? "";
            return [element.innerText, element.ariaLabel, picture].join(" ").includes(text);
        }""",
        text,
    )


def test_from_home_to_a_result_by_keyboard_alone(visit: Callable[..., Page], app: str) -> None:
    page = visit(app)
    press_until(page, "Tab", focused(page, "Open Image classifier"))
    page.keyboard.press("Enter")
    page.locator("#classifier-examples").wait_for()
    press_until(page, "Tab", focused(page, "espresso"))
    page.keyboard.press("Enter")
    expect(page.locator("#classifier-evidence .account")).to_contain_text("espresso gets 95.3%")


def test_the_chooser_names_a_demo_and_opens_it(visit: Callable[..., Page], app: str) -> None:
    page = visit(app)
    page.locator("#chooser-data").get_by_label("images").check()
    page.locator("#chooser-task").get_by_label("classify into many").check()
    expect(page.locator("#chooser-answer")).to_contain_text("Image classifier does that.")
    expect(page.locator("#chooser-answer")).to_contain_text("Cross-entropy")
    page.locator("#chooser-open").click()
    expect(page.locator("#classifier-photo")).to_be_visible()


def test_the_page_says_where_the_models_run(visit: Callable[..., Page], app: str) -> None:
    expect(visit(app).locator(".masthead .device")).to_contain_text("Runs on")


def test_the_plugins_tab_lists_states_and_last_calls(visit: Callable[..., Page], app: str) -> None:
    page = visit(app)
    page.get_by_role("tab", name="Plugins").click()
    row = page.locator("tr[data-plugin=image_classifier]")
    expect(row).to_contain_text("ready")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("tab", ["Home", "Image classifier", "Plugins"])
def test_every_text_is_readable(visit: Callable[..., Page], app: str, tab: str, dark: bool) -> None:
    page = visit(app, dark=dark)
    page.get_by_role("tab", name=tab).click()
    if tab == "Image classifier":
        page.set_input_files("#classifier-photo input[type=file]", EXAMPLES / "espresso.jpg")
        expect(page.locator("#classifier-evidence .account")).to_contain_text("espresso gets")
    page.mouse.move(0, 0)
    page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
    assert page.evaluate(CONTRAST) == []


def test_every_picture_has_a_text(visit: Callable[..., Page], app: str) -> None:
    page = visit(app)
    page.get_by_role("tab", name="Image classifier").click()
    page.set_input_files("#classifier-photo input[type=file]", EXAMPLES / "espresso.jpg")
    page.locator("#classifier-evidence img").wait_for()
    page.wait_for_function("[...document.images].every(image => image.alt)")
    alts = page.evaluate("[...document.images].map(image => image.alt)")
    assert {"espresso", "Photo", "Where the evidence for espresso lies"} <= set(alts)


@pytest.mark.parametrize("tab", ["Home", "Plugins"])
def test_nothing_scrolls_sideways_at_phone_width(
    visit: Callable[..., Page], app: str, tab: str
) -> None:
    page = visit(app, width=375, height=812)
    if tab != "Home":
        page.get_by_role("button", name="More").or_(page.locator(".overflow-menu > button")).click()
        page.get_by_text(tab, exact=True).last.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_two_visitors_do_not_see_each_others_results(visit: Callable[..., Page], app: str) -> None:
    one, two = visit(app), visit(app)
    for page, photo in ((one, "espresso"), (two, "tripod")):
        page.get_by_role("tab", name="Image classifier").click()
        page.set_input_files("#classifier-photo input[type=file]", EXAMPLES / f"{photo}.jpg")
    expect(one.locator("#classifier-evidence .account")).to_contain_text("espresso gets")
    expect(two.locator("#classifier-evidence .account")).to_contain_text("tripod gets")
    expect(one.locator("#classifier-names")).not_to_contain_text("tripod")


def test_a_page_that_is_reloaded_works_again(visit: Callable[..., Page], app: str) -> None:
    page = visit(app)
    for _ in range(2):
        page.get_by_role("tab", name="Image classifier").click()
        page.set_input_files("#classifier-photo input[type=file]", EXAMPLES / "espresso.jpg")
        expect(page.locator("#classifier-evidence .account")).to_contain_text("espresso gets")
        page.reload()
        page.get_by_role("tab").first.wait_for()
