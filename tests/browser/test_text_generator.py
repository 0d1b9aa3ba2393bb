"""A visitor has two models write, asks them why, and goes another way, in a real browser."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from tests.sources import module_of

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
COLUMNS = ("lstm", "transformer")
SECTIONS = {
    "How it chooses": "#generator-tracks svg",
    "How surprising is your text?": "#generator-surprise textarea",
    "Did it copy?": "#generator-copies textarea",
    "What tutorials get wrong": "#generator-faults article",
    "How good are they?": "#generator .quality",
}
"""What a section shows at once, by its name."""


@pytest.fixture
def page(visit: Callable[..., Page], app: str) -> Iterator[Page]:
    """The tab of the app as it ships; whatever is done there, the browser reports no error."""
    page = visit(app)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    open_tab(page)
    yield page
    assert errors == []


def open_tab(page: Page) -> None:
    page.locator("#open-text_generator").click()
    page.locator("#generator-plot tbody tr").first.wait_for()


def set_number(page: Page, name: str, value: float) -> None:
    box = page.locator(f"#generator-{name} input[type=number]")
    box.fill(str(value))
    box.press("Enter")


def write(page: Page, length: int = 60) -> None:
    set_number(page, "length", length)
    page.locator("#generator-write").click()


def column(page: Page, model: str) -> Locator:
    return page.locator(f"#generator-{model} .writer")


def text(page: Page, model: str) -> str:
    return column(page, model).locator(".body").text_content() or ""


def expect_state(page: Page, state: str, *models: str) -> None:
    for model in models or COLUMNS:
        expect(column(page, model)).to_have_attribute("data-state", state)


def open_section(page: Page, name: str) -> None:
    sections = page.locator("#generator-sections")
    tab = sections.get_by_role("tab", name=name)
    if not tab.is_visible():
        sections.locator(".overflow-menu > button").click()
        tab = sections.locator(".overflow-dropdown button", has_text=name)
    tab.click()
    page.locator(SECTIONS[name]).first.wait_for()


def test_both_models_write_what_the_action_writes(page: Page, host: Host) -> None:
    write(page)
    expect_state(page, "length")
    prompt = page.locator("#generator-prompt textarea").input_value()
    for model in COLUMNS:
        expected = host["text_generator"].call(
            "generate", model=model, prompt=prompt, max_new_characters=60, seed=1
        )
        expect(column(page, model).locator(".prompt")).to_have_text(prompt)
        assert text(page, model) == expected.text
        figures = column(page, model).locator(".figures")
        expect(figures).to_contain_text("characters60")
        expect(figures).to_contain_text(f"bits per character{expected.bits_per_character:.2f}")


def test_another_seed_gives_another_text(page: Page) -> None:
    write(page)
    expect_state(page, "length")
    before = text(page, "lstm")
    seed = page.locator("#generator-seed input")
    page.locator("#generator-dice").click()
    expect(seed).not_to_have_value("1")
    page.locator("#generator-write").click()
    expect(column(page, "lstm").locator(".body")).not_to_have_text(before)


class TestAlternatives:
    def test_pointing_at_a_character_shows_what_else_could_have_come(self, page: Page) -> None:
        write(page)
        expect_state(page, "length")
        column(page, "lstm").locator(".c").nth(20).hover()
        card = column(page, "lstm").get_by_role("dialog")
        expect(card.locator(".option")).to_have_count(5)
        expect(card.locator(".option").first).to_contain_text(re.compile(r"\d %"))
        page.mouse.move(0, 0)
        expect(card).to_be_hidden()

    def test_choosing_one_goes_on_from_there_in_that_column_alone(self, page: Page) -> None:
        write(page)
        expect_state(page, "length")
        before, other = text(page, "lstm"), text(page, "transformer")
        column(page, "lstm").locator(".c").nth(20).click()
        options = column(page, "lstm").locator(".option:not(.here)")
        chosen = (options.first.get_attribute("aria-label") or "").split()[3].rstrip(",")
        options.first.click()
        expect(column(page, "lstm").locator(".c")).to_have_count(20 + 1 + 60)
        expect_state(page, "length")
        letter = {"space": " ", "new": "\n"}.get(chosen, chosen)
        assert text(page, "lstm")[:21] == before[:20] + letter
        expect(column(page, "lstm").locator(".chosen")).to_have_count(1)
        assert text(page, "transformer") == other

    def test_it_can_all_be_done_by_keyboard(self, page: Page) -> None:
        write(page)
        expect_state(page, "length")
        before = text(page, "transformer")
        stops = column(page, "transformer").locator(".c[tabindex='0']")
        expect(stops).to_have_count(1)
        stops.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Enter"):
            page.keyboard.press(key)
        card = column(page, "transformer").get_by_role("dialog")
        expect(card.locator(".option").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(column(page, "transformer").locator(".c").nth(2)).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        expect(card.locator(".option").nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(column(page, "transformer").locator(".c")).to_have_count(2 + 1 + 60)
        assert text(page, "transformer")[:2] == before[:2]

    def test_from_a_character_one_looks_into_its_choice(self, page: Page) -> None:
        write(page)
        expect_state(page, "length")
        before = text(page, "lstm")
        open_section(page, "How good are they?")
        column(page, "lstm").locator(".c").nth(12).click()
        column(page, "lstm").locator(".look").click()
        expect(page.locator("#generator-attention .seen")).to_have_text(
            re.compile(re.escape(before[:12]) + "$")
        )


class TestSampler:
    def first_share(self, page: Page) -> str:
        return page.locator("#generator-plot tbody td").nth(1).inner_text()

    def test_a_slider_moves_the_distribution(self, page: Page) -> None:
        before = self.first_share(page)
        slider = page.locator("#generator-temperature input[type=range]")
        slider.focus()
        slider.press("ArrowLeft")
        expect(page.locator("#generator-plot tbody td").nth(1)).not_to_have_text(before)
        expect(page.locator("#generator-plot thead").first).to_contain_text("temperature")

    def test_a_stage_appears_when_it_changes_something(self, page: Page) -> None:
        heads = page.locator("#generator-plot thead").first
        expect(heads).not_to_contain_text("top-k")
        set_number(page, "top-k", 3)
        expect(heads).to_contain_text("top-k3 kept")
        page.locator("#generator-reset").click()
        expect(heads).not_to_contain_text("top-k")
        expect(page.locator("#generator-top-k input[type=number]")).to_have_value("0")

    def test_an_example_prompt_changes_what_may_come_next(self, page: Page) -> None:
        before = page.locator("#generator-plot").inner_text()
        page.get_by_role("button", name="To be, or not to be", exact=True).click()
        expect(page.locator("#generator-prompt textarea")).to_have_value("To be, or not to be")
        expect(page.locator("#generator-plot")).not_to_have_text(before, use_inner_text=True)


class TestBadInput:
    def test_html_is_shown_as_text_and_nothing_is_lost(self, page: Page) -> None:
        hostile = "<img src=x onerror=alert(1)>"
        page.on("dialog", lambda dialog: pytest.fail("the prompt was run as a script"))
        write(page)
        expect_state(page, "length")
        before = text(page, "lstm")
        page.locator("#generator-prompt textarea").fill(hostile)
        expect(page.locator("#generator-plot .problem")).to_contain_text("< (less-than sign)")
        page.locator("#generator-write").click()
        toast = page.get_by_test_id("toast-body")
        expect(toast).to_have_count(1)
        expect(toast).to_contain_text("the models have never seen < (less-than sign)")
        expect(page.locator("#generator-prompt textarea")).to_have_value(hostile)
        assert text(page, "lstm") == before
        expect(page.locator("#generator img")).to_have_count(0)

    def test_a_prompt_that_is_too_long_is_refused_with_the_limit(self, page: Page) -> None:
        page.locator("#generator-prompt textarea").fill("a" * 10_001)
        page.locator("#generator-write").click()
        expect(page.get_by_test_id("toast-body")).to_contain_text("at most 10000 characters")

    def test_after_a_refusal_the_page_writes_on(self, page: Page) -> None:
        for prompt in ("😀", "ROMEO:"):
            page.locator("#generator-prompt textarea").fill(prompt)
            write(page)
        expect_state(page, "length")

    def test_stopping_when_nothing_runs_does_nothing(self, page: Page) -> None:
        page.locator("#generator-stop").click()
        write(page)
        expect_state(page, "length")

    def test_of_two_presses_in_a_row_one_text_results(self, page: Page) -> None:
        set_number(page, "length", 60)
        page.locator("#generator-write").dblclick()
        for model in COLUMNS:
            expect(column(page, model).locator(".c")).to_have_count(60)
        expect_state(page, "length")


class TestPaced:
    """With a model that writes no faster than a test lets it."""

    @pytest.fixture
    def permits(self) -> Mapping[str, threading.Semaphore]:
        """How many characters each model may write."""
        return defaultdict(lambda: threading.Semaphore(20))

    @pytest.fixture
    def paced(self, permits: Mapping[str, threading.Semaphore]) -> Iterator[Host]:
        def demo_call(action: str, arguments: Mapping[str, Any]) -> Generator[None, Any, Any]:
            result = yield
            return slowly(result, arguments["model"]) if action == "generate" else result

        def slowly(values: Iterator[Any], model: str) -> Iterator[Any]:
            for value in values:
                permits[model].acquire()
                yield value

        gate = module_of(demo_call=(demo_call, {"wrapper": True}))
        with Host(only=["text_generator", "gate"], modules={"gate": gate}) as host:
            yield host

    @pytest.fixture
    def slow_page(
        self,
        visit: Callable[..., Page],
        paced: Host,
        uploads: Path,
        permits: Mapping[str, threading.Semaphore],
    ) -> Iterator[Page]:
        app = launch(paced, quiet=True)
        page = visit(app.local_url)
        open_tab(page)
        yield page
        for model in COLUMNS:
            permits[model].release(10_000)
        app.close()

    def test_both_stream_at_the_same_time_and_stop_keeps_their_texts(
        self, slow_page: Page, permits: Mapping[str, threading.Semaphore]
    ) -> None:
        write(slow_page, 2000)
        for model in COLUMNS:
            expect(column(slow_page, model).locator(".c")).to_have_count(20)
        expect_state(slow_page, "running")
        before = {model: text(slow_page, model) for model in COLUMNS}
        slow_page.locator("#generator-stop").click()
        self.until(
            slow_page,
            permits,
            lambda: all(
                column(slow_page, model).get_attribute("data-state") == "stopped"
                for model in COLUMNS
            ),
        )
        for model in COLUMNS:
            assert text(slow_page, model).startswith(before[model])
            assert len(text(slow_page, model)) < 2000

    def test_a_visitor_who_leaves_ends_both_streams(
        self, slow_page: Page, paced: Host, permits: Mapping[str, threading.Semaphore]
    ) -> None:
        write(slow_page, 2000)
        expect_state(slow_page, "running")
        watcher = slow_page.context.new_page()
        slow_page.close()
        self.until(
            watcher,
            permits,
            lambda: [e.outcome for e in paced.log if e.action == "generate"] == ["left"] * 2,
        )

    def until(
        self,
        page: Page,
        permits: Mapping[str, threading.Semaphore],
        done: Callable[[], bool],
    ) -> None:
        """Let each model write a character at a time until something has come about."""
        for _ in range(400):
            if done():
                return
            for model in COLUMNS:
                permits[model].release()
            page.wait_for_timeout(50)
        raise AssertionError("it did not come about")


class TestSections:
    def test_a_text_is_read_by_both_models(self, page: Page) -> None:
        open_section(page, "How surprising is your text?")
        page.get_by_role("button", name="Famous Shakespeare").click()
        expect(page.locator("#generator-bars")).to_contain_text("Transformer")
        for model in COLUMNS:
            characters = page.locator(f"#generator-scored-{model} .c")
            expect(characters.first).to_have_text("T")
            characters.nth(3).hover()
            expect(
                page.locator(f"#generator-scored-{model}").get_by_role("dialog")
            ).to_contain_text("bits")

    def test_what_a_model_wrote_can_be_looked_up(self, page: Page) -> None:
        write(page)
        expect_state(page, "length")
        open_section(page, "Did it copy?")
        page.locator("#generator-copies-transformer").click()
        expect(page.locator("#generator-copies textarea")).to_have_value(text(page, "transformer"))
        expect(page.locator("#generator-found")).to_contain_text("longest copied run")

    def test_attention_can_be_asked_by_pointer_and_by_keyboard(self, page: Page) -> None:
        account = page.locator("#generator-attention .account")
        expect(account).to_contain_text("looked at")
        page.locator("#generator-attention .c").nth(3).hover()
        expect(account).to_contain_text(re.compile("^M looked at"))
        page.locator("#generator-attention .c").nth(3).click()
        page.keyboard.press("ArrowRight")
        expect(account).to_contain_text(re.compile("^E looked at"))
        page.locator("#generator-attention").get_by_role("button", name="head 2").click()
        expect(page.locator("#generator-attention .map[aria-pressed=true]")).to_contain_text(
            "head 2"
        )

    def test_another_layer_has_other_maps(self, page: Page) -> None:
        account = page.locator("#generator-attention .account")
        expect(account).to_contain_text("looked at")
        before = account.inner_text()
        set_number(page, "layer", 1)
        expect(account).not_to_have_text(before)

    def test_the_faults_of_tutorials_are_measured_when_they_are_opened(self, page: Page) -> None:
        open_section(page, "What tutorials get wrong")
        expect(page.locator("#generator-faults article").first).to_contain_text("AttributeError")

    def test_every_button_and_picture_has_a_name(self, page: Page) -> None:
        for name in SECTIONS:
            open_section(page, name)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("#generator :is(button, canvas, svg[role=img])")]
              .filter((e) => !(e.ariaLabel ?? e.innerText ?? "").trim()).map((e) => e.outerHTML)"""
        )
        assert nameless == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
class TestLooks:
    @pytest.fixture
    def opened(self, visit: Callable[..., Page], app: str, dark: bool) -> Callable[..., Page]:
        def opened(**options: int) -> Page:
            page = visit(app, dark=dark, **options)
            open_tab(page)
            write(page)
            expect_state(page, "length")
            open_section(page, "How surprising is your text?")
            page.get_by_role("button", name="Keys at random").click()
            page.locator("#generator-bars table").wait_for()
            open_section(page, "Did it copy?")
            page.get_by_role("button", name="From the training text").click()
            page.locator("#generator-found li").first.wait_for()
            return page

        return opened

    def test_every_text_has_contrast_enough(self, opened: Callable[..., Page]) -> None:
        page = opened()
        column(page, "lstm").locator(".c").nth(20).click()
        assert page.evaluate(CONTRAST) == []
        page.keyboard.press("Escape")
        for name in SECTIONS:
            open_section(page, name)
            page.mouse.move(0, 0)
            page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
            assert page.evaluate(CONTRAST) == []

    def test_nothing_scrolls_sideways_at_phone_width(self, opened: Callable[..., Page]) -> None:
        page = opened(width=375, height=812)
        for name in SECTIONS:
            open_section(page, name)
            assert page.evaluate("document.documentElement.scrollWidth") <= 375
        column(page, "lstm").locator(".c").nth(20).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
