"""A visitor's drawing is looked for, the training replayed, copies and numbers shown, in a real
browser."""

import re
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from demo_app import Host
from demo_app.surfaces.page.launch import launch
from tests.browser.gan_page import SAMPLES, Tab, opened
from tests.plugins.mnist_gan.drawings import drawn
from tests.sources import module_of

PHOTO = Path(__file__).parents[2] / "plugins/image_classifier/examples/tripod.jpg"


@pytest.fixture(scope="module")
def visited(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    with opened(browser, app, host["mnist_gan"]) as tab:
        yield tab


@pytest.fixture
def tab(visited: Tab) -> Iterator[Tab]:
    """The tab, the same one for all tests; whatever is done there, nothing goes wrong."""
    yield visited
    assert visited.told == []


class TestSketch:
    @pytest.fixture(autouse=True)
    def sketch(self, tab: Tab) -> None:
        tab.open_section("Find your digit")
        clear = tab.page.locator("#gan-sketch").get_by_role("button", name="Clear")
        if clear.is_enabled():
            clear.click()
            expect(tab.page.locator("#gan-found .hint")).to_be_visible()

    def upload(self, tab: Tab, photo: Path) -> None:
        upload = tab.page.locator("#gan-photo input[type=file]")
        if not upload.count():
            tab.page.get_by_role("button", name="Or take a photo of one").click()
        upload.set_input_files(photo)

    def take_away(self, tab: Tab) -> None:
        tab.page.locator("#gan-photo").get_by_label("Remove Image").click()

    @pytest.mark.parametrize("digit", [2, 7])
    def test_the_judge_reads_along(self, tab: Tab, digit: int) -> None:
        tab.draw(digit)
        expect(tab.seen()).to_have_text(str(digit))
        shown = tab.demo.call("score", image=drawn(digit)).image
        assert tab.pictures("#gan-found .drawing img")[0].size == shown.size

    def test_finding_it_streams_and_ends_near_the_drawing(self, tab: Tab) -> None:
        tab.draw(2)
        expect(tab.seen()).to_have_text("2")
        tab.page.evaluate(
            """() => {
                window.steps = new Set();
                const found = document.querySelector("#gan-found .figures");
                const note = () => steps.add(found.innerText.match(/(\\d+) of 200/)?.[1]);
                new MutationObserver(note).observe(found, { subtree: true, childList: true });
            }"""
        )
        tab.page.locator("#gan-find").click()
        expect(tab.said()).to_contain_text("Asked for a 2, the generator comes within 0.")
        expect(tab.page.locator("#gan-found .figures")).to_contain_text("200 of 200")
        assert tab.page.evaluate("steps.size") > 2
        expect(tab.page.locator("#gan-found svg")).to_have_attribute(
            "aria-label", re.compile(r"^The error fell from 0\.\d+ to 0\.\d+$")
        )
        assert len(tab.pictures("#gan-found .three img")) == 3

    def test_what_is_undone_is_not_seen_any_more(self, tab: Tab) -> None:
        tab.draw(7)
        expect(tab.seen()).to_have_text("7")
        with tab.redrawn("#gan-found .drawing img"):
            tab.draw(1)
        tab.page.get_by_role("button", name="Undo").click()
        expect(tab.seen()).to_have_text("7")
        tab.page.get_by_role("button", name="Undo").click()
        expect(tab.page.locator("#gan-found .hint")).to_be_visible()

    def test_on_empty_paper_there_is_nothing_to_find(self, tab: Tab) -> None:
        before = tab.sources(f"{SAMPLES} img")
        tab.page.locator("#gan-find").click()
        tab.refused("Draw one first")
        tab.page.locator("#gan-stop").click()
        assert tab.sources(f"{SAMPLES} img") == before

    def test_a_photo_of_a_digit_is_read_and_found(self, tab: Tab, tmp_path: Path) -> None:
        shade = Image.linear_gradient("L").resize((640, 480)).point(lambda value: 150 + value // 3)
        photo = shade.convert("RGB")
        ink = drawn(3, side=300, width=22, mode="L", ink="white", paper="black")
        photo.paste((40, 40, 70), (170, 90), ink)
        photo.save(tmp_path / "three.jpg")
        self.upload(tab, tmp_path / "three.jpg")
        expect(tab.seen()).to_have_text("3")
        tab.page.locator("#gan-find").click()
        expect(tab.said()).to_contain_text("Asked for a 3")
        self.take_away(tab)
        expect(tab.page.locator("#gan-found .hint")).to_be_visible()

    def test_a_photo_of_something_else_is_refused_and_the_drawing_kept(self, tab: Tab) -> None:
        tab.draw(7)
        expect(tab.seen()).to_have_text("7")
        self.upload(tab, PHOTO)
        tab.refused("That does not look like a digit on plain paper.")
        expect(tab.seen()).to_have_text("7")
        self.take_away(tab)
        tab.page.locator("#gan-find").click()
        expect(tab.said()).to_contain_text("Asked for a 7")


class TestSlowSearch:
    """With a search that goes no faster than a test lets it."""

    @pytest.fixture
    def permits(self) -> threading.Semaphore:
        """How many more reports of the search may come."""
        return threading.Semaphore(2)

    @pytest.fixture
    def paced(self, permits: threading.Semaphore) -> Iterator[Host]:
        def demo_call(action: str) -> Generator[None, Any, Any]:
            result = yield
            return slowly(result) if action == "invert" else result

        def slowly(reports: Iterator[Any]) -> Iterator[Any]:
            for report in reports:
                permits.acquire()
                yield report

        gate = module_of(demo_call=(demo_call, {"wrapper": True}))
        with Host(only=["mnist_gan", "gate"], modules={"gate": gate}) as host:
            yield host

    @pytest.fixture
    def slow(
        self, browser: Browser, uploads: Path, paced: Host, permits: threading.Semaphore
    ) -> Iterator[Tab]:
        app = launch(paced, quiet=True)
        with opened(browser, app.local_url, paced["mnist_gan"]) as tab:
            tab.open_section("Find your digit")
            tab.draw(2)
            expect(tab.seen()).to_have_text("2")
            tab.page.locator("#gan-find").click()
            expect(tab.page.locator("#gan-found .figures")).to_contain_text(" of 200")
            yield tab
        permits.release(100)
        app.close()
        assert tab.told == []

    def test_stop_ends_it_with_the_best_so_far(
        self, slow: Tab, permits: threading.Semaphore
    ) -> None:
        slow.page.locator("#gan-stop").click()
        self.until(slow.page, permits, lambda: "Stopped" in slow.said().inner_text())
        expect(slow.page.locator("#gan-found .figures")).not_to_contain_text("200 of 200")
        assert len(slow.pictures("#gan-found .three img")) == 3

    def test_another_drawing_takes_the_place_of_the_search(
        self, slow: Tab, paced: Host, permits: threading.Semaphore
    ) -> None:
        slow.draw(7)
        expect(slow.page.locator("#gan-found .image")).to_be_hidden()
        self.until(slow.page, permits, lambda: any(e.action == "invert" for e in paced.log))
        expect(slow.page.locator("#gan-found .image")).to_be_hidden()

    def until(self, page: Page, permits: threading.Semaphore, done: Callable[[], bool]) -> None:
        """Let one report after the other come until something has come about."""
        for _ in range(200):
            if done():
                return
            permits.release()
            page.wait_for_timeout(50)
        raise AssertionError("it did not come about")


class TestReplay:
    def test_the_slider_moves_picture_numbers_and_curves_together(self, tab: Tab) -> None:
        tab.open_section("How it learned")
        metadata = tab.demo.metadata("replay")
        assert metadata is not None
        steps = [point[0] for point in metadata.training["curve"]]
        cursors = tab.page.locator("#gan-replay .cursor")
        expect(cursors).to_have_count(3)
        places = set()
        for place in (0, len(steps) // 2, len(steps) - 1):
            tab.page.locator("#gan-replay input").fill(str(place))
            moment = tab.demo.call("replay", step=steps[place])
            tab.wait_for("#gan-replay img", [moment.image])
            expect(tab.page.locator("#gan-replay .figures")).to_contain_text(f"{steps[place]:,}")
            (drawn_at,) = {cursor.get_attribute("d") for cursor in cursors.all()}
            places.add(drawn_at)
        assert len(places) == 3

    def test_it_plays_from_the_beginning_and_pauses(self, tab: Tab) -> None:
        tab.open_section("How it learned")
        slider, play = (tab.page.locator(f"#gan-replay {one}") for one in ("input", ".play"))
        last = slider.get_attribute("max")
        slider.fill(str(last))
        cursor = tab.page.locator("#gan-replay .cursor").first
        end = cursor.get_attribute("d")
        play.click()
        expect(play).to_have_text("Pause")
        for _ in range(2):
            with tab.redrawn("#gan-replay img"):
                pass
        play.click()
        expect(play).to_have_text("Play")
        assert 0 < int(slider.input_value()) < int(last or 0)
        expect(cursor).not_to_have_attribute("d", end or "")


class TestCopies:
    def test_the_neighbours_are_those_of_the_chosen_digit(self, tab: Tab) -> None:
        tab.ask("7")
        tab.open_section("Is it copying?")
        for number in (0, 5):
            tab.sample(number).click()
            image = tab.pictures(f"{SAMPLES} img")[number]
            tab.wait_for("#gan-copies .asked img", [image])
            near = tab.demo.call("nearest", image=image.convert("RGB"), count=6).neighbours
            tab.wait_for("#gan-copies .neighbours img", [one.image for one in near])
            expect(tab.page.locator("#gan-copies")).to_contain_text(
                f"a {near[0].label}, no. {near[0].place:,}"
            )

    def test_they_follow_when_others_are_drawn(self, tab: Tab) -> None:
        tab.open_section("Is it copying?")
        tab.ask("0", seed=8)
        tab.wait_for("#gan-copies .asked img", tab.pictures(f"{SAMPLES} img")[:1])


class TestNumbers:
    def test_the_quality_is_what_was_measured(self, tab: Tab) -> None:
        tab.open_section("How good is it?")
        metadata = tab.demo.metadata("gan")
        assert metadata is not None
        section = tab.page.locator("#gan-sections")
        for name, form in (("frechet_distance", ".2f"), ("agreement", ".2%"), ("recall", ".1%")):
            expect(section).to_contain_text(f"{metadata.metrics[name]['value']:{form}}")
        tab.page.get_by_text("The same in numbers").click()
        points = metadata.metrics["frechet_distance_of_best_truncation"]["trade_off"]
        expect(section.locator("tbody tr")).to_have_count(len(points))

    def test_the_published_generator_is_tried_out(self, tab: Tab) -> None:
        tab.open_section("What a tutorial gets wrong")
        expect(tab.page.locator("#gan-faults")).to_contain_text("1 × 1 × 4 × 4")
        expect(tab.page.locator("#gan-faults .raised")).to_contain_text("shapes cannot be")


def test_what_one_visitor_draws_no_other_sees(browser: Browser, app: str, host: Host) -> None:
    with (
        opened(browser, app, host["mnist_gan"]) as one,
        opened(browser, app, host["mnist_gan"]) as other,
    ):
        one.ask("0", seed=5)
        other.ask("1", seed=6)
        for tab, digit in ((one, 2), (other, 7)):
            tab.open_section("Find your digit")
            tab.draw(digit)
            expect(tab.seen()).to_have_text(str(digit))
        one.sample(1).click()
        one.open_section("Explore")
        one.wait_for("#gan-explore img", [one.pictures(f"{SAMPLES} img")[1]])
        assert one.told == other.told == []
