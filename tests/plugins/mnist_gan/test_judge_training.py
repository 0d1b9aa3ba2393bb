"""The judge learns from slightly moved digits."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app.datasets.mnist import Digits
from tests.datasets.idx_files import bars


@pytest.fixture(scope="session")
def judge_training(module: Callable[[str], ModuleType]) -> Any:
    return module("judge_training")


@pytest.fixture(scope="session")
def recipe(module: Callable[[str], ModuleType]) -> Any:
    """As shipped, but short, and without the shift that would make one bar another."""
    shipped = module("recipes").JUDGE
    return replace(shipped, epochs=3, batch=20, learning_rate=3e-3, shift=0.02, turn=0.02)


@pytest.fixture
def digits() -> Digits:
    images, labels = bars(200)
    return Digits(images=images, labels=labels)


@pytest.fixture(autouse=True)
def forked() -> Any:
    """A random state of the test's own."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        yield


class TestMoved:
    @pytest.fixture
    def images(self) -> Tensor:
        """Bars in the middle."""
        pictures, labels = bars(500)
        return pictures[labels == 5].float()[:, None] / 127.5 - 1

    def test_empty_paper_stays_paper(
        self, judge_training: Any, module: Callable[[str], ModuleType]
    ) -> None:
        paper = torch.full((50, 1, 28, 28), -1.0)

        moved = judge_training.moved(paper, module("recipes").JUDGE)

        torch.testing.assert_close(moved, paper)

    def test_what_comes_in_from_outside_is_paper(
        self, judge_training: Any, module: Callable[[str], ModuleType], images: Tensor
    ) -> None:
        moved = judge_training.moved(images, module("recipes").JUDGE)

        assert moved.shape == images.shape
        assert moved.min() >= -1 - 1e-6
        assert moved.max() <= 1 + 1e-6
        # There is no ink near these edges, and no move is as large as that.
        assert moved[..., 0].max() < -0.99
        assert moved[..., -1].max() < -0.99

    def test_every_picture_moves_in_its_own_way(
        self, judge_training: Any, module: Callable[[str], ModuleType], images: Tensor
    ) -> None:
        same = images[:1].expand(50, -1, -1, -1)

        moved = judge_training.moved(same, module("recipes").JUDGE)

        assert len({picture.numpy().tobytes() for picture in moved}) == 50

    def test_without_any_move_nothing_changes(
        self, judge_training: Any, module: Callable[[str], ModuleType], images: Tensor
    ) -> None:
        still = replace(module("recipes").JUDGE, turn=0.0, resize=0.0, shift=0.0)

        torch.testing.assert_close(judge_training.moved(images, still), images, atol=1e-4, rtol=0)

    def test_shifts_are_as_far_as_the_recipe_allows(
        self, judge_training: Any, module: Callable[[str], ModuleType]
    ) -> None:
        still = replace(module("recipes").JUDGE, turn=0.0, resize=0.0, shift=0.14)
        dot = torch.full((500, 1, 28, 28), -1.0)
        dot[..., 13:15, 13:15] = 1

        ink = judge_training.moved(dot, still)[:, 0] + 1

        columns = (ink.sum(1) * torch.arange(28.0)).sum(1) / ink.sum((1, 2)) - 13.5
        # Half the side are 14 pixels.
        assert 0.9 * 0.14 * 14 < columns.abs().max() <= 0.14 * 14 + 0.01
        assert columns.min() < -1.5
        assert columns.max() > 1.5


class TestTrainJudge:
    def test_learns_what_it_is_shown(self, judge_training: Any, recipe: Any, digits: Any) -> None:
        lines: list[str] = []

        judge = judge_training.train_judge(digits, recipe, lines.append)

        images = digits.images.float()[:, None] / 127.5 - 1
        assert not judge.training
        with torch.no_grad():
            assert (judge(images).argmax(1) == digits.labels).double().mean() > 0.9
        losses = [float(line.rsplit(" ", 1)[1]) for line in lines]
        assert [line.split("  ")[0] for line in lines] == [
            "judge, epoch 1/3",
            "judge, epoch 2/3",
            "judge, epoch 3/3",
        ]
        assert losses == sorted(losses, reverse=True)

    @pytest.mark.usefixtures("quick")
    def test_is_the_same_for_the_same_random_state(
        self, judge_training: Any, recipe: Any, digits: Any
    ) -> None:
        judges = []
        for seed in (1, 1, 2):
            torch.default_generator.manual_seed(seed)
            judges.append(judge_training.train_judge(digits, recipe, lambda line: None))

        one, same, other = (judge.classifier.weight for judge in judges)
        assert one.equal(same)
        assert not one.equal(other)
