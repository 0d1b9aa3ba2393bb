"""What the page keeps of a visitor's classes and photos: in order, bounded, for one session."""

import gc
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
from gradio.context import LocalContext
from PIL import Image

from demo_app import Demo, Host, InvalidInput
from demo_app.images import open_image
from demo_app.surfaces.visitors import PageDemo, Visitors
from tests.plugins.image_classifier.labelled_photos import encoded, picture
from tests.plugins.image_classifier.page_photos import jpeg


@pytest.fixture(scope="session")
def rooms(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.training_set")


@pytest.fixture
def kept(rooms: ModuleType) -> Any:
    """A new set."""
    return rooms.TrainingSet()


@pytest.fixture
def filled(kept: Any) -> Any:
    """A set with two photos in each of its two classes."""
    for each, colour in zip(kept.classes, ("reds", "blues"), strict=True):
        for number in range(2):
            kept.add(each.number, f"{colour} {number}.jpg", jpeg(colour, number))
    return kept


def names(kept: Any) -> dict[str, list[str]]:
    return {each.name: [photo.name for photo in each.photos] for each in kept.classes}


class TestClasses:
    def test_there_are_two_empty_ones_at_first(self, kept: Any) -> None:
        assert names(kept) == {"Class A": [], "Class B": []}

    def test_a_new_one_gets_the_next_free_letter(self, kept: Any) -> None:
        kept.rename(kept.classes[1].number, "class c")
        assert [kept.add_class().name for _ in range(2)] == ["Class B", "Class D"]

    def test_a_name_is_trimmed_and_may_hold_html_and_emoji(self, kept: Any) -> None:
        kept.rename(kept.classes[0].number, "  <b>mug ☕ ")
        assert kept.classes[0].name == "<b>mug ☕"

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "has no name"),
            ("a/b", "slash"),
            ("x" * 101, "101 characters"),
            ("CLASS B", "Two classes have the name"),
        ],
    )
    def test_a_name_that_cannot_be_one_changes_nothing(
        self, kept: Any, name: str, message: str
    ) -> None:
        version = kept.version
        with pytest.raises(InvalidInput, match=message):
            kept.rename(kept.classes[0].number, name)
        assert list(names(kept)) == ["Class A", "Class B"]
        assert kept.version == version

    def test_one_is_removed_with_its_photos_but_two_have_to_stay(self, filled: Any) -> None:
        filled.add_class("third")
        filled.remove_class(filled.classes[0].number)
        assert names(filled) == {"Class B": ["blues 0.jpg", "blues 1.jpg"], "third": []}
        with pytest.raises(InvalidInput, match="two have to stay"):
            filled.remove_class(filled.classes[0].number)

    def test_there_are_no_more_than_the_page_can_show(self, kept: Any, rooms: ModuleType) -> None:
        for _ in range(rooms.MAX_CLASSES - 2):
            kept.add_class()
        with pytest.raises(InvalidInput, match="takes 100 classes"):
            kept.add_class()

    def test_unused_ones_go_but_not_those_that_somebody_named(self, kept: Any) -> None:
        kept.rename(kept.classes[1].number, "mugs")
        kept.add_class()
        kept.add_class("bowls")
        kept.drop_unused()
        assert list(names(kept)) == ["mugs", "bowls"]


class TestPhotos:
    def test_they_are_given_to_the_action_as_they_came(self, filled: Any) -> None:
        images = filled.images()
        assert [file.data for file in images["Class A"]] == [jpeg("reds", 0), jpeg("reds", 1)]
        assert [file.name for file in images["Class B"]] == ["blues 0.jpg", "blues 1.jpg"]

    def test_the_same_one_is_refused_in_the_same_class(self, filled: Any) -> None:
        with pytest.raises(InvalidInput, match=r"in this class already, as 'reds 1\.jpg'"):
            filled.add(filled.classes[0].number, "again.jpg", jpeg("reds", 1))

    def test_and_in_another_class(self, filled: Any) -> None:
        with pytest.raises(InvalidInput, match="in 'Class A' already"):
            filled.add(filled.classes[1].number, "again.jpg", jpeg("reds", 1))

    def test_one_that_is_damaged_is_refused(self, kept: Any) -> None:
        with pytest.raises(InvalidInput, match="damaged or incomplete"):
            kept.add(kept.classes[0].number, "cut.jpg", jpeg("reds", 0)[:300])
        assert kept.photos == []

    def test_one_moves_to_another_class_and_keeps_its_number(self, filled: Any) -> None:
        photo = filled.classes[0].photos[0]
        filled.move(photo.number, filled.classes[1].number)
        assert names(filled) == {
            "Class A": ["reds 1.jpg"],
            "Class B": ["blues 0.jpg", "blues 1.jpg", "reds 0.jpg"],
        }
        assert filled.find(photo.number) == (filled.classes[1], photo)

    def test_to_a_class_that_is_gone_it_does_not_move(self, filled: Any) -> None:
        with pytest.raises(InvalidInput, match="class is no longer here"):
            filled.move(filled.classes[0].photos[0].number, 999)
        assert len(filled.classes[0].photos) == 2

    def test_one_that_was_deleted_is_gone_and_may_come_again(self, filled: Any) -> None:
        photo = filled.classes[0].photos[0]
        filled.delete(photo.number)
        with pytest.raises(InvalidInput, match="photo is no longer here"):
            filled.delete(photo.number)
        filled.add(filled.classes[0].number, "again.jpg", photo.data)
        assert names(filled)["Class A"] == ["reds 1.jpg", "again.jpg"]

    def test_a_thumbnail_is_small(self, filled: Any, rooms: ModuleType) -> None:
        large = encoded(Image.effect_noise((640, 480), 60).convert("RGB"), "JPEG")
        photo = filled.add(filled.classes[0].number, "large.jpg", large)
        small = photo.thumbnail()
        assert open_image(small).size == (144, 108)
        assert len(small) < len(large) / 8

    def test_starting_over_leaves_two_empty_classes_and_no_head(self, filled: Any) -> None:
        version = filled.version
        filled.clear()
        assert names(filled) == {"Class A": [], "Class B": []}
        assert filled.trained is filled.head is None
        assert filled.version > version


class TestUndo:
    def test_a_class_comes_back_with_its_photos(self, filled: Any) -> None:
        before = names(filled)
        filled.add_class("third")
        filled.remove_class(filled.classes[0].number)
        assert filled.undoable == "Class A removed with 2 photos."
        filled.undo()
        assert names(filled) == {**before, "third": []}

    def test_everything_comes_back_after_starting_over(self, filled: Any) -> None:
        before = names(filled)
        filled.clear()
        filled.undo()
        assert names(filled) == before

    def test_a_photo_moves_back(self, filled: Any) -> None:
        before = names(filled)
        filled.move(filled.classes[0].photos[1].number, filled.classes[1].number)
        assert filled.undoable == "reds 1.jpg moved from Class A to Class B."
        filled.undo()
        assert names(filled) == before

    def test_after_another_change_it_would_lose_that_so_there_is_none(self, filled: Any) -> None:
        filled.delete(filled.classes[0].photos[0].number)
        filled.add(filled.classes[0].number, "new.jpg", jpeg("greens", 1))
        assert filled.undoable == ""
        filled.undo()
        assert names(filled)["Class A"] == ["reds 1.jpg", "new.jpg"]


class TestBounds:
    def test_there_are_no_more_photos_than_the_limit(
        self, filled: Any, rooms: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rooms, "MAX_PHOTOS", 5)
        filled.add(filled.classes[0].number, "5.jpg", jpeg("greens", 5))
        with pytest.raises(InvalidInput, match="keeps 5 photos; delete some"):
            filled.add(filled.classes[0].number, "6.jpg", jpeg("greens", 6))

    def test_nor_more_bytes(
        self, filled: Any, rooms: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rooms, "MAX_BYTES", filled.nbytes + 100)
        with pytest.raises(InvalidInput, match="MB of photos; delete some"):
            filled.add(filled.classes[0].number, "6.jpg", jpeg("greens", 6))

    def test_a_single_photo_is_bounded_before_it_is_opened(
        self, kept: Any, rooms: ModuleType
    ) -> None:
        with pytest.raises(InvalidInput, match="larger than 2 MB"):
            kept.add(kept.classes[0].number, "big.jpg", b"\0" * (rooms.MAX_PHOTO_BYTES + 1))

    def test_all_visitors_together_are_bounded_and_who_leaves_makes_room(
        self, rooms: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gc.collect()
        others = sum(each.nbytes for each in rooms._every_set)
        mine, theirs = rooms.TrainingSet(), rooms.TrainingSet()
        monkeypatch.setattr(rooms, "MAX_BYTES_OF_ALL", others + 2 * len(jpeg("reds", 0)) + 50)
        theirs.add(theirs.classes[0].number, "1.jpg", jpeg("reds", 0))
        mine.add(mine.classes[0].number, "2.jpg", jpeg("reds", 0))
        with pytest.raises(InvalidInput, match="full of photos at the moment"):
            mine.add(mine.classes[0].number, "3.jpg", jpeg("reds", 1))
        del theirs
        gc.collect()
        mine.add(mine.classes[0].number, "3.jpg", jpeg("reds", 1))


class TestSessions:
    @pytest.fixture
    def visitors(self) -> Visitors:
        return Visitors()

    @pytest.fixture
    def page_demo(self, host: Host, visitors: Visitors) -> PageDemo:
        return PageDemo(host, host.plugin("image_classifier"), visitors)

    @pytest.fixture
    def visiting(self) -> Iterator[Callable[[str], gr.Request]]:
        """Makes what follows an event of the visitor of that name."""
        token = LocalContext.request.set(None)

        def visit(name: str) -> gr.Request:
            request = gr.Request(session_hash=name)
            LocalContext.request.set(request)
            return request

        yield visit
        LocalContext.request.reset(token)

    def test_each_visitor_has_a_set_of_their_own(
        self, rooms: ModuleType, page_demo: PageDemo, visiting: Callable[[str], gr.Request]
    ) -> None:
        visiting("one")
        mine = rooms.training_set(page_demo)
        visiting("other")
        assert rooms.training_set(page_demo) is not mine
        visiting("one")
        assert rooms.training_set(page_demo) is mine

    def test_it_goes_when_the_page_unloads(
        self,
        rooms: ModuleType,
        page_demo: PageDemo,
        visitors: Visitors,
        visiting: Callable[[str], gr.Request],
    ) -> None:
        request = visiting("one")
        mine = rooms.training_set(page_demo)
        mine.add(mine.classes[0].number, "1.jpg", jpeg("reds", 0))
        key = mine.key
        del mine
        visitors.forget(request)
        gc.collect()
        assert key not in {each.key for each in rooms._every_set}
        assert rooms.training_set(page_demo).photos == []

    def test_no_call_of_an_action_carries_it_along(self, rooms: ModuleType, demo: Demo) -> None:
        assert rooms.training_set(demo) not in demo.session.part(demo.name).values()


def test_a_photo_from_a_zip_is_reduced_as_the_page_reduces_it(
    module: Callable[[str], ModuleType],
) -> None:
    large = encoded(picture("reds", 1, side=900), "PNG")
    assert open_image(module("page.training_set_photos").reduced(large)).size == (640, 640)
