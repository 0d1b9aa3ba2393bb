"""Do I need more photos? The learning curve, its law and its answer, by hand and on photos."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.testing import context
from tests.plugins.image_classifier.labelled_photos import encoded, picture

NETWORK = "efficientnet_lite0"


@pytest.fixture(scope="session")
def rooms(module: Callable[[str], ModuleType]) -> Any:
    return module("research.learning_curve")


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


def photos(colour: str, count: int) -> list[Any]:
    return [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in range(count)]


@pytest.fixture
def two() -> dict[str, list[Any]]:
    return {"red": photos("reds", 7), "blue": photos("blues", 5)}


@pytest.fixture(scope="session")
def draws(module: Callable[[str], ModuleType], rooms: Any, heads: Any) -> Callable[..., Any]:
    """Draws from photos with two numbers each; so many of each class."""

    def make(*counts: int, repeats: int = 3, seed: int = 0) -> Any:
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        features = torch.rand(len(labels), 2, generator=torch.Generator().manual_seed(0))
        labelled = module("lessons.fitting").Labelled(features=features, labels=labels)
        return rooms.draw(labelled, heads.Head(), len(counts), repeats, seed)

    return make


class TestDraws:
    def test_a_third_of_each_class_is_held_out_from_every_draw(self, draws: Any) -> None:
        drawn = draws(9, 6)

        assert drawn.photos.labels[drawn.test].bincount().tolist() == [3, 2]
        for order in drawn.orders:
            learned = torch.cat(order)
            assert [len(places) for places in order] == [6, 4]
            assert not set(learned.tolist()) & set(drawn.test.tolist())

    def test_one_photo_is_held_out_of_three(self, draws: Any) -> None:
        assert draws(3, 3).photos.labels[draws(3, 3).test].bincount().tolist() == [1, 1]

    def test_no_more_than_a_hundred_of_a_class_are_held_out(self, draws: Any) -> None:
        assert len(draws(600, 3).test) == 101

    def test_each_draw_has_an_order_of_its_own(self, draws: Any) -> None:
        orders = [tuple(order[0].tolist()) for order in draws(30, 30).orders]

        assert len(set(orders)) == 3

    def test_the_same_seed_draws_the_same(self, draws: Any) -> None:
        one, other = draws(9, 9, seed=4), draws(9, 9, seed=4)

        assert torch.equal(one.test, other.test)
        assert torch.equal(one.orders[2][1], other.orders[2][1])

    @pytest.mark.parametrize(
        ("smallest", "sizes"),
        [
            (3, [2]),
            (5, [2, 3]),
            (12, [2, 3, 5, 8]),
            (20, [2, 3, 5, 8, 12]),
            (24, [2, 3, 5, 8, 12, 16]),
        ],
    )
    def test_photos_of_each_class_go_up_to_what_the_smallest_has(
        self, draws: Any, smallest: int, sizes: list[int]
    ) -> None:
        assert draws(40, smallest).sizes() == sizes

    def test_all_photos_can_be_drawn_once_only(self, draws: Any) -> None:
        assert [draws(3, 3).repeats(size) for size in draws(3, 3).sizes()] == [1]
        assert [draws(5, 5).repeats(size) for size in draws(5, 5).sizes()] == [3, 1]
        assert [draws(9, 5).repeats(size) for size in draws(9, 5).sizes()] == [3, 3]


class TestPoint:
    def test_draws_that_agree_leave_the_interval_of_the_test_photos(
        self, rooms: Any, module: Callable[[str], ModuleType]
    ) -> None:
        right = torch.tensor([[True] * 9 + [False]] * 4)

        made = rooms.point(5, right)

        assert made.accuracy == pytest.approx(0.9)
        assert made.interval == pytest.approx(module("lessons.confusion").wilson_interval(0.9, 10))

    def test_draws_that_differ_widen_it(self, rooms: Any) -> None:
        right = torch.tensor([[True] * 10, [True] * 8 + [False] * 2])

        made = rooms.point(5, right)

        alike = rooms.point(5, torch.tensor([[True] * 9 + [False]] * 2))
        assert made.accuracies == [1.0, 0.8]
        assert made.accuracy == alike.accuracy
        assert made.interval[0] < alike.interval[0]
        assert made.interval[1] > alike.interval[1]


@pytest.fixture(scope="session")
def curve(module: Callable[[str], ModuleType]) -> Callable[..., list[Any]]:
    """Points with the given errors by photos of each class, known to ± 0.02."""

    def make(errors: dict[int, float]) -> list[Any]:
        return [
            module("research.studies").CurvePoint(
                photos=photos,
                accuracy=1 - error,
                interval=(max(0.0, 0.98 - error), min(1.0, 1.02 - error)),
                accuracies=[1 - error],
            )
            for photos, error in errors.items()
        ]

    return make


class TestPowerLaw:
    SIZES = (2, 3, 5, 8, 12, 20)

    def test_it_is_found_again(self, module: Any, curve: Any) -> None:
        law = module("research.power_law").fit_power_law(
            curve({n: 0.05 + 0.4 * n**-0.5 for n in self.SIZES})
        )

        assert law.floor == pytest.approx(0.05, abs=0.01)
        assert law.exponent == pytest.approx(0.5, abs=0.05)
        assert law.at_twice == pytest.approx(1 - 0.05 - 0.4 * 40**-0.5, abs=0.005)

    def test_neither_floor_nor_factor_is_negative(self, module: Any, curve: Any) -> None:
        law = module("research.power_law").fit_power_law(curve({n: 0.8 / n for n in self.SIZES}))

        assert law.floor == pytest.approx(0.0, abs=1e-3)
        assert law.factor > 0

    @pytest.mark.parametrize(
        "errors",
        [
            {2: 0.3, 3: 0.25, 5: 0.2, 8: 0.17},
            {2: 0.1, 3: 0.1, 5: 0.15, 8: 0.2, 12: 0.25},
            {2: 0.0, 3: 0.0, 5: 0.0, 8: 0.0, 12: 0.0},
            {2: 0.4, 3: 0.3, 5: 0.22, 8: 0.17, 12: 0.4},
        ],
        ids=["four points", "rising", "none", "a last one that nobody foretold"],
    )
    def test_where_it_does_not_describe_the_points_none_is_stated(
        self, module: Any, curve: Any, errors: dict[int, float]
    ) -> None:
        assert module("research.power_law").fit_power_law(curve(errors)) is None


def rights(share: float, count: int, repeats: int = 3) -> torch.Tensor:
    """Which of so many test photos are right, alike in each draw."""
    return (torch.arange(count) < share * count).repeat(repeats, 1)


class TestAnswer:
    def ask(self, module: Any, accuracies: dict[int, float], count: int) -> tuple[str, str]:
        given = {size: rights(share, count) for size, share in accuracies.items()}
        points = [
            module("research.learning_curve").point(size, right) for size, right in given.items()
        ]
        return module("research.more_photos").answer(given, points)  # type: ignore[no-any-return]

    def test_yes_if_the_last_doubling_brought_something(self, module: Any) -> None:
        more, text = self.ask(module, {3: 0.6, 5: 0.7, 10: 0.8}, 100)

        assert more == "yes"
        assert "With 10 photos of each class 80.0% of 100 test photos" in text
        assert "From 5 photos to 10 it changed by +10.0 points" in text

    def test_no_if_it_brought_nothing_and_that_is_well_known(self, module: Any) -> None:
        assert self.ask(module, {5: 0.95, 10: 0.95}, 100)[0] == "no"

    def test_nothing_can_be_told_from_few_test_photos(self, module: Any) -> None:
        more, text = self.ask(module, {5: 1.0, 10: 1.0}, 6)

        assert more == "unclear"
        assert "6 test photos are too few" in text

    def test_nothing_can_be_told_without_a_doubling(self, module: Any) -> None:
        more, text = self.ask(module, {2: 0.5, 3: 0.9}, 100)

        assert more == "unclear"
        assert "add some" in text


class TestAction:
    def test_every_point_is_streamed_as_it_is_made(self, visitor: Demo, two: Any) -> None:
        values = list(visitor.stream("learning_curve", images=two, repeats=2, seed=1))

        assert list(dict.fromkeys(v.phase for v in values)) == [
            "reading",
            "features",
            "fitting",
            "done",
        ]
        fitting = [v for v in values if v.phase == "fitting"]
        assert [[p.photos for p in v.points] for v in fitting] == [[2], [2, 3]]
        assert [v.done for v in fitting] == [2, 4]
        assert values[-1].tested == 4
        assert values[-1].answer
        assert not values[-1].stopped

    @pytest.mark.parametrize("kind", ["linear", "mlp", "binary"])
    def test_colours_are_learned_from_few_photos(self, visitor: Demo, two: Any, kind: str) -> None:
        last = visitor.call("learning_curve", images=two, kind=kind, repeats=2, seed=1)

        assert last.points[-1].accuracy == 1.0
        assert len(last.points[-1].accuracies) == 2

    def test_the_same_seed_gives_the_same_points(self, visitor: Demo, two: Any) -> None:
        one, other = (
            visitor.call("learning_curve", images=two, repeats=2, seed=3) for _ in range(2)
        )

        assert one.points == other.points

    def test_features_that_a_training_computed_are_not_computed_again(
        self, visitor: Demo, two: Any
    ) -> None:
        visitor.call("train_head", images=two)

        values = visitor.stream("learning_curve", images=two, repeats=1)

        assert "features" not in [value.phase for value in values]

    def test_photos_that_cannot_be_read_are_named(self, visitor: Demo, two: Any) -> None:
        two["red"].insert(3, File(name="broken.jpg", data=b"no picture"))

        last = visitor.call("learning_curve", images=two, repeats=1)

        assert [(s.class_name, s.name) for s in last.skipped] == [("red", "broken.jpg")]

    def test_two_photos_of_a_class_are_too_few(self, visitor: Demo, two: Any) -> None:
        two["blue"] = two["blue"][:2]

        with pytest.raises(InvalidInput, match=r"'blue' has 2 photos only.*Give each class 3"):
            visitor.call("learning_curve", images=two)

    def test_two_photos_left_are_too_few(self, visitor: Demo, two: Any) -> None:
        two["blue"] = [*two["blue"][:2], File(name="broken.jpg", data=b"no picture")]

        with pytest.raises(InvalidInput, match="'blue' has 2 photos only"):
            visitor.call("learning_curve", images=two)


class TestStopping:
    @pytest.fixture
    def run(
        self, module: Callable[[str], ModuleType], network: nn.Module, demo: Demo
    ) -> Callable[..., list[Any]]:
        """Stops at the first value of a phase."""

        def run(phase: str, images: Any) -> list[Any]:
            stopped = threading.Event()
            ctx = context(
                models={NETWORK: network},
                metadata={NETWORK: demo.metadata(NETWORK)},  # type: ignore[dict-item]
                seed=1,
                stopped=stopped,
            )
            values = []
            for value in module("study_actions").learning_curve(ctx, images=images):
                values.append(value)
                if value.phase == phase:
                    stopped.set()
            return values

        return run

    def test_it_ends_with_the_points_so_far(self, run: Any, two: Any) -> None:
        last = run("fitting", two)[-1]

        assert (last.phase, last.stopped) == ("done", True)
        assert [point.photos for point in last.points] == [2]
        assert last.done < last.total

    @pytest.mark.parametrize("phase", ["reading", "features"])
    def test_before_there_is_a_point_there_is_none(self, run: Any, phase: str) -> None:
        many = {"red": photos("reds", 10), "blue": photos("blues", 10)}

        last = run(phase, many)[-1]

        assert last.phase == "stopped"
        assert last.points == []
