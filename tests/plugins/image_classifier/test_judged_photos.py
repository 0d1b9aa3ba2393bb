"""Each photo of a training with what the head says of it, by its place in the request."""

from typing import Any

import pytest

from demo_app import Demo, File, Host
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import photo_files, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[File]]:
    return {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}


def test_skipped_photos_count_in_the_places(visitor: Demo, two: Any) -> None:
    two["red"].insert(1, File(name="broken.jpg", data=b"no picture"))
    two["blue"].append(File(name="again.png", data=two["blue"][0].data))

    report = visitor.call("train_head", images=two, seed=1).report

    assert [(j.index, j.name, j.class_name) for j in report.judged] == [
        (0, "0.png", "red"),
        (2, "1.png", "red"),
        (3, "2.png", "red"),
        (4, "0.png", "blue"),
        (5, "1.png", "blue"),
        (6, "2.png", "blue"),
    ]


def test_the_cells_of_the_confusion_matrix_are_the_photos_held_out(visitor: Demo, two: Any) -> None:
    two["red"] += photo_files("blues", 3, first=30)  # labelled wrongly
    report = visitor.call("train_head", images=two, seed=3, validation_split=0.5).report

    counts = [[0, 0], [0, 0]]
    for photo in report.judged:
        if photo.held_out:
            row, column = (report.classes.index(n) for n in (photo.class_name, photo.decided))
            counts[row][column] += 1
    assert counts == report.metrics.confusion_matrix
    assert len(report.judged) == 9


def test_the_probability_is_that_of_classify(visitor: Demo, two: Any) -> None:
    report = visitor.call("train_head", images=two, seed=1).report

    best = visitor.call("classify", image=picture("reds", 0), head="mine").predictions[0]
    assert best.class_name == report.judged[0].decided
    assert best.probability == pytest.approx(report.judged[0].probability, abs=1e-4)
