"""A visitor asks for digits, drags through latents and walks between two, in a real browser."""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import pairwise

import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Locator, expect

from demo_app import Host
from tests.browser.gan_page import SAMPLES, Tab, opened
from tests.plugins.mnist_gan.drawings import farthest

PICTURES = f"{SAMPLES} img"


@pytest.fixture(scope="module")
def visited(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    with opened(browser, app, host["mnist_gan"]) as tab:
        yield tab


@pytest.fixture
def tab(visited: Tab) -> Iterator[Tab]:
    """The tab, the same one for all tests; whatever is done there, nothing goes wrong."""
    yield visited
    assert visited.told == []


class TestGallery:
    def test_choosing_a_digit_draws_what_the_action_draws(self, tab: Tab) -> None:
        tab.ask("7")
        with tab.redrawn():
            tab.ask("4")
        expect(tab.sample(9)).to_have_attribute("aria-label", re.compile("^Sample 10, a 4; the"))

    def test_the_dice_bring_others_and_the_seed_brings_them_back(self, tab: Tab) -> None:
        tab.ask("7", seed=3)
        with tab.redrawn():
            tab.page.locator("#gan-dice").click()
        expect(tab.page.locator("#gan-seed input")).not_to_have_value("3")
        with tab.redrawn():
            tab.ask("7", seed=3)

    def test_truncated_to_nothing_they_are_all_alike(self, tab: Tab) -> None:
        tab.ask("7")
        assert len(set(tab.sources(PICTURES))) == 10
        tab.ask("7", truncation=0)
        first, *others = tab.pictures(PICTURES)
        assert max(farthest(first, other) for other in others) <= 1

    def test_there_are_as_many_as_are_asked_for(self, tab: Tab) -> None:
        tab.ask(count=100)
        expect(tab.page.locator("#gan-gallery .said")).to_contain_text("of 100.")
        before = tab.pictures(PICTURES)
        tab.ask(count=20)
        for fewer, more in zip(tab.pictures(PICTURES), before[:20], strict=True):
            assert farthest(fewer, more) <= 1

    def test_any_digit_means_several(self, tab: Tab) -> None:
        tab.ask("any", count=30)
        labels = tab.page.locator(SAMPLES).evaluate_all("all => all.map((e) => e.ariaLabel)")
        assert len({re.findall(r", a (\d);", label)[0] for label in labels}) > 3

    def test_each_tells_what_the_judge_sees_and_how_real_it_looks(self, tab: Tab) -> None:
        tab.ask("7", seed=3)
        found = tab.demo.call("sample", digit=7, seed=3, count=10, scored=True)
        for number, one in enumerate(found.samples):
            digit, real = one.opinion.digit, one.opinion.more_real_than
            expect(tab.sample(number).locator(".seen-as b")).to_have_text(str(digit))
            width = tab.sample(number).locator(".bar i").evaluate("e => e.style.width")
            assert float(width.rstrip("%")) == pytest.approx(100 * real, abs=1)

    def test_the_arrow_keys_move_and_enter_chooses(self, tab: Tab) -> None:
        tab.ask(count=30)
        expect(tab.page.locator(f"{SAMPLES}[tabindex='0']")).to_have_count(1)
        tab.sample(0).focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
            tab.page.keyboard.press(key)
        expect(tab.sample(11)).to_be_focused()
        expect(tab.sample(0)).to_have_attribute("aria-pressed", "true")
        tab.page.keyboard.press("Enter")
        expect(tab.sample(11)).to_have_attribute("aria-pressed", "true")
        expect(tab.page.locator(f"{SAMPLES}[aria-pressed=true]")).to_have_count(1)

    def test_an_emptied_seed_is_0(self, tab: Tab) -> None:
        tab.ask(seed=0)
        before = tab.pictures(PICTURES)
        tab.ask(seed=1)
        tab.set_number("seed", "")
        tab.wait_for(PICTURES, before)

    @pytest.mark.parametrize(
        ("name", "value"), [("seed", -4), ("seed", 2**70), ("count", 0), ("truncation", 7)]
    )
    def test_what_is_out_of_range_is_said_and_nothing_is_lost(
        self, tab: Tab, name: str, value: int
    ) -> None:
        tab.ask()
        before = tab.sources(PICTURES)
        tab.set_number(name, value)
        tab.refused(" than m")
        assert tab.sources(PICTURES) == before


class TestDownloads:
    def test_a_sheet_shows_what_the_gallery_shows(self, tab: Tab) -> None:
        tab.ask("3", seed=11, count=20)
        file, data = tab.downloaded("png")
        assert file.suggested_filename == "digits-seed-11.png"
        sheet = Image.open(io.BytesIO(data)).resize((280, 56), Image.Resampling.NEAREST)
        for place, shown in enumerate(tab.pictures(PICTURES)):
            left, top = place % 10 * 28, place // 10 * 28
            assert farthest(sheet.crop((left, top, left + 28, top + 28)), shown) <= 1

    def test_a_zip_holds_each_of_them(self, tab: Tab) -> None:
        tab.ask("any", seed=11)
        file, data = tab.downloaded("zip")
        assert file.suggested_filename == "digits-seed-11.zip"
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            *names, recipe = archive.namelist()
            assert recipe == "recipe.json"
            for name, shown in zip(names, tab.pictures(PICTURES), strict=True):
                assert farthest(Image.open(io.BytesIO(archive.read(name))), shown) <= 1

    def test_the_same_file_can_be_had_twice(self, tab: Tab) -> None:
        assert tab.downloaded("png")[1] == tab.downloaded("png")[1]


class TestExplorer:
    PICTURE = "#gan-explore img"

    @pytest.fixture(autouse=True)
    def explorer(self, tab: Tab) -> None:
        tab.open_section("Explore")
        other = tab.page.locator("#gan-seed input").input_value() == "3"
        tab.ask(seed=4 if other else 3)
        tab.wait_for(self.PICTURE, tab.pictures(PICTURES)[:1])
        tab.page.locator("#gan-explore .pad").scroll_into_view_if_needed()

    def at(self, tab: Tab, x: float, y: float) -> tuple[float, float]:
        """A place on the pad, whose middle is at 0 and whose edges are at ±1."""
        box = tab.page.locator("#gan-explore .pad").bounding_box()
        assert box is not None
        return box["x"] + box["width"] * (1 + x) / 2, box["y"] + box["height"] * (1 - y) / 2

    def values(self, tab: Tab) -> list[float]:
        sliders = tab.page.locator("#gan-explore input[type=range]").all()
        return [float(slider.input_value()) for slider in sliders]

    def test_it_begins_with_the_chosen_sample(self, tab: Tab) -> None:
        tab.sample(5).click()
        tab.wait_for(self.PICTURE, [tab.pictures(PICTURES)[5]])

    def test_the_picture_changes_while_the_pad_is_dragged(self, tab: Tab) -> None:
        tab.page.mouse.move(*self.at(tab, 0, 0))
        tab.page.mouse.down()
        for share in (0.4, 0.8):
            with tab.redrawn(self.PICTURE):
                tab.page.mouse.move(*self.at(tab, share, -share))
        tab.page.mouse.up()
        assert self.values(tab) == pytest.approx([3.2, -3.2], abs=0.1)
        expect(tab.page.locator("#gan-explore")).to_contain_text(re.compile(r"round trip\d+ ms"))

    def test_dragged_out_of_the_pad_it_stops_at_the_edge(self, tab: Tab) -> None:
        tab.page.mouse.move(*self.at(tab, 0, 0))
        tab.page.mouse.down()
        with tab.redrawn(self.PICTURE):
            tab.page.mouse.move(*self.at(tab, 3, 0.5))
        tab.page.mouse.up()
        assert self.values(tab) == pytest.approx([4, 2], abs=0.1)
        tab.page.mouse.move(*self.at(tab, 0, 0))
        assert self.values(tab) == pytest.approx([4, 2], abs=0.1)

    def test_a_double_click_leads_back(self, tab: Tab) -> None:
        origin = tab.pictures(self.PICTURE)
        with tab.redrawn(self.PICTURE):
            tab.page.mouse.click(*self.at(tab, 0.5, 0.5))
        tab.page.mouse.dblclick(*self.at(tab, 0.5, 0.5))
        tab.wait_for(self.PICTURE, origin)
        assert self.values(tab) == [0, 0]

    @pytest.mark.parametrize("axis", [0, 1])
    def test_the_sliders_do_the_same_by_keyboard(self, tab: Tab, axis: int) -> None:
        slider = tab.page.locator("#gan-explore input[type=range]").nth(axis)
        slider.focus()
        with tab.redrawn(self.PICTURE):
            slider.press("End")
        expected = [0, 0]
        expected[axis] = 4
        assert self.values(tab) == expected

    def test_the_axes_are_never_the_same_direction(self, tab: Tab) -> None:
        def choose(axis: str, name: str) -> None:
            tab.page.locator(f"#gan-{axis} input").click()
            tab.page.locator(f"#gan-{axis}").get_by_role("option", name=name, exact=True).click()

        names = tab.page.locator("#gan-explore .axis")
        choose("across", "stroke weight")
        expect(tab.page.locator("#gan-up input")).to_have_value("slant")
        expect(names).to_have_text(["stroke weight", "slant"])
        choose("up", "stroke weight")
        expect(tab.page.locator("#gan-across input")).to_have_value("slant")
        expect(names).to_have_text(["slant", "stroke weight"])


class TestWalk:
    IMAGE = "#gan-walk .picture-side img"
    FRAMES = "#gan-walk .frame img"

    @pytest.fixture(autouse=True)
    def walk(self, tab: Tab) -> None:
        tab.open_section("Walk between two")
        if self.button(tab).inner_text() == "Pause":
            self.button(tab).click()

    def button(self, tab: Tab) -> Locator:
        return tab.page.locator("#gan-walk .play")

    def scrubber(self, tab: Tab) -> Locator:
        return tab.page.locator("#gan-walk input[type=range]")

    def test_it_plays_and_pauses(self, tab: Tab) -> None:
        self.button(tab).click()
        expect(self.button(tab)).to_have_text("Pause")
        for _ in range(2):
            with tab.redrawn(self.IMAGE):
                pass
        self.button(tab).click()
        expect(self.button(tab)).to_have_text("Play")

    def test_after_a_film_that_was_stopped_the_next_one_rests(self, tab: Tab) -> None:
        self.scrubber(tab).fill("5")
        for way in ("straight", "turning"):
            with tab.redrawn(self.FRAMES):
                tab.page.locator("#gan-way").get_by_label(way).check()
            expect(self.button(tab)).to_have_text("Play")
            expect(self.scrubber(tab)).to_have_value("0")

    def test_it_can_be_scrubbed(self, tab: Tab) -> None:
        for place in (7, 20):
            self.scrubber(tab).fill(str(place))
            share = round(100 * place / 23)
            expect(tab.page.locator(self.IMAGE)).to_have_attribute(
                "alt", re.compile(rf"^{share} % of the way; the judge sees a \d$")
            )
            assert tab.sources(self.IMAGE)[0] == tab.sources(self.FRAMES)[place]

    def test_its_frames_lead_from_one_digit_to_the_other(self, tab: Tab) -> None:
        frames = tab.page.locator("#gan-walk .frame")
        expect(frames).to_have_count(24)
        expect(tab.page.locator("#gan-walk .said")).to_contain_text("The judge begins with a ")
        frames.nth(12).click()
        expect(self.scrubber(tab)).to_have_value("12")
        steps = [farthest(a, b) for a, b in pairwise(tab.pictures(self.FRAMES))]
        assert min(steps) > 0

    @pytest.mark.parametrize(("end", "place"), [("from", 0), ("to", 23)])
    def test_an_end_can_be_the_chosen_digit(self, tab: Tab, end: str, place: int) -> None:
        tab.ask("5", seed=20 + place, truncation=1.2)
        tab.sample(4).click()
        chosen = tab.pictures(PICTURES)[4]
        with tab.redrawn(self.FRAMES):
            tab.page.locator(f"#gan-{end}-chosen").click()
        for name, value in (("seed", 20 + place), ("number", 5)):
            expect(tab.page.locator(f"#gan-{end}-{name} input")).to_have_value(str(value))
        tab.wait_for(f"#gan-walk .frame:nth-child({place + 1}) img", [chosen])

    @pytest.mark.parametrize("format", ["webp", "gif"])
    def test_the_animation_can_be_taken_home(self, tab: Tab, format: str) -> None:
        file, data = tab.downloaded(format)
        assert file.suggested_filename == f"interpolation.{format}"
        with Image.open(io.BytesIO(data)) as animation:
            assert animation.format == format.upper()
            frames = [frame.copy() for frame in ImageSequence.Iterator(animation)]
        # There and back, each end once.
        assert len(frames) == 24 + 22
