"""What train_head refuses with a sentence, and what it skips and names."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import encoded, photo_files, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[Any]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


def test_photos_that_cannot_be_read_are_named_skipped_and_counted(visitor: Demo, two: Any) -> None:
    two["red"].insert(2, File(name="broken.jpg", data=b"no picture"))
    two["blue"].insert(0, File(name="cut.png", data=encoded(picture("blues", 60))[:-300]))

    report = visitor.call("train_head", images=two).report

    assert report.photos == [5, 5]
    assert [(s.class_name, s.name) for s in report.skipped] == [
        ("red", "broken.jpg"),
        ("blue", "cut.png"),
    ]
    assert "not a picture" in report.skipped[0].reason
    assert "damaged" in report.skipped[1].reason


def test_a_photo_that_is_twice_in_a_class_counts_once(visitor: Demo, two: Any) -> None:
    two["red"].append(File(name="again.png", data=two["red"][0].data))

    report = visitor.call("train_head", images=two).report

    assert report.photos == [5, 5]
    assert report.skipped[0].reason == "It is the same photo as '0.png'."


def bad_inputs() -> dict[str, tuple[dict[str, Any], str]]:
    red, blue = photo_files("reds", 3), photo_files("blues", 3)
    broken = [File(name=f"{n}.jpg", data=f"no picture {n}".encode()) for n in range(3)]
    return {
        "nothing": ({}, "Give either images"),
        "one class": ({"images": {"red": red}}, "two classes or more"),
        "empty class": ({"images": {"red": red, "blue": []}}, "'blue' has no photos"),
        "one photo": ({"images": {"red": red, "blue": blue[:1]}}, "'blue' has one photo only"),
        "all broken": ({"images": {"red": red, "blue": broken}}, "'blue' has no photos"),
        "in two classes": (
            {"images": {"red": red, "blue": [*blue, red[1]]}},
            "same photo is in two classes: '1.png' in 'red' and '1.png' in 'blue'",
        ),
        "slash": ({"images": {"a/b": red, "blue": blue}}, "slash"),
        "three for binary": (
            {"images": {"r": red, "b": blue, "g": photo_files("greens", 3)}, "kind": "binary"},
            "A binary head tells two classes apart",
        ),
        "a shipped name": ({"images": {"red": red, "blue": blue}, "name": "flowers"}, "ships"),
        "lbfgs for mlp": (
            {"images": {"red": red, "blue": blue}, "kind": "mlp", "optimizer": "lbfgs"},
            "needs adamw",
        ),
        "no zip": ({"archive": File(name="x.zip", data=b"x")}, "no zip"),
        "a path": ({"archive": "/etc/passwd"}, "archive"),
    }


@pytest.mark.parametrize("kind", bad_inputs())
def test_bad_input_is_met_with_a_sentence(visitor: Demo, kind: str) -> None:
    arguments, message = bad_inputs()[kind]

    with pytest.raises(InvalidInput, match=message):
        visitor.call("train_head", **arguments)


def test_more_photos_than_the_limit_are_refused(
    visitor: Demo, two: Any, module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module("photographs.gathering"), "MAX_PHOTOS", 9)

    with pytest.raises(InvalidInput, match="10 photos; the limit is 9"):
        visitor.call("train_head", images=two)


@pytest.mark.parametrize("beyond", [{"hidden": 1025}, {"epochs": 301}])
def test_more_work_than_a_visitor_may_ask_for_is_refused(
    visitor: Demo, two: Any, beyond: dict[str, int]
) -> None:
    with pytest.raises(InvalidInput, match=next(iter(beyond))):
        visitor.call("train_head", images=two, kind="mlp", **beyond)
