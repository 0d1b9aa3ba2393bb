"""Classifiers are trained from scratch on pictures of one size, and go on where they were."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app.classifier_training import ClassifierRecipe, ClassifierTraining, Restart
from tests.datasets.idx_files import bars


@pytest.fixture
def recipe() -> ClassifierRecipe:
    return ClassifierRecipe(
        optimizer="adamw", epochs=3, batch=20, learning_rate=5e-3, weight_decay=0.01
    )


@pytest.fixture(autouse=True)
def forked() -> Any:
    """A random state of the test's own."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        yield


@pytest.fixture
def make(recipe: ClassifierRecipe, tmp_path: Path) -> Callable[..., ClassifierTraining]:
    """Makes a training of a small network on pictures of bars."""
    images, labels = bars(200)

    def made(report: Any = lambda line: None, **changes: Any) -> ClassifierTraining:
        torch.default_generator.manual_seed(0)
        return ClassifierTraining(
            small_network(),
            images[:, None],
            labels,
            lambda pictures: pictures.float() / 127.5 - 1,
            replace(recipe, **changes),
            tmp_path / "state",
            report,
        )

    return made


def small_network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 16, 10),
    )


def weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.flatten() for parameter in network.parameters()]).detach()


class TestTraining:
    def test_it_learns_and_ends_in_eval_mode(self, make: Callable[..., ClassifierTraining]) -> None:
        training = make(epochs=10, learning_rate=3e-3)

        network = training.train()

        assert not network.training
        first, last = training.curve[0], training.curve[-1]
        assert last[0] < first[0] / 2
        assert last[1] > 0.9

    @pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
    def test_weights_decay_and_biases_do_not(
        self, make: Callable[..., ClassifierTraining], optimizer: str
    ) -> None:
        decayed, kept = make(optimizer=optimizer, weight_decay=0.3).optimizer.param_groups

        assert decayed["weight_decay"] == 0.3
        assert all(parameter.ndim > 1 for parameter in decayed["params"])
        assert kept["weight_decay"] == 0
        assert all(parameter.ndim == 1 for parameter in kept["params"])

    def test_each_cycle_has_its_own_highest_learning_rate(
        self, make: Callable[..., ClassifierTraining]
    ) -> None:
        training = make(epochs=2, restarts=(Restart(epochs=3, learning_rate=1e-3),))
        rates: list[float] = []
        training.optimizer.register_step_pre_hook(
            lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"])
        )
        training.train()

        assert len(training.curve) == 5
        assert len(rates) == 50
        assert max(rates[:20]) == pytest.approx(5e-3, rel=0.02)
        assert max(rates[20:]) == pytest.approx(1e-3, rel=0.02)

    @pytest.mark.parametrize("killed_after", [1, 2, 3])
    def test_an_interrupted_training_with_restarts_ends_as_one_in_one_go(
        self, make: Callable[..., ClassifierTraining], tmp_path: Path, killed_after: int
    ) -> None:
        restart = Restart(epochs=2, learning_rate=1e-3, erased=4)
        options: dict[str, Any] = {"epochs": 2, "restarts": (restart,), "optimizer": "sgd"}
        whole = make(**options).train()
        (tmp_path / "state").unlink()

        def die(line: str) -> None:
            if line.startswith(f"epoch {killed_after}/"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            make(die, **options).train()
        resumed = make(**options)
        resumed.resume()

        assert len(resumed.curve) == killed_after
        assert weights(resumed.train()).equal(weights(whole))

    def test_a_state_of_another_recipe_is_left_alone(
        self, make: Callable[..., ClassifierTraining]
    ) -> None:
        make().train()
        lines: list[str] = []
        other = make(lines.append, learning_rate=1e-3)

        other.resume()

        assert other.curve == []
        assert "another recipe" in lines[0]

    def test_the_record_says_what_was_done(self, make: Callable[..., ClassifierTraining]) -> None:
        training = make(epochs=1)
        training.train()

        record = training.record()

        assert record["recipe"]["learning_rate"] == 5e-3
        assert [epoch for epoch, *_ in record["curve"]] == [1]
        assert len(record["curve"][0]) == len(record["curve_columns"])


class TestViews:
    @pytest.fixture
    def picture(self) -> Tensor:
        return torch.randint(1, 256, (3, 32, 32), dtype=torch.uint8)

    def test_without_augmentation_a_picture_stays_as_it_is(
        self, recipe: ClassifierRecipe, picture: Tensor
    ) -> None:
        assert recipe.views(32)(picture).equal(picture)

    def test_mirrored_is_all_that_a_picture_can_be(
        self, recipe: ClassifierRecipe, picture: Tensor
    ) -> None:
        views = replace(recipe, mirror=True).views(32)

        shown = [views(picture) for _ in range(20)]

        mirrored = [view.equal(picture.flip(-1)) for view in shown]
        assert any(mirrored)
        assert all(view.equal(picture) or view.equal(picture.flip(-1)) for view in shown)

    def test_a_crop_from_a_border_shifts_by_no_more_than_the_border(
        self, recipe: ClassifierRecipe, picture: Tensor
    ) -> None:
        views = replace(recipe, border=4).views(32)
        bordered = nn.functional.pad(picture, (4, 4, 4, 4))
        possible = [bordered[:, y : y + 32, x : x + 32] for y in range(9) for x in range(9)]

        shown = [views(picture) for _ in range(20)]

        assert all(any(view.equal(crop) for crop in possible) for view in shown)
        assert not all(view.equal(shown[0]) for view in shown)

    def test_turned_pictures_keep_their_size(
        self, recipe: ClassifierRecipe, picture: Tensor
    ) -> None:
        view = replace(recipe, turn=10.0, shift=0.1, resize=0.1).views(32)(picture)

        assert view.shape == picture.shape
        assert view.dtype == torch.uint8
        assert not view.equal(picture)

    def test_an_erased_square_is_black_and_of_its_size(
        self, recipe: ClassifierRecipe, picture: Tensor
    ) -> None:
        view = recipe.views(32, erased=10)(picture)

        black = (view == 0).all(dim=0)
        assert black.sum() == 100
        assert sorted(black.sum(dim=0).tolist()) == [0] * 22 + [10] * 10
        assert view[:, ~black].equal(picture[:, ~black])
