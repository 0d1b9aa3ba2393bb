"""None of these: thresholds from the photos held out, and what classify then says."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.errors import Unknown
from tests.plugins.image_classifier.labelled_photos import encoded, picture


@pytest.fixture(scope="session")
def rooms(module: Callable[[str], ModuleType]) -> Any:
    return module("research.thresholds")


@pytest.fixture(scope="session")
def scores(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Scores of photos held out: of each the right class, the decided one, and its probability."""

    def make(*photos: tuple[int, int, float], classes: int = 2) -> Any:
        probabilities = torch.zeros(len(photos), classes)
        for row, (_, decided, probability) in zip(probabilities, photos, strict=True):
            row[:] = (1 - probability) / (classes - 1)
            row[decided] = probability
        labels = torch.tensor([label for label, _, _ in photos])
        return module("transfer.trained_heads").HeldOutScores(
            probabilities=probabilities, labels=labels
        )

    return make


def threshold(rooms: Any, photos: dict[float, bool], target: float) -> float:
    """The lowest threshold for photos by their probability, and whether it was right."""
    return rooms.lowest_threshold(  # type: ignore[no-any-return]
        torch.tensor(list(photos)), torch.tensor(list(photos.values())), target
    )


class TestLowestThreshold:
    def test_it_is_the_lowest_at_which_the_target_is_reached(self, rooms: Any) -> None:
        photos = {0.99: True, 0.9: True, 0.8: True, 0.7: False, 0.6: True}

        assert threshold(rooms, photos, 0.9) == pytest.approx(0.8, abs=1e-4)
        assert threshold(rooms, photos, 0.8) == pytest.approx(0.6, abs=1e-4)

    def test_a_fall_below_the_target_on_the_way_does_not_matter(self, rooms: Any) -> None:
        photos = {0.99: True, 0.9: False, 0.8: True, 0.7: True}

        assert threshold(rooms, photos, 0.75) == pytest.approx(0.7, abs=1e-4)

    def test_exactly_the_target_is_enough(self, rooms: Any) -> None:
        photos = {0.99 - number / 100: number != 10 for number in range(20)}

        assert threshold(rooms, photos, 0.95) == pytest.approx(0.80, abs=1e-4)

    def test_the_photo_at_the_threshold_is_above_it(self, rooms: Any) -> None:
        assert threshold(rooms, {0.9: True}, 0.95) < torch.tensor(0.9).item()

    def test_a_wrong_photo_close_below_stays_below(self, rooms: Any) -> None:
        lower = 0.9 - 1e-6

        assert lower < threshold(rooms, {0.9: True, lower: False}, 0.95)

    def test_equal_probabilities_are_let_through_together_or_not_at_all(self, rooms: Any) -> None:
        equal, right = torch.tensor([0.9, 0.9, 0.9]), torch.tensor([True, True, False])

        assert rooms.lowest_threshold(equal, right, 0.95) == 1.0
        assert rooms.lowest_threshold(equal, right, 0.5) < 0.9

    def test_where_nothing_reaches_the_target_nothing_is_let_through(self, rooms: Any) -> None:
        assert threshold(rooms, {1.0: False, 0.9: True}, 0.95) == 1.0


FIVE_OF_0 = [(0, 0, 0.9), (0, 0, 0.85), (0, 0, 0.8), (0, 0, 0.75), (0, 0, 0.7)]
FIVE_OF_1 = [(1, 1, 0.99), (1, 1, 0.97), (1, 1, 0.96), (1, 1, 0.95), (0, 1, 0.6)]


def test_each_class_has_its_own(rooms: Any, scores: Any) -> None:
    assert rooms.choose(scores(*FIVE_OF_0, *FIVE_OF_1), 1.0) == pytest.approx([0.7, 0.95], abs=1e-4)


@pytest.mark.parametrize("few", [[], [(2, 2, 0.99)], [(2, 2, 0.99)] * 4])
def test_a_class_that_was_hardly_decided_gets_that_of_all_photos(
    rooms: Any, scores: Any, few: list[Any]
) -> None:
    chosen = rooms.choose(scores(*FIVE_OF_0, *few, classes=3), 1.0)

    assert chosen == pytest.approx([0.7, 0.7, 0.7], abs=1e-4)


def test_unless_its_own_photos_fall_short_there(rooms: Any, scores: Any) -> None:
    chosen = rooms.choose(scores(*FIVE_OF_0 * 4, (1, 1, 0.9), (0, 1, 0.8)), 0.9)

    assert chosen == pytest.approx([0.7, 0.9], abs=1e-4)


def test_the_curve_falls_from_the_most_certain_photos_to_all(rooms: Any, scores: Any) -> None:
    curve = rooms.coverage_curve(scores((0, 0, 0.9), (1, 0, 0.6), (1, 1, 0.8), (1, 1, 0.8)))

    assert [round(point.threshold, 4) for point in curve] == [0.9, 0.8, 0.6]
    assert [point.count for point in curve] == [1, 3, 4]
    assert [point.coverage for point in curve] == [0.25, 0.75, 1.0]
    assert [point.accuracy for point in curve] == [1.0, 1.0, 0.75]


def test_the_curve_of_many_photos_is_thinned(rooms: Any, scores: Any) -> None:
    photos = [(0, 0, 0.5 + number / 2002) for number in range(1000)]

    curve = rooms.coverage_curve(scores(*photos))

    assert len(curve) == 200
    assert (curve[0].count, curve[-1].count) == (1, 1000)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 0.99])
def test_so_many_photos_vouch_for_an_accuracy_and_one_fewer_does_not(
    rooms: Any, module: Callable[[str], ModuleType], target: float
) -> None:
    count = rooms.photos_to_vouch(target)
    interval = module("lessons.confusion").wilson_interval

    assert interval(1.0, count)[0] >= target > interval(1.0, count - 1)[0]


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has taught a head two colours."""
    visitor = host.visit("image_classifier", Session())
    visitor.call("train_head", images=colours(), name="colours", seed=1)
    return visitor


def colours(count: int = 8) -> dict[str, list[Any]]:
    return {
        name: [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in range(count)]
        for name, colour in (("red", "reds"), ("blue", "blues"))
    }


class TestAction:
    def test_the_report_says_what_the_thresholds_rest_on(self, visitor: Demo) -> None:
        report = visitor.call("set_thresholds", head="colours", accuracy=0.9)

        assert (report.head, report.target, report.held_out) == ("colours", 0.9, 4)
        assert [row.class_name for row in report.classes] == ["red", "blue"]
        assert [(row.decided, row.named, row.accuracy) for row in report.classes] == [
            (2, 2, 1.0),
            (2, 2, 1.0),
        ]
        assert (report.coverage, report.accuracy) == (1.0, 1.0)
        assert report.curve[-1].count == 4

    def test_few_photos_do_not_vouch_for_the_target(self, visitor: Demo) -> None:
        report = visitor.call("set_thresholds", head="colours", accuracy=0.9)

        assert not any(row.vouched for row in report.classes)
        assert "that takes 35 of each class" in report.note

    def test_classify_says_none_of_these_below_the_threshold(self, visitor: Demo) -> None:
        report = visitor.call("set_thresholds", head="colours")
        halves = Image.new("RGB", (40, 40))
        halves.paste(picture("reds", 3), (0, 0))
        halves.paste(picture("blues", 3), (20, 0))

        unsure = visitor.call("classify", image=halves, head="colours")

        thresholds = {row.class_name: row.threshold for row in report.classes}
        top = unsure.predictions[0]
        assert unsure.threshold == thresholds[top.class_name]
        assert top.probability <= unsure.threshold
        assert unsure.none_of_these

    def test_the_photos_held_out_are_named(self, visitor: Demo) -> None:
        visitor.call("set_thresholds", head="colours")

        for colour, name in (("reds", "red"), ("blues", "blue")):
            named = [
                not visitor.call(
                    "classify", image=picture(colour, number), head="colours"
                ).none_of_these
                for number in range(8)
            ]
            assert sum(named) >= 2, name

    def test_without_an_accuracy_they_are_removed(self, visitor: Demo) -> None:
        visitor.call("set_thresholds", head="colours")

        report = visitor.call("set_thresholds", head="colours", accuracy=None)

        result = visitor.call("classify", image=picture("greens", 3), head="colours")
        assert (report.target, report.classes, report.coverage) == (None, [], 1.0)
        assert (result.none_of_these, result.threshold) == (False, None)

    def test_a_head_that_is_trained_again_has_none(self, visitor: Demo) -> None:
        visitor.call("set_thresholds", head="colours")

        visitor.call("train_head", images=colours(), name="colours", seed=2)

        result = visitor.call("classify", image=picture("greens", 3), head="colours")
        assert result.threshold is None

    @pytest.mark.parametrize("head", ["imagenet", "flowers", "resnet_cifar10"])
    def test_what_ships_has_none(self, visitor: Demo, head: str) -> None:
        result = visitor.call("classify", image=picture("greens", 3), head=head)

        assert (result.none_of_these, result.threshold) == (False, None)

    @pytest.mark.parametrize("head", ["flowers", "roses_tulips"])
    def test_a_head_that_ships_has_no_photos_held_out(self, visitor: Demo, head: str) -> None:
        with pytest.raises(InvalidInput, match="ships without the scores"):
            visitor.call("set_thresholds", head=head)

    def test_without_photos_held_out_there_is_nothing_to_choose_by(self, visitor: Demo) -> None:
        visitor.call("train_head", images=colours(), name="all", validation_split=0)

        with pytest.raises(InvalidInput, match="no photos were held out"):
            visitor.call("set_thresholds", head="all")

    def test_an_unknown_head_is_refused(self, visitor: Demo) -> None:
        with pytest.raises(Unknown, match="no head named 'none'"):
            visitor.call("set_thresholds", head="none")

    @pytest.mark.parametrize("accuracy", [0.0, 1.5, float("nan")])
    def test_an_accuracy_that_is_no_share_is_refused(self, visitor: Demo, accuracy: float) -> None:
        with pytest.raises(InvalidInput, match="accuracy"):
            visitor.call("set_thresholds", head="colours", accuracy=accuracy)
