"""A head fitted to features that were computed once: LBFGS, or epochs of AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from demo_app import InvalidInput

from ..transfer.heads import MLP, Head
from ..transfer.logits import classification_loss
from ..transfer.trained_heads import build_head
from .confusion import decide

Optimizer = Literal["lbfgs", "adamw"]
CONVERGED = 1e-7
"""LBFGS ends where a step lowers the loss by less than this share of it."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a head is fitted.

    Attributes:
        optimizer: ``lbfgs`` sees all photos at each step (Liu & Nocedal, "On the limited memory
            BFGS method for large scale optimization", Mathematical Programming 45, 1989), which
            suits the convex loss of one layer; ``adamw`` sees batches of them (Loshchilov & Hutter,
            "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101).
        epochs: passes over the photos, at most.
        lr: step size; of LBFGS the first one that its line search tries.
        weight_decay: of LBFGS, half its product with the sum of squared weights is added to the
            loss; of AdamW, its product with ``lr`` is the share of each weight that is lost at a
            step. Biases do not decay.
        label_smoothing: share of each label that is spread over all classes.
        batch: photos in a step of AdamW.
    """

    optimizer: Optimizer = "lbfgs"
    epochs: int = 100
    lr: float = 1.0
    weight_decay: float = 1e-3
    label_smoothing: float = 0.0
    batch: int = 32


def usual_recipe(head: Head) -> Recipe:
    """How a head of that kind is fitted where nothing is chosen."""
    if head.kind == "mlp":
        return Recipe(optimizer="adamw", lr=1e-3, weight_decay=0.01)
    return Recipe(optimizer="lbfgs", lr=1.0, weight_decay=0.01)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Features ``(n, in_features)`` and the indices of their classes ``(n,)``."""

    features: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """Where a fit is after an epoch.

    Attributes:
        number: of the epoch, from 1.
        loss: mean over the training photos, in nats, without weight decay and smoothing.
        accuracy: share of the training photos.
        validation_loss: the same over the photos held out; None without any.
        validation_accuracy: share of the photos held out; None without any.
        best: number of the best epoch so far: that with the lowest loss of the photos held out, or,
            without any, the latest.
        tensors: state dict of the head after the best epoch.
    """

    number: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    best: int
    tensors: dict[str, Tensor]


def fit(
    training: Labelled,
    validation: Labelled | None,
    head: Head,
    num_classes: int,
    recipe: Recipe,
    generator: torch.Generator,
) -> Iterator[Epoch]:
    """Fit a head; the iteration may be left after any epoch.

    Args:
        training: what it learns from.
        validation: photos held out, by which the best epoch is chosen.
        head: its kind.
        num_classes: how many classes there are.
        recipe: how it is fitted.
        generator: initial weights, batches and dropout are drawn from it.

    Raises:
        InvalidInput: LBFGS with a head that has dropout, a head that does not fit the classes, or
            a fit that diverges.
    """
    if recipe.optimizer == "lbfgs" and head.kind == "mlp":
        raise InvalidInput("optimizer: an mlp head has dropout, so it needs adamw, not lbfgs.")
    module = build_head(head, training.features.shape[1], num_classes, generator)
    # Features are never negative, so they share one long direction in which the loss is far
    # steeper than in all others. Without it both optimisers get there in fewer steps.
    mean = training.features.mean(dim=0)
    training = replace(training, features=training.features - mean)
    if validation:
        validation = replace(validation, features=validation.features - mean)
    steps = _lbfgs if recipe.optimizer == "lbfgs" else _adamw
    lowest = float("inf")
    best: Epoch | None = None
    for number in steps(module, training, head, recipe, generator):
        epoch = _measured(module, number, training, validation, head, mean)
        held_out = epoch.validation_loss
        if not math.isfinite(epoch.loss) or not math.isfinite(held_out or 0.0):
            raise InvalidInput(
                f"The fit diverged: its loss was no number after epoch {number}. "
                "Lower lr or weight_decay."
            )
        if best is None or held_out is None or held_out < lowest:
            lowest, best = held_out or 0.0, epoch
        yield replace(epoch, best=best.number, tensors=best.tensors)


def _lbfgs(
    module: nn.Linear | MLP,
    training: Labelled,
    head: Head,
    recipe: Recipe,
    generator: torch.Generator,
) -> Iterator[int]:
    # The loss is convex, so the way may begin anywhere; at zero every class is equally likely.
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.LBFGS(
        module.parameters(), lr=recipe.lr, max_iter=1, max_eval=30, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = _loss(module(training.features), training.labels, head, recipe)
        value = value + recipe.weight_decay / 2 * sum(w.square().sum() for w in _weights(module))
        value.backward()
        return value

    before = float("inf")
    for number in range(1, recipe.epochs + 1):
        with torch.enable_grad():
            now = optimizer.step(loss).detach().item()  # before this step
        yield number
        if before - now < CONVERGED * before:
            return
        before = now


def _adamw(
    module: nn.Linear | MLP,
    training: Labelled,
    head: Head,
    recipe: Recipe,
    generator: torch.Generator,
) -> Iterator[int]:
    weights = _weights(module)
    biases = [p for p in module.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.lr)
    for number in range(1, recipe.epochs + 1):
        order = torch.randperm(len(training), generator=generator)
        for chosen in order.split(recipe.batch):
            with torch.enable_grad():
                outputs = _dropped(module, training.features[chosen], generator)
                loss = _loss(outputs, training.labels[chosen], head, recipe)
                optimizer.zero_grad()
                loss.backward()
            optimizer.step()
        yield number


def _dropped(module: nn.Linear | MLP, features: Tensor, generator: torch.Generator) -> Tensor:
    """Logits as in training; ``nn.Dropout`` would draw from the random state of everybody."""
    if isinstance(module, nn.Linear):
        outputs: Tensor = module(features)
        return outputs
    hidden: Tensor = module.act(module.hidden(features))
    keep = 1 - module.dropout.p
    mask = torch.empty_like(hidden).bernoulli_(keep, generator=generator)
    return module.output(hidden * mask / keep)  # type: ignore[no-any-return]


def _loss(outputs: Tensor, labels: Tensor, head: Head, recipe: Recipe) -> Tensor:
    return classification_loss(outputs, labels, head, label_smoothing=recipe.label_smoothing)


def _weights(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.ndim > 1]


@torch.no_grad()
def _measured(
    module: nn.Linear | MLP,
    number: int,
    training: Labelled,
    validation: Labelled | None,
    head: Head,
    mean: Tensor,
) -> Epoch:
    module.eval()
    loss, accuracy = _scores(module, training, head)
    held_out = _scores(module, validation, head) if validation else (None, None)
    return Epoch(
        number=number,
        loss=loss,
        accuracy=accuracy,
        validation_loss=held_out[0],
        validation_accuracy=held_out[1],
        best=number,
        tensors=_for_features_as_they_are(module, mean),
    )


def _for_features_as_they_are(module: nn.Linear | MLP, mean: Tensor) -> dict[str, Tensor]:
    """The state dict of a head that was fitted to features less their mean: w (f - m) + b."""
    tensors = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    first = "" if isinstance(module, nn.Linear) else "hidden."
    tensors[f"{first}bias"] -= tensors[f"{first}weight"] @ mean
    return tensors


def _scores(module: nn.Linear | MLP, photos: Labelled, head: Head) -> tuple[float, float]:
    logits = module(photos.features)
    right = (decide(logits, head) == photos.labels).float().mean()
    return classification_loss(logits, photos.labels, head).item(), right.item()
