"""The same photos learned in three ways, side by side: frozen, fine-tuned and from scratch."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.testing import context
from tests.plugins.image_classifier.labelled_photos import encoded, picture

NETWORK = "efficientnet_lite0"


def photos(colour: str, count: int) -> list[Any]:
    return [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in range(count)]


@pytest.fixture(scope="module")
def values(host: Host) -> list[Any]:
    """Every value of a comparison on photos of two colours, of which one is broken."""
    images = {"red": photos("reds", 8), "blue": photos("blues", 8)}
    images["red"].append(File(name="broken.jpg", data=b"no picture"))
    visitor = host.visit("image_classifier", Session())
    return list(visitor.stream("compare", images=images, epochs=2, seed=1))


def test_there_is_a_row_for_each_way(values: list[Any]) -> None:
    rows = values[-1].ways

    assert [row.name for row in rows] == ["frozen", "fine_tuned", "scratch"]
    assert all(row.finished for row in rows)
    assert all(0 <= row.interval[0] <= row.accuracy <= row.interval[1] <= 1 for row in rows)
    assert all(row.loss > 0 and row.seconds > 0 for row in rows)


def test_pre_trained_features_tell_colours_apart(values: list[Any]) -> None:
    frozen, fine_tuned, _ = values[-1].ways

    assert (frozen.accuracy, fine_tuned.accuracy) == (1.0, 1.0)


def test_it_says_how_many_numbers_each_way_learns(values: list[Any]) -> None:
    frozen, fine_tuned, scratch = values[-1].ways

    assert frozen.trained_parameters == 2 * 1280 + 2
    assert fine_tuned.trained_parameters == scratch.trained_parameters == 3_371_008 + 2562


def test_the_curves_are_those_of_the_epochs(values: list[Any]) -> None:
    for row in values[-1].ways:
        assert [point.epoch for point in row.curve] == list(range(1, len(row.curve) + 1))
        seconds = [point.seconds for point in row.curve]
        assert seconds == sorted(seconds)
        assert row.curve[-1].held_out_accuracy == row.accuracy
        assert row.curve[-1].held_out_loss == row.loss
    assert [len(row.curve) for row in values[-1].ways[1:]] == [2, 2]


def test_progress_goes_through_the_phases_and_the_ways(values: list[Any]) -> None:
    assert list(dict.fromkeys((value.phase, value.way) for value in values)) == [
        ("reading", None),
        ("features", None),
        ("learning", "frozen"),
        ("learning", "fine_tuned"),
        ("learning", "scratch"),
        ("done", None),
    ]
    ends = [value for value in values if value.phase == "learning"]
    assert all(value.loss is not None and value.accuracy is not None for value in ends)
    assert ends[-1].seconds_left == 0


def test_it_says_on_what_it_rests(values: list[Any]) -> None:
    last = values[-1]

    assert (last.photos, last.held_out) == (16, 4)
    assert [(s.class_name, s.name) for s in last.skipped] == [("red", "broken.jpg")]
    assert "On 16 photos of the 17 that were given, 4 of them held out" in last.note
    assert "squares of 128 pixels here, not of 224" in last.note


class TestWhatIsDrawn:
    @pytest.fixture
    def drawn(self, module: Callable[[str], ModuleType]) -> Callable[..., list[int]]:
        """How many photos of each class are drawn."""

        def drawn(*counts: int) -> list[int]:
            gathering = module("photographs.gathering")
            gathered = gathering.Gathered(
                classes=tuple(map(str, range(len(counts)))),
                photos=[
                    module("photographs.photos").Photo(name=f"{number}", label=label, read=bytes)
                    for label, count in enumerate(counts)
                    for number in range(count)
                ],
                skipped=[],
            )
            photos = module("research.comparing").drawn(gathered, seed=1).photos
            labels = [photo.label for photo in photos]
            assert labels == sorted(labels)
            return [labels.count(label) for label in range(len(counts))]

        return drawn

    def test_few_photos_are_taken_all(self, drawn: Any) -> None:
        assert drawn(5, 9) == [5, 9]

    def test_of_many_400_are_taken(self, drawn: Any) -> None:
        assert drawn(500, 900) == [200, 200]

    def test_small_classes_are_taken_whole(self, drawn: Any) -> None:
        assert drawn(20, 900) == [20, 380]

    def test_too_many_classes_are_refused(self, drawn: Any) -> None:
        with pytest.raises(InvalidInput, match="101 classes; a comparison takes 100"):
            drawn(*[2] * 101)


class TestStopping:
    @pytest.fixture
    def run(
        self, module: Callable[[str], ModuleType], network: nn.Module, demo: Demo
    ) -> Callable[[Callable[[Any], bool]], list[Any]]:
        """Stops at the first value of which a condition is true."""

        def run(condition: Callable[[Any], bool]) -> list[Any]:
            stopped = threading.Event()
            ctx = context(
                models={NETWORK: network},
                metadata={NETWORK: demo.metadata(NETWORK)},  # type: ignore[dict-item]
                seed=1,
                stopped=stopped,
            )
            images = {"red": photos("reds", 10), "blue": photos("blues", 10)}
            values = []
            for value in module("study_actions").compare(ctx, images=images, epochs=2):
                values.append(value)
                if condition(value):
                    stopped.set()
            return values

        return run

    def test_it_ends_at_the_next_batch_with_what_there_is(self, run: Any) -> None:
        values = run(lambda value: value.way == "fine_tuned")

        assert [value.way for value in values].count("fine_tuned") == 1
        assert values[-1].stopped
        assert [(row.name, row.finished) for row in values[-1].ways] == [("frozen", True)]

    def test_a_way_that_was_stopped_is_shown_as_it_is(self, run: Any) -> None:
        last = run(lambda value: value.way == "fine_tuned" and len(value.ways) == 2)[-1]

        assert [(row.name, row.finished) for row in last.ways] == [
            ("frozen", True),
            ("fine_tuned", False),
        ]
        assert "(stopped)" in last.note

    @pytest.mark.parametrize("phase", ["reading", "features"])
    def test_before_anything_is_learned_there_is_nothing(self, run: Any, phase: str) -> None:
        last = run(lambda value: value.phase == phase)[-1]

        assert (last.phase, last.stopped, last.ways) == ("stopped", True, [])


def test_more_epochs_than_a_visitor_may_ask_for_are_refused(host: Host) -> None:
    visitor = host.visit("image_classifier", Session())

    with pytest.raises(InvalidInput, match="epochs"):
        visitor.call("compare", images={"red": photos("reds", 2)}, epochs=31)


def test_photos_of_one_class_do_not_stand_together_when_statistics_are_taken(
    module: Callable[[str], ModuleType],
) -> None:
    places = list(range(100, 164))

    order = module("research.ways").mixed(places)

    assert sorted(order) == places
    halves = [sum(place < 132 for place in order[start : start + 16]) for start in range(0, 64, 16)]
    assert all(4 <= half <= 12 for half in halves)
