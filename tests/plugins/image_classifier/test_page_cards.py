"""The cards: what their script asks for is done or said, and nothing else comes in."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import gradio as gr
import pytest

from demo_app import File, InvalidInput
from demo_app.images import open_image
from tests.plugins.image_classifier.labelled_photos import encoded, picture
from tests.plugins.image_classifier.page_photos import jpeg, url

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def cards(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.cards")


@pytest.fixture
def kept(module: Callable[[str], ModuleType]) -> Any:
    """A set with a photo in its first class."""
    kept = module("page.training_set").TrainingSet()
    kept.add(kept.classes[0].number, "first.jpg", jpeg("reds", 0))
    return kept


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What toasts said."""
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, title: said.append(text))
    return said


@pytest.fixture
def alter(cards: ModuleType, kept: Any) -> Callable[..., Any]:
    """Sends a change as the script does; gives the value that it gets back."""
    return lambda kind, **further: json.loads(cards.altered(kept, {"kind": kind, **further}))


def zipped(**members: bytes) -> File:
    """A zip; the names with ``__`` for a slash and ``_`` for a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return File(name="photos.zip", data=buffer.getvalue())


class TestAdding:
    def test_photos_come_in_with_their_small_pictures(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        number = kept.classes[1].number
        photos = [{"name": f"{n}.jpg", "data": url(jpeg("blues", n))} for n in range(2)]
        value = alter("add", number=number, photos=photos, batch=7)
        added = value["classes"][1]["photos"]
        assert [value["pictures"][str(n)]["name"] for n in added] == ["0.jpg", "1.jpg"]
        assert value["added"] == {"batch": 7, "kept": 2, "refused": []}
        assert kept.classes[1].photos[1].data == jpeg("blues", 1)

    def test_those_that_cannot_be_added_are_named_and_the_others_come_in(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        photos = [
            {"name": "cut.jpg", "data": url(jpeg("blues", 1)[:200])},
            {"name": "again.jpg", "data": url(jpeg("reds", 0))},
            {"name": "good.jpg", "data": url(jpeg("blues", 2))},
        ]
        value = alter("add", number=kept.classes[1].number, photos=photos, batch=1)
        assert value["added"]["kept"] == 1
        cut, again = value["added"]["refused"]
        assert cut.startswith("cut.jpg: The picture is damaged")
        assert again == "again.jpg: It is in 'Class A' already, as 'first.jpg'."
        assert [photo.name for photo in kept.classes[1].photos] == ["good.jpg"]

    @pytest.mark.parametrize(
        "photo",
        [
            None,
            7,
            {"name": "x"},
            {"name": "x", "data": "/etc/passwd"},
            {"name": "x", "data": {"path": "/etc/passwd"}},
            {"name": "x", "data": "http://127.0.0.1/x.jpg"},
            {"name": "x", "data": "data:image/svg+xml;base64,PHN2Zy8+"},
            {"name": "x", "data": "data:image/jpeg;base64,not base64"},
            {"name": "x", "data": "data:image/jpeg;base64," + base64.b64encode(b"<svg/>").decode()},
        ],
    )
    def test_what_no_script_of_the_page_would_send_is_refused(
        self, kept: Any, alter: Callable[..., Any], photo: Any
    ) -> None:
        value = alter("add", number=kept.classes[1].number, photos=[photo], batch=1)
        assert len(value["added"]["refused"]) == 1
        assert len(kept.photos) == 1

    def test_to_a_class_that_is_gone_nothing_is_added(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        photos = [{"name": "late.jpg", "data": url(jpeg("blues", 1))}]
        value = alter("add", number=999, photos=photos, batch=1)
        assert value["added"]["refused"] == ["late.jpg: That class is no longer here."]

    def test_one_event_brings_a_few_only(
        self, cards: ModuleType, kept: Any, alter: Callable[..., Any]
    ) -> None:
        photos = [{"name": "x", "data": ""}] * 500
        value = alter("add", number=kept.classes[0].number, photos=photos, batch=1)
        assert len(value["added"]["refused"]) == cards.MOST_AT_ONCE


class TestChanging:
    def test_classes_are_made_renamed_and_removed(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        value = alter("create")
        number = value["focus"]
        alter("rename", number=number, name=" mugs ")
        value = alter("remove", number=kept.classes[1].number)
        assert [each["name"] for each in value["classes"]] == ["Class A", "mugs"]

    def test_photos_are_moved_and_deleted(self, kept: Any, alter: Callable[..., Any]) -> None:
        (photo,) = kept.classes[0].photos
        value = alter("move", photo=photo.number, number=kept.classes[1].number)
        assert [each["photos"] for each in value["classes"]] == [[], [photo.number]]
        value = alter("delete", photo=photo.number)
        assert [each["photos"] for each in value["classes"]] == [[], []]

    def test_the_last_removal_is_told_and_undone(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        (photo,) = kept.classes[0].photos
        value = alter("delete", photo=photo.number)
        assert value["undo"] == "first.jpg deleted from Class A."
        value = alter("undo")
        assert value["classes"][0]["photos"] == [photo.number]
        assert value["undo"] == ""

    def test_every_change_has_a_higher_version(self, kept: Any, alter: Callable[..., Any]) -> None:
        versions = [alter("create")["version"] for _ in range(3)]
        assert versions == sorted(set(versions))

    def test_what_cannot_be_changed_is_said_and_the_cards_stay(
        self, kept: Any, alter: Callable[..., Any], warned: list[str]
    ) -> None:
        value = alter("rename", number=kept.classes[0].number, name="Class B")
        assert [each["name"] for each in value["classes"]] == ["Class A", "Class B"]
        assert len(warned) == 1
        assert warned[0].startswith("Two classes have the name")

    def test_a_toast_is_no_html(
        self, kept: Any, alter: Callable[..., Any], warned: list[str]
    ) -> None:
        alter("rename", number=kept.classes[0].number, name=HOSTILE + "/")
        assert "<" not in warned[0]
        assert "&lt;img" in warned[0]

    def test_an_unknown_change_is_refused(self, alter: Callable[..., Any]) -> None:
        with pytest.raises(gr.Error, match="no change that this page knows"):
            alter("format the disk")


class TestShowing:
    def test_pictures_come_when_they_are_asked_for(
        self, kept: Any, alter: Callable[..., Any]
    ) -> None:
        (photo,) = kept.classes[0].photos
        assert alter("want", numbers=[])["pictures"] == {}
        value = alter("want", numbers=[photo.number, 999, "1", None])
        (known,) = value["pictures"].values()
        assert known["name"] == "first.jpg"
        assert open_image(base64.b64decode(known["src"].split(",")[1])).size == (40, 40)

    def test_a_name_with_html_leaves_no_tag_in_the_value(
        self, cards: ModuleType, kept: Any
    ) -> None:
        kept.rename(kept.classes[0].number, HOSTILE)
        shown = cards.shown(kept)
        assert "<" not in shown
        assert json.loads(shown)["classes"][0]["name"] == HOSTILE


class TestZip:
    def test_its_folders_take_the_place_of_unused_classes(
        self, cards: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        kept = module("page.training_set").TrainingSet()
        said = cards.add_zip(
            kept,
            zipped(
                bowls__1_jpg=jpeg("reds", 1),
                mugs__1_png=encoded(picture("blues", 1, side=900)),
                notes_txt=b"hello",
            ),
        )
        assert [(each.name, len(each.photos)) for each in kept.classes] == [
            ("bowls", 1),
            ("mugs", 1),
        ]
        assert said == "2 photos added. notes.txt: it is no photo by its name"
        assert open_image(kept.classes[1].photos[0].data).size == (640, 640)

    def test_photos_go_to_the_class_of_the_same_name(self, cards: ModuleType, kept: Any) -> None:
        cards.add_zip(kept, zipped(**{"class a__1_jpg": jpeg("reds", 1)}))
        assert [len(each.photos) for each in kept.classes] == [2, 0]

    def test_damaged_photos_and_duplicates_are_named(self, cards: ModuleType, kept: Any) -> None:
        archive = zipped(
            mugs__1_jpg=jpeg("blues", 1), mugs__2_jpg=jpeg("blues", 1), mugs__3_jpg=b"nothing"
        )
        said = cards.add_zip(kept, archive)
        assert said.startswith(
            "1 photo added. mugs/2.jpg: It is in this class already, as '1.jpg'."
        )
        assert "mugs/3.jpg: The file is not a picture" in said

    @pytest.mark.parametrize(
        ("archive", "message"),
        [
            (File(name="x.zip", data=b"no zip"), "no zip"),
            (zipped(notes_txt=b"hello"), "no folder with photos"),
        ],
        ids=["no zip", "no folder"],
    )
    def test_one_that_is_of_no_use_is_refused_and_nothing_is_lost(
        self, cards: ModuleType, kept: Any, archive: File, message: str
    ) -> None:
        with pytest.raises(InvalidInput, match=message):
            cards.add_zip(kept, archive)
        assert [(each.name, len(each.photos)) for each in kept.classes] == [
            ("Class A", 1),
            ("Class B", 0),
        ]
