"""A visitor names photos, drawings and what the camera sees, by one head or another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from demo_app import Host
from docs.screenshots import OPTIONS, find_chromium
from tests.browser.classifier_page import CAMERA, UPLOAD, Tab, opened


@pytest.fixture(scope="module")
def visited(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    with opened(browser, app, host["image_classifier"]) as tab:
        yield tab


@pytest.fixture
def tab(visited: Tab) -> Iterator[Tab]:
    """The tab, the same one for all tests, by the first head; whatever is done, nothing breaks."""
    visited.open_section("Name a photo")
    visited.choose("imagenet")
    yield visited
    assert visited.told == []


@pytest.fixture(scope="module")
def with_camera(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    """The tab in a browser with a camera."""
    with_one = browser.browser_type.launch(
        executable_path=find_chromium(), args=[*OPTIONS, *CAMERA]
    )
    with opened(with_one, app, host["image_classifier"], permissions=["camera"]) as tab:
        yield tab
    with_one.close()
    assert tab.told == []


class TestPhoto:
    def test_an_uploaded_photo_is_named_and_its_evidence_shown(self, tab: Tab) -> None:
        tab.bring("espresso")
        expect(tab.verdict).to_have_text("espresso 95 %")
        expect(tab.account).to_contain_text("espresso gets 95.3% after the softmax over all 1,000")
        expect(tab.page.locator("#classifier-evidence img")).to_have_js_property(
            "naturalWidth", 448
        )

    def test_an_example_is_named_with_one_click(self, tab: Tab) -> None:
        tab.page.locator("#classifier-examples button").nth(3).click()
        expect(tab.verdict).to_contain_text("tripod")

    def test_pressing_a_bar_shows_the_evidence_for_that_class(self, tab: Tab) -> None:
        tab.bring("tripod")
        expect(tab.account).to_contain_text("tripod gets")
        bar = tab.page.locator("#classifier-names button", has_text="harmonica")
        bar.click()
        expect(tab.account).to_contain_text("harmonica gets")
        expect(bar).to_have_attribute("aria-pressed", "true")
        expect(tab.page.locator("#classifier-chosen input")).to_have_value("harmonica")

    def test_any_of_the_classes_can_be_asked_for(self, tab: Tab) -> None:
        tab.bring("cat")
        expect(tab.account).to_contain_text("tiger cat gets")
        choice = tab.page.locator("#classifier-chosen input")
        choice.click()
        choice.press("ControlOrMeta+a")
        choice.press_sequentially("beagle")
        tab.page.get_by_role("option", name="beagle", exact=True).click()
        expect(tab.account).to_contain_text("beagle gets")
        expect(tab.account).to_contain_text("against it")
        expect(tab.verdict).to_contain_text("tiger cat")

    def test_the_evidence_can_be_saved(self, tab: Tab) -> None:
        tab.bring("cat")
        with tab.page.expect_download() as expected:
            tab.page.get_by_role("link", name="Save the picture").click()
        assert expected.value.suggested_filename == "evidence.png"
        assert expected.value.path().read_bytes().startswith(b"\x89PNG")

    def test_a_file_that_is_no_picture_gets_a_sentence_and_the_names_stay(
        self, tab: Tab, tmp_path: Path
    ) -> None:
        tab.bring("espresso")
        expect(tab.verdict).to_contain_text("espresso")
        fake = tmp_path / "fake.png"
        fake.write_bytes(b"<b>not</b> a picture")
        tab.page.locator("#classifier-photo").get_by_label("Remove Image").click()
        expect(tab.page.locator("#classifier-names .hint")).to_be_visible()
        tab.page.set_input_files(UPLOAD, fake)
        tab.refused("not a picture that can be read")
        tab.page.locator("#classifier-photo").get_by_label("Remove Image").click()
        tab.bring("cat")
        expect(tab.verdict).to_contain_text("tiger cat")


class TestHeads:
    def test_another_head_names_the_same_photo(self, tab: Tab) -> None:
        tab.bring("cat")
        tab.choose("flowers")
        expect(tab.page.locator("#classifier-names .aside")).to_contain_text("these 5 classes")
        metadata = tab.demo.metadata("flowers")
        assert metadata is not None
        assert tab.bars() == metadata.classes
        tab.choose("imagenet")
        expect(tab.verdict).to_contain_text("tiger cat")

    def test_of_a_binary_head_the_one_logit_is_told(self, tab: Tab) -> None:
        tab.bring("cat")
        tab.choose("roses_tulips")
        logit = tab.page.locator("#classifier-names .logit")
        expect(logit).to_contain_text("One logit for both")
        expect(logit).to_contain_text("Above 0 it speaks for tulips, below for roses")

    def test_a_small_network_shows_what_it_saw(self, tab: Tab) -> None:
        tab.bring("cat")
        tab.choose("resnet_cifar10")
        expect(tab.page.locator("#classifier-names .seen")).to_have_js_property("naturalWidth", 32)
        assert len(tab.bars()) == 10

    def test_the_cards_are_reached_and_chosen_by_keyboard(self, tab: Tab) -> None:
        tab.page.locator("#classifier-heads input:checked").focus()
        tab.page.keyboard.press("ArrowRight")
        expect(tab.page.locator("#classifier-heads input[value=flowers]")).to_be_checked()
        expect(tab.page.locator("#classifier-heads input[value=flowers]")).to_be_focused()


class TestDigits:
    @pytest.fixture(autouse=True)
    def paper(self, tab: Tab) -> None:
        tab.choose("convnet_mnist")
        expect(tab.page.locator("#classifier-photo")).to_be_hidden()
        clear = tab.page.locator("#classifier-pad").get_by_role("button", name="Clear")
        if clear.is_enabled():
            clear.click()
        expect(tab.page.locator("#classifier-names .hint")).to_contain_text("Draw a digit")

    @pytest.mark.parametrize("digit", [2, 7])
    def test_a_drawn_digit_is_read_and_all_ten_have_a_bar(self, tab: Tab, digit: int) -> None:
        tab.draw(digit)
        expect(tab.verdict).to_contain_text(str(digit))
        assert tab.bars() == list("0123456789")
        expect(tab.page.locator("#classifier-names .seen")).to_have_js_property("naturalWidth", 28)

    def test_it_is_read_while_the_pen_is_down(self, tab: Tab) -> None:
        paper = tab.page.locator("#classifier-pad canvas")
        box = paper.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"]
        tab.page.mouse.move(x, y + 0.2 * box["height"])
        tab.page.mouse.down()
        tab.page.mouse.move(x, y + 0.8 * box["height"], steps=5)
        expect(tab.verdict).to_contain_text("1")
        tab.page.mouse.up()

    def test_the_photo_is_still_there_afterwards(self, tab: Tab) -> None:
        tab.choose("imagenet")
        tab.bring("espresso")
        tab.choose("convnet_mnist")
        tab.draw(4)
        expect(tab.verdict).to_contain_text("4")
        tab.choose("imagenet")
        expect(tab.verdict).to_contain_text("espresso")
        tab.choose("convnet_mnist")
        expect(tab.verdict).to_contain_text("4")


class TestCamera:
    def test_what_it_sees_is_named_frame_by_frame_until_it_is_stopped(
        self, with_camera: Tab
    ) -> None:
        page = with_camera.page
        page.get_by_role("tab", name="Live camera").click()
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator("#classifier-camera .rate")).to_contain_text("frames a second")
        expect(with_camera.account).to_contain_text("gets")
        first = page.locator("#classifier-evidence img").get_attribute("src") or ""
        assert first.startswith("data:image/jpeg")
        expect(page.locator("#classifier-evidence img")).not_to_have_attribute("src", first)
        page.get_by_role("button", name="Stop the camera").click()
        expect(page.locator("#classifier-camera video")).to_have_js_property("srcObject", None)

    def test_it_stops_by_itself_when_nobody_looks(self, with_camera: Tab) -> None:
        page = with_camera.page
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator("#classifier-camera .rate")).to_contain_text("frames a second")
        with_camera.choose("convnet_mnist")
        expect(page.locator("#classifier-camera video")).to_have_js_property("srcObject", None)

    def test_without_one_it_says_so_and_photos_go_on(self, tab: Tab) -> None:
        tab.page.get_by_role("tab", name="Live camera").click()
        tab.page.get_by_role("button", name="Start the camera").click()
        expect(tab.page.locator("#classifier-camera .said")).to_contain_text("camera")
        tab.page.get_by_role("tab", name="Photo", exact=True).click()
        tab.bring("cat")
        expect(tab.verdict).to_contain_text("tiger cat")
