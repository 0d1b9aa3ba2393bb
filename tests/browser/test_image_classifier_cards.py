"""A visitor fills the cards of the classes: by files, by dropping, pasting, a zip and a camera."""

import base64
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, expect

from demo_app import Host
from tests.browser.classifier_page import Tab, opened
from tests.browser.teach_page import add_files, card, cards, open_teaching, rename, thumbs, upload
from tests.plugins.image_classifier.labelled_photos import encoded, picture

CAMERA = """
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [320, 240];
      const pen = canvas.getContext("2d");
      let hue = 0;
      setInterval(() => {
        pen.fillStyle = `hsl(${(hue += 7)} 80% 50%)`;
        pen.fillRect(0, 0, 320, 240);
      }, 20);
      return canvas.captureStream(50);
    };
"""
"""A stream of changing colours instead of a camera's."""

BRING = """([name, kind, data]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "brought.png", { type: "image/png" }));
    const card = document.querySelector(`#teach-cards .class-card[aria-label="${name}"]`);
    const event = kind === "drop"
      ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
      : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
    card.dispatchEvent(event);
    return event.defaultPrevented;
}"""


@pytest.fixture
def tab(browser: Browser, app: str, host: Host) -> Iterator[Tab]:
    """A new visitor in the section; whatever is done there, nothing goes wrong."""
    with opened(browser, app, host["image_classifier"]) as tab:
        open_teaching(tab)
        yield tab
        assert tab.told == []


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file."""

    def write(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


class TestClasses:
    def test_one_is_added_named_and_removed_and_comes_back(
        self, tab: Tab, write: Callable[..., Path]
    ) -> None:
        tab.page.get_by_role("button", name="+ Add a class").click()
        expect(card(tab, "Class C").locator(".class-name")).to_be_focused()
        rename(tab, "Class C", "<b>mugs ☕")
        add_files(tab, "<b>mugs ☕", write("mug.png", encoded(picture("reds", 1))))
        card(tab, "<b>mugs ☕").get_by_role("button", name="Remove").click()
        expect(cards(tab)).to_have_count(2)
        undoing = tab.page.locator("#teach-cards .undoing")
        expect(undoing).to_contain_text("<b>mugs ☕ removed with 1 photo.")
        undoing.get_by_role("button", name="Undo").click()
        expect(thumbs(tab, "<b>mugs ☕")).to_have_count(1)

    def test_a_name_that_is_taken_is_refused_and_the_old_one_stays(self, tab: Tab) -> None:
        name = card(tab, "Class A").locator(".class-name")
        name.fill("class b")
        name.press("Enter")
        tab.refused("Two classes have the name")
        expect(name).to_have_value("Class A")

    def test_of_two_none_can_be_removed(self, tab: Tab) -> None:
        removal = card(tab, "Class A").get_by_role("button", name="Two classes have to stay")
        expect(removal).to_be_disabled()


class TestFiles:
    def test_good_ones_come_in_and_bad_ones_are_named(
        self, tab: Tab, write: Callable[..., Path]
    ) -> None:
        good = write("good.png", encoded(picture("reds", 1)))
        twin = write("twin.png", encoded(picture("reds", 1)))
        bad = write("bad.png", b"<b>not</b> a picture")
        add_files(tab, "Class A", good, bad, twin)
        said = card(tab, "Class A").locator("> .said")
        expect(said).to_contain_text("1 added.")
        expect(said).to_contain_text("bad.png: this browser cannot read it as a picture.")
        expect(said).to_contain_text("twin.png: It is in this class already, as 'good.png'.")
        expect(thumbs(tab, "Class A")).to_have_count(1)

    def test_a_large_photo_is_sent_small_and_upright(
        self, tab: Tab, write: Callable[..., Path]
    ) -> None:
        noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
        large = Image.fromarray(noise).resize((4000, 3000), Image.Resampling.NEAREST)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        buffer = io.BytesIO()
        large.save(buffer, "JPEG", exif=exif)
        assert len(buffer.getvalue()) > 1_000_000
        sent: list[int] = []
        tab.page.on("request", lambda request: sent.append(len(request.post_data or "")))
        add_files(tab, "Class A", write("large.jpg", buffer.getvalue()))
        assert 10_000 < max(sent) < 400_000
        image = thumbs(tab, "Class A").locator("img")
        size = image.evaluate("async (e) => (await e.decode(), [e.naturalWidth, e.naturalHeight])")
        assert size == [108, 144]

    def test_many_come_in_a_few_at_a_time(self, tab: Tab, write: Callable[..., Path]) -> None:
        files = [write(f"{n}.png", encoded(picture("blues", n))) for n in range(20)]
        add_files(tab, "Class B", *files)
        expect(card(tab, "Class B").locator("> .said")).to_have_text("20 added.")
        expect(thumbs(tab, "Class B")).to_have_count(20)

    @pytest.mark.parametrize("kind", ["drop", "paste"])
    def test_they_are_dropped_or_pasted_on_a_card(self, tab: Tab, kind: str) -> None:
        data = base64.b64encode(encoded(picture("greens", 1))).decode()
        card(tab, "Class B").locator(".class-name").focus()
        assert tab.page.evaluate(BRING, ["Class B", kind, data])
        expect(thumbs(tab, "Class B")).to_have_count(1)


class TestPhotos:
    @pytest.fixture
    def filled(self, tab: Tab, write: Callable[..., Path]) -> Tab:
        """With three photos in the first class."""
        files = [write(f"{n}.png", encoded(picture("reds", n))) for n in range(3)]
        add_files(tab, "Class A", *files)
        expect(thumbs(tab, "Class A")).to_have_count(3)
        return tab

    def test_one_is_looked_at_and_moved(self, filled: Tab) -> None:
        thumbs(filled, "Class A").nth(1).click()
        detail = card(filled, "Class A").locator(".detail")
        expect(detail).to_contain_text("1.png")
        detail.locator("select").select_option(label="Class B")
        expect(thumbs(filled, "Class A")).to_have_count(2)
        expect(thumbs(filled, "Class B")).to_have_count(1)
        expect(detail).to_be_hidden()

    def test_by_keyboard_one_is_reached_and_deleted(self, filled: Tab) -> None:
        expect(card(filled, "Class A").locator(".thumb[tabindex='0']")).to_have_count(1)
        thumbs(filled, "Class A").first.focus()
        filled.page.keyboard.press("ArrowRight")
        expect(thumbs(filled, "Class A").nth(1)).to_be_focused()
        filled.page.keyboard.press("Delete")
        expect(thumbs(filled, "Class A")).to_have_count(2)
        expect(filled.page.locator("#teach-cards .undoing")).to_contain_text("1.png deleted")
        expect(thumbs(filled, "Class A").nth(1)).to_be_focused()


def test_a_zip_of_class_folders_fills_the_cards(tab: Tab, write: Callable[..., Path]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for colour in ("reds", "blues", "greens"):
            for number in range(3):
                archive.writestr(f"{colour}/{number}.png", encoded(picture(colour, number)))
        archive.writestr("notes.txt", "hello")
    upload(tab, "zip", write("colours.zip", buffer.getvalue()))
    expect(tab.page.locator("#teach-said")).to_contain_text("9 photos added. notes.txt: it is no")
    for name in ("reds", "blues", "greens"):
        expect(thumbs(tab, name)).to_have_count(3)
    expect(cards(tab)).to_have_count(3)


class TestCamera:
    def test_frames_are_added_as_long_as_the_button_is_held(self, tab: Tab) -> None:
        tab.page.evaluate(CAMERA)
        card(tab, "Class A").get_by_role("button", name="● Camera").click()
        hold = card(tab, "Class A").locator(".hold")
        tab.page.wait_for_function("document.querySelector('#teach-cards video').videoWidth > 0")
        hold.scroll_into_view_if_needed()
        hold.hover()
        tab.page.mouse.down()
        expect(hold).to_have_text(re.compile(r"Recording: ([5-9]|\d\d)"))
        tab.page.mouse.up()
        expect(card(tab, "Class A").locator("> .said")).to_contain_text("added.")
        assert thumbs(tab, "Class A").count() >= 5
        card(tab, "Class A").get_by_role("button", name="Close the camera").click()
        expect(card(tab, "Class A").locator("video")).to_have_count(0)

    def test_without_one_a_sentence_says_so(self, tab: Tab) -> None:
        card(tab, "Class A").get_by_role("button", name="● Camera").click()
        said = card(tab, "Class A").locator(".camera-panel .said")
        expect(said).to_contain_text("add files", ignore_case=True)
