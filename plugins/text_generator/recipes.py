"""How each network is trained: sizes, regularisation, optimisers and schedule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one network is trained.

    Attributes:
        regularisation: arguments of the architecture that matter in training only.
        steps: of the optimiser.
        batch: sequences in a batch.
        length: characters in a sequence.
        hidden_characters: share of the input characters whose embedding is set to zero, so that
            the network learns not to rest on any single one.
        carried: share of the sequences that go on where the last ones ended, with their state.
        learning_rate: of AdamW.
        matrix_learning_rate: of Muon, for the matrices inside the blocks; 0 leaves those to AdamW.
        weight_decay: of Muon; AdamW decays its matrices a tenth as much.
        beta2: of AdamW.
        warmup: steps in which the learning rates rise.
        constant: share of the steps after which they fall, linearly, to 2 %.
        eased_from: share of the steps after which dropout and hidden characters become rarer,
            linearly: noise keeps a network from learning by heart early on, and from fitting
            well in the end (Liu et al. 2023, arXiv 2303.01500).
        eased_to: what is left of them at the last step.
        average: decay of the moving average of the weights, which is what is kept.
        seed: of everything that is drawn.
    """

    regularisation: dict[str, float]
    steps: int
    batch: int = 32
    length: int = 256
    hidden_characters: float = 0.0
    carried: float = 0.0
    learning_rate: float = 3e-3
    matrix_learning_rate: float = 0.0
    weight_decay: float = 0.1
    beta2: float = 0.99
    warmup: int = 100
    constant: float = 0.4
    eased_from: float = 1.0
    eased_to: float = 1.0
    average: float = 0.99
    seed: int = 0


RECIPES = {
    "lstm": Recipe(
        regularisation={"dropout": 0.4, "weight_dropout": 0.4},
        steps=2400,
        carried=0.5,
        constant=0.375,
        average=0.995,
    ),
    "transformer": Recipe(
        regularisation={"dropout": 0.3},
        steps=2000,
        hidden_characters=0.06,
        matrix_learning_rate=0.02,
        beta2=0.95,
        eased_from=0.65,
        eased_to=0.3,
    ),
}


def optimizers(model: nn.Module, recipe: Recipe) -> Iterator[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, where the recipe has a rate for them; AdamW else.

    Muon makes each update of a matrix orthogonal, so that all its directions learn equally fast
    (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).
    """
    matrices = [
        parameter
        for name, parameter in model.named_parameters()
        if recipe.matrix_learning_rate
        and name.startswith("blocks.")
        and parameter.ndim == 2
        and not name.endswith("gate.weight")
    ]
    if matrices:
        yield torch.optim.Muon(
            matrices,
            lr=recipe.matrix_learning_rate,
            momentum=0.95,
            weight_decay=recipe.weight_decay,
        )
    taken = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
    decayed = [parameter for parameter in rest if parameter.ndim > 1]
    yield torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": recipe.weight_decay / 10},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=(0.9, recipe.beta2),
    )


def learning_rate_factor(step: int, recipe: Recipe) -> float:
    """What the learning rates are multiplied by: rising, constant, falling linearly to 2 %."""
    fall = (recipe.steps - step) / (recipe.steps * (1 - recipe.constant))
    return max(0.02, min(1.0, (step + 1) / recipe.warmup, fall))


def noise_factor(step: int, recipe: Recipe) -> float:
    """What dropout and the share of hidden characters are multiplied by."""
    if recipe.eased_to == 1:
        return 1.0
    eased = (step / recipe.steps - recipe.eased_from) / (1 - recipe.eased_from)
    return 1.0 - (1.0 - recipe.eased_to) * min(1.0, max(0.0, eased))
