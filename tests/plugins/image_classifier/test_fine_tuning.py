"""A network trained on with its head: what moves, what stays, which weights are kept."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import InvalidInput
from tests.plugins.image_classifier.labelled_photos import picture


class Small(nn.Module):
    """Two stages, a norm in each, dropout, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4, momentum=0.01))
        self.second = nn.Sequential(nn.Conv2d(4, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU())
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.second(self.first(images))
        logits: Tensor = self.fc(self.dropout(maps.mean(dim=(2, 3))))
        return logits


@pytest.fixture
def rooms(module: Callable[[str], ModuleType]) -> Any:
    return module("lessons.fine_tuning")


@pytest.fixture
def inputs(module: Callable[[str], ModuleType]) -> Any:
    """Twelve photos of two colours, 32 pixels for the network; the last four are held out."""
    photos = [
        module("photographs.photos").Photo(
            name=str(number),
            label=number % 2,
            read=lambda n=number: picture(("reds", "blues")[n % 2], n),
        )
        for number in range(12)
    ]
    preprocessing = module("photographs.preprocessing").Preprocessing(
        resize=36, crop=32, interpolation="bilinear", mean=(127.5,) * 3, std=(127.5,) * 3
    )
    return module("photographs.photo_inputs").PhotoInputs(photos, preprocessing)


@pytest.fixture
def tuning(rooms: Any, inputs: Any, heads: Any) -> Callable[..., Any]:
    """Makes a fine-tuning of a small network, the same each time."""

    def make(
        *, before: float | None = None, seed: int = 0, held_out: bool = True, **recipe: Any
    ) -> Any:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = Small().eval()
        settings = {"extent": "all", "epochs": 3, "lr": 0.01, "head_lr": 0.01, "batch": 4, **recipe}
        return rooms.FineTuning(
            network,
            heads.Head(),
            inputs,
            range(8),
            range(8, 12) if held_out else [],
            before,
            rooms.TuningRecipe(**settings),
            torch.Generator().manual_seed(seed),
        )

    return make


def changed(before: dict[str, Tensor], network: nn.Module) -> set[str]:
    after = network.state_dict()
    return {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_it_learns(tuning: Callable[..., Any]) -> None:
    steps = list(tuning(augment=True, epochs=8).steps())

    assert steps[-1].loss < steps[0].loss
    assert steps[-1].validation_accuracy == 1.0


def test_of_the_last_stage_only_that_and_the_head_move(tuning: Callable[..., Any]) -> None:
    one = tuning(extent="last_stage")
    before = copied(one.network)

    list(one.steps())

    moved = changed(before, one.best())
    assert {name.partition(".")[0] for name in moved} == {"second", "fc"}


@pytest.mark.parametrize("keep", [True, False])
def test_running_statistics_stay_unless_it_learns_from_scratch(
    tuning: Callable[..., Any], keep: bool
) -> None:
    one = tuning(keep_statistics=keep)
    before = copied(one.network)

    list(one.steps())

    moved = changed(before, one.best())
    assert ("first.1.running_mean" in moved) is not keep


def test_from_scratch_the_statistics_are_those_of_the_photos_that_it_learned_from(
    tuning: Callable[..., Any], inputs: Any
) -> None:
    one = tuning(keep_statistics=False, held_out=False, batch=8)
    list(one.steps())

    network = one.best()

    with torch.no_grad():
        maps = network.first[0](inputs.middle(range(8)))
    assert torch.allclose(network.first[1].running_mean, maps.mean(dim=(0, 2, 3)), atol=1e-5)


def test_a_step_says_where_it_is(tuning: Callable[..., Any]) -> None:
    steps = list(tuning().steps())

    batches = [step for step in steps if step.validation_loss is None]
    assert [(step.epoch, step.seen) for step in batches] == [(1, 4), (1, 8)]
    assert steps[-1].seen == steps[-1].total == 24
    assert all(step.images_per_second > 0 for step in steps)


def test_the_weights_of_the_best_epoch_are_kept(
    tuning: Callable[..., Any], inputs: Any, heads: Any, module: Callable[[str], ModuleType]
) -> None:
    one = tuning(epochs=6, lr=0.3, head_lr=0.3)

    losses = {step.epoch: step.validation_loss for step in one.steps()}

    best = one.best()
    with torch.no_grad():
        logits = best(inputs.middle(range(8, 12)))
    loss = module("transfer.logits").classification_loss(
        logits, inputs.labels(range(8, 12)), heads.Head()
    )
    assert loss.item() == pytest.approx(min(losses.values()), abs=1e-6)
    assert losses[one.best_epoch] == min(losses.values())
    assert not best.training


def test_nothing_is_kept_if_no_epoch_is_better_than_what_was_before(
    tuning: Callable[..., Any],
) -> None:
    one = tuning(before=0.0)

    steps = list(one.steps())

    assert steps[-1].best == 0
    assert one.best() is None


def test_without_photos_held_out_the_latest_weights_are_kept(tuning: Callable[..., Any]) -> None:
    one = tuning(held_out=False)
    before = copied(one.network)

    next(one.steps())

    assert "fc.weight" in changed(before, one.best())


def test_the_same_seed_gives_the_same_weights(tuning: Callable[..., Any]) -> None:
    one, again, other = (tuning(seed=seed, augment=True) for seed in (1, 1, 2))

    for each in (one, again, other):
        list(each.steps())

    assert changed(copied(one.network), again.network) == set()
    assert "fc.weight" in changed(copied(one.network), other.network)


def test_two_at_once_do_not_change_each_other(tuning: Callable[..., Any]) -> None:
    alone, one, other = tuning(seed=1), tuning(seed=1), tuning(seed=2)
    list(alone.steps())

    for _ in zip(one.steps(), other.steps(), strict=True):
        pass

    assert changed(copied(alone.network), one.network) == set()


def test_dropout_takes_part_and_the_random_state_of_the_process_is_not_touched(
    tuning: Callable[..., Any], inputs: Any, module: Callable[[str], ModuleType]
) -> None:
    network, draws = tuning().network, torch.Generator().manual_seed(0)
    state = torch.get_rng_state()

    with module("transfer.seeded_dropout").seeded_training(network, draws), torch.no_grad():
        one, other = (network(inputs.middle([0, 1])) for _ in range(2))

    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_no_batch_is_of_one_photo(rooms: Any) -> None:
    assert [rooms._batches(photos, 4) for photos in (2, 4, 8, 9, 10)] == [
        [2],
        [4],
        [4, 4],
        [4, 5],
        [4, 4, 2],
    ]


def test_the_rate_rises_for_a_tenth_of_the_steps_and_falls_to_nothing(rooms: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = rooms._schedule(optimizer, 20)

    rates = []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()

    assert rates[0] == 1.0
    assert max(rates) == rates[1] > 1.9
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[-1] < 0.03


def test_one_that_diverges_is_ended_with_a_sentence(tuning: Callable[..., Any]) -> None:
    one = tuning(lr=1e30, head_lr=1e30, keep_statistics=False)

    with pytest.raises(InvalidInput, match="Lower tuning_lr"):
        list(one.steps())
