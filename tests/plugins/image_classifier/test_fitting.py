"""Heads are fitted to features: to the right optimum, reproducibly, and the best epoch is kept."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from demo_app import InvalidInput


@pytest.fixture(scope="session")
def fitting(module: Callable[[str], ModuleType]) -> Any:
    return module("lessons.fitting")


@pytest.fixture
def clouds(fitting: Any) -> Callable[..., Any]:
    """Clouds of non-negative features that overlap a little, 30 a class."""

    def make(classes: int = 3, seed: int = 0, width: int = 8) -> Any:
        draws = torch.Generator().manual_seed(seed)
        labels = torch.arange(classes).repeat(30)
        centres = torch.rand(classes, width, generator=torch.Generator().manual_seed(9)) * 2
        noise = torch.randn(len(labels), width, generator=draws) * 0.5
        return fitting.Labelled(features=(centres[labels] + noise + 5).relu(), labels=labels)

    return make


def fitted(fitting: Any, heads: Any, training: Any, validation: Any = None, **options: Any) -> Any:
    kind, classes = options.pop("kind", "linear"), options.pop("classes", 3)
    draws = torch.Generator().manual_seed(options.pop("seed", 0))
    recipe = fitting.Recipe(**options)
    head = heads.Head(kind=kind, hidden=16)
    return list(fitting.fit(training, validation, head, classes, recipe, draws))


def outputs(tensors: dict[str, Tensor], features: Tensor) -> Tensor:
    return features @ tensors["weight"].T + tensors["bias"]


def test_lbfgs_ends_where_the_gradient_of_the_regularised_loss_is_zero(
    fitting: Any, heads: Any, clouds: Callable[..., Any]
) -> None:
    training = clouds()
    decay = 0.01

    last = fitted(fitting, heads, training, weight_decay=decay)[-1]

    weight, bias = (last.tensors[name].requires_grad_() for name in ("weight", "bias"))
    loss = cross_entropy(training.features @ weight.T + bias, training.labels)
    (loss + decay / 2 * weight.square().sum()).backward()
    assert weight.grad is not None
    assert bias.grad is not None
    assert weight.grad.abs().max() < 1e-3
    assert bias.grad.abs().max() < 1e-3


def test_more_weight_decay_makes_smaller_weights(
    fitting: Any, heads: Any, clouds: Callable[..., Any]
) -> None:
    norms = [
        fitted(fitting, heads, clouds(), weight_decay=decay)[-1].tensors["weight"].norm()
        for decay in (0.001, 0.01, 0.1)
    ]

    assert norms == sorted(norms, reverse=True)


@pytest.mark.parametrize(("kind", "classes"), [("linear", 3), ("mlp", 3), ("binary", 2)])
def test_adamw_lowers_the_loss(
    fitting: Any, heads: Any, clouds: Callable[..., Any], kind: str, classes: int
) -> None:
    options = {"optimizer": "adamw", "lr": 0.05, "epochs": 20}

    epochs = fitted(fitting, heads, clouds(classes), kind=kind, classes=classes, **options)

    assert len(epochs) == 20
    assert epochs[-1].loss < epochs[0].loss / 2
    assert epochs[-1].accuracy > 0.85


@pytest.mark.parametrize("optimizer", ["lbfgs", "adamw"])
def test_what_is_reported_is_what_the_head_does_on_features_as_they_are(
    fitting: Any, heads: Any, clouds: Callable[..., Any], optimizer: str
) -> None:
    training = clouds()

    last = fitted(fitting, heads, training, optimizer=optimizer, lr=0.1, epochs=5)[-1]

    logits = outputs(last.tensors, training.features)
    loss = cross_entropy(logits, training.labels).item()
    assert loss == pytest.approx(last.loss, rel=1e-3)
    assert (logits.argmax(1) == training.labels).float().mean().item() == last.accuracy


def test_the_epoch_with_the_lowest_loss_on_photos_held_out_is_kept(
    fitting: Any, heads: Any, clouds: Callable[..., Any]
) -> None:
    training, held_out = clouds(width=60), clouds(seed=1, width=60)
    options = {"optimizer": "adamw", "lr": 0.05, "epochs": 40}

    epochs = fitted(fitting, heads, training, held_out, **options)

    lowest = min(epochs, key=lambda epoch: epoch.validation_loss)
    assert lowest.number < 40
    assert epochs[-1].best == lowest.number
    kept = outputs(epochs[-1].tensors, held_out.features)
    assert cross_entropy(kept, held_out.labels).item() == pytest.approx(
        lowest.validation_loss, rel=1e-3
    )


@pytest.mark.parametrize(("kind", "optimizer"), [("linear", "lbfgs"), ("mlp", "adamw")])
def test_the_same_seed_fits_the_same_head_and_global_random_state_is_left_alone(
    fitting: Any, heads: Any, clouds: Callable[..., Any], kind: str, optimizer: str
) -> None:
    before = torch.get_rng_state()
    options = {"kind": kind, "optimizer": optimizer, "lr": 0.1, "epochs": 5}

    one, other = (fitted(fitting, heads, clouds(), **options)[-1] for _ in range(2))

    assert all(one.tensors[name].equal(other.tensors[name]) for name in one.tensors)
    assert torch.get_rng_state().equal(before)


def test_label_smoothing_makes_the_head_less_sure(
    fitting: Any, heads: Any, clouds: Callable[..., Any]
) -> None:
    sure, smooth = (
        outputs(
            fitted(fitting, heads, clouds(), label_smoothing=share)[-1].tensors, clouds().features
        ).softmax(1)
        for share in (0.0, 0.2)
    )

    assert smooth.max() < sure.max()


def test_lbfgs_refuses_a_head_with_dropout(
    fitting: Any, heads: Any, clouds: Callable[..., Any]
) -> None:
    with pytest.raises(Exception, match="needs adamw"):
        fitted(fitting, heads, clouds(), kind="mlp")


@pytest.mark.parametrize("held_out", [True, False])
def test_a_fit_that_diverges_is_refused_with_the_remedy(
    fitting: Any, heads: Any, clouds: Callable[..., Any], held_out: bool
) -> None:
    options = {"optimizer": "adamw", "lr": 10.0, "weight_decay": 10.0, "epochs": 60}

    with pytest.raises(InvalidInput, match="Lower lr or weight_decay"):
        fitted(fitting, heads, clouds(), clouds(seed=1) if held_out else None, **options)
