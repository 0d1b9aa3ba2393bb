"""A visitor teaches a head, finds the wrong labels, mends them and takes the head home."""

import importlib
import random
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from tests.browser.classifier_page import EXAMPLES, Tab, opened
from tests.browser.teach_page import (
    add_files,
    card,
    cards,
    cell,
    judged,
    look_at,
    open_teaching,
    said_of_training,
    thumbs,
    train,
    upload,
)
from tests.browser.test_image_classifier_looks import CONTRAST, NAMELESS, at_rest
from tests.plugins.image_classifier.labelled_photos import encoded, picture
from tests.sources import module_of


@pytest.fixture
def tab(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    """A new visitor in the section; whatever is done there, nothing goes wrong."""
    with opened(browser, app, host["image_classifier"]) as tab:
        open_teaching(tab)
        yield tab
        assert tab.told == []


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes photos of a colour."""

    def write(colour: str, count: int, first: int = 0) -> list[Path]:
        paths = [tmp_path / f"{colour} {n}.png" for n in range(first, first + count)]
        for number, path in enumerate(paths, first):
            path.write_bytes(encoded(picture(colour, number)))
        return paths

    return write


@pytest.fixture
def two_colours(tab: Tab, photos: Callable[..., list[Path]]) -> Tab:
    """With four red photos in one class and four blue ones in the other."""
    add_files(tab, "Class A", *photos("reds", 4))
    add_files(tab, "Class B", *photos("blues", 4))
    return tab


def test_the_whole_way_with_the_drawn_leaves(tab: Tab, tmp_path: Path) -> None:
    tab.page.locator("#teach-example").click()
    expect(tab.page.locator("#teach-said")).to_contain_text("drawn by a program, not photographed")
    for name, count in (("oak", 16), ("maple", 17), ("willow", 15)):
        expect(thumbs(tab, name)).to_have_count(count)

    train(tab)
    expect(said_of_training(tab)).to_contain_text("48 computed, 0 known already")
    confusion = tab.page.locator("#teach-confusion")
    expect(confusion.locator(".verdict")).to_contain_text("2 of 12 photos held out got another")

    cell(tab, "oak", "willow").click()
    expect(judged(tab, "leaf 04.jpg")).to_contain_text("decided willow")
    judged(tab, "leaf 04.jpg").locator("select").select_option(label="willow")
    expect(judged(tab, "leaf 04.jpg").locator(".fate")).to_have_text("moved to willow")
    cell(tab, "maple", "oak").click()
    judged(tab, "leaf 47.jpg").locator("select").select_option(label="oak")
    expect(confusion.locator(".changed")).to_contain_text("2 mended")
    for name in ("oak", "maple", "willow"):
        expect(card(tab, name).locator(".count")).to_have_text("16 photos")

    train(tab, again=True)
    expect(said_of_training(tab)).to_contain_text("0 computed, 48 known already")
    expect(confusion.locator(".verdict")).to_contain_text("All 12 photos held out got the class")

    leaf = tmp_path / "another.jpg"
    leaves: Any = importlib.import_module(f"{tab.demo.module.__name__}.page.example_set")
    leaves.draw_leaf("willow", random.Random("another")).save(leaf)
    look_at(tab, leaf)
    live = tab.page.locator("#teach-live")
    expect(live.locator(".verdict b")).to_have_text("willow")
    expect(live.locator("figcaption")).to_contain_text("evidence for willow")
    before = live.locator(".map-side img").get_attribute("src")
    live.get_by_role("button", name="maple").click()
    expect(live.locator("figcaption")).to_contain_text("evidence for maple")
    assert live.locator(".map-side img").get_attribute("src") != before


class TestTraining:
    def test_with_empty_classes_it_says_what_is_missing_and_nothing_is_lost(
        self, tab: Tab, photos: Callable[..., list[Path]]
    ) -> None:
        add_files(tab, "Class A", *photos("reds", 2))
        tab.page.locator("#teach-train").click()
        tab.refused("The class 'Class B' has no photos that can be used.")
        expect(thumbs(tab, "Class A")).to_have_count(2)

    def test_a_photo_more_costs_one_computation(
        self, two_colours: Tab, photos: Callable[..., list[Path]]
    ) -> None:
        train(two_colours)
        expect(said_of_training(two_colours)).to_contain_text("8 computed")
        expect(two_colours.page.locator("#teach-curves svg")).to_have_count(2)
        add_files(two_colours, "Class A", *photos("reds", 1, first=9))
        changed = two_colours.page.locator("#teach-confusion .changed")
        expect(changed).to_contain_text("1 added")
        train(two_colours, again=True)
        expect(said_of_training(two_colours)).to_contain_text("1 computed, 8 known already")

    def test_the_arrow_keys_move_in_the_matrix_and_enter_opens(self, two_colours: Tab) -> None:
        train(two_colours)
        cell(two_colours, "Class A", "Class A").click()
        two_colours.page.keyboard.press("ArrowDown")
        two_colours.page.keyboard.press("ArrowRight")
        expect(cell(two_colours, "Class B", "Class B")).to_be_focused()
        two_colours.page.keyboard.press("Enter")
        expect(cell(two_colours, "Class B", "Class B")).to_have_attribute("aria-pressed", "true")
        expect(two_colours.page.locator("#teach-confusion h4")).to_contain_text("of Class B")

    def test_what_was_deleted_behind_a_cell_is_gone_from_its_card(self, two_colours: Tab) -> None:
        train(two_colours)
        two_colours.page.get_by_role("button", name="All photos (8)").click()
        cell(two_colours, "Class A", "Class A").click()
        judged(two_colours, "reds 1.png").get_by_role("button", name="Delete").click()
        expect(judged(two_colours, "reds 1.png").locator(".fate")).to_have_text("deleted")
        expect(card(two_colours, "Class A").locator(".count")).to_have_text("3 photos")


class TestHead:
    def test_it_says_none_of_these_of_something_else_when_it_has_thresholds(
        self, two_colours: Tab
    ) -> None:
        train(two_colours)
        look_at(two_colours, EXAMPLES / "cat.jpg")
        verdict = two_colours.page.locator("#teach-live .verdict b")
        expect(verdict).to_contain_text("Class")
        switch = two_colours.page.get_by_label("Let it say “none of these”")
        switch.check()
        expect(two_colours.page.locator("#teach-thresholds .thresholds li")).to_have_count(2)
        expect(verdict).to_have_text("None of these")
        switch.uncheck()
        expect(verdict).to_contain_text("Class")

    def test_it_is_taken_home_and_predicts_the_same_when_it_comes_back(
        self, two_colours: Tab, tmp_path: Path
    ) -> None:
        train(two_colours)
        with two_colours.page.expect_download() as expected:
            two_colours.page.locator("#teach-save-head").click()
        assert expected.value.suggested_filename == "head.safetensors"
        file = tmp_path / "head.safetensors"
        expected.value.save_as(file)
        two_colours.page.locator("#teach-clear").click()
        expect(two_colours.page.locator("#teach-results")).to_be_hidden()
        upload(two_colours, "load", file)
        said = two_colours.page.locator("#teach-said")
        expect(said).to_contain_text("Loaded: a linear head for 2 classes")
        look_at(two_colours, tmp_path / "blues 1.png")
        expect(two_colours.page.locator("#teach-live .verdict b")).to_have_text("Class B")

    def test_a_file_that_is_no_head_is_refused_and_the_photos_stay(
        self, tab: Tab, photos: Callable[..., list[Path]], tmp_path: Path
    ) -> None:
        add_files(tab, "Class A", *photos("reds", 2))
        (tmp_path / "bad.safetensors").write_bytes(b"nothing of the kind")
        upload(tab, "load", tmp_path / "bad.safetensors")
        tab.refused("no exported head")
        expect(thumbs(tab, "Class A")).to_have_count(2)


class TestStop:
    """With a training that goes no faster than a test lets it."""

    @pytest.fixture
    def permits(self) -> threading.Semaphore:
        return threading.Semaphore(0)

    @pytest.fixture
    def paced(self, permits: threading.Semaphore) -> Iterator[Host]:
        def demo_call(action: str) -> Generator[None, Any, Any]:
            result = yield
            return slowly(result) if action == "train_head" else result

        def slowly(reports: Iterator[Any]) -> Iterator[Any]:
            for report in reports:
                if report.phase == "fitting":
                    permits.acquire()
                yield report

        gate = module_of(demo_call=(demo_call, {"wrapper": True}))
        with Host(only=["image_classifier", "gate"], modules={"gate": gate}) as host:
            yield host

    def test_stop_keeps_the_best_so_far(
        self,
        browser: Browser,
        uploads: Path,
        paced: Host,
        permits: threading.Semaphore,
        photos: Callable[..., list[Path]],
    ) -> None:
        app = launch(paced, quiet=True)
        with opened(browser, app.local_url, paced["image_classifier"]) as tab:
            open_teaching(tab)
            add_files(tab, "Class A", *photos("reds", 3))
            add_files(tab, "Class B", *photos("blues", 3))
            tab.page.locator("#teach-train").click()
            permits.release(2)
            expect(said_of_training(tab)).to_contain_text("Fitting the head: epoch 2 of 100")
            tab.page.locator("#teach-stop").click()
            expect(tab.page.locator("#teach-said")).to_contain_text("the best head so far is kept")
            permits.release(200)
            expect(said_of_training(tab)).to_contain_text("Stopped at epoch 3 of 100.")
            expect(tab.page.locator("#teach-live .seeing")).to_be_visible()
            assert tab.told == []
        app.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_a_phone_nothing_is_cut_off_and_everything_can_be_read(
    browser: Browser, app: str, host: Host, dark: bool, photos: Callable[..., list[Path]]
) -> None:
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    with opened(browser, app, host["image_classifier"], dark=dark, **options) as tab:
        open_teaching(tab)
        add_files(tab, "Class A", *photos("reds", 4))
        add_files(tab, "Class B", *photos("blues", 4))
        train(tab)
        look_at(tab, EXAMPLES / "cat.jpg")
        at_rest(tab)
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert tab.page.evaluate(CONTRAST) == []
        assert tab.page.evaluate(NAMELESS) == []
        assert tab.told == []


def test_what_one_visitor_teaches_no_other_sees(
    browser: Browser, app: str, host: Host, two_colours: Tab
) -> None:
    train(two_colours)
    with opened(browser, app, host["image_classifier"]) as other:
        open_teaching(other)
        expect(cards(other).locator(".thumb")).to_have_count(0)
        expect(other.page.locator("#teach-results")).to_be_hidden()
