"""How the judge and the pair of networks are trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, kw_only=True)
class JudgeRecipe:
    """How the judge learns: AdamW with one cycle of the learning rate, on slightly moved digits.

    Attributes:
        epochs: passes over the training split.
        batch: pictures in a step.
        learning_rate: the highest.
        weight_decay: of AdamW.
        turn: the largest rotation, in radians.
        resize: the largest change of size, as a share.
        shift: the largest shift, as a share of half the side.
        seed: of everything that is drawn.
    """

    epochs: int = 6
    batch: int = 128
    learning_rate: float = 6e-3
    weight_decay: float = 0.01
    turn: float = 0.15
    resize: float = 0.1
    shift: float = 0.14
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class GanRecipe:
    """How generator and discriminator learn from each other.

    The loss compares a real picture with a generated one of the same digit (Jolicoeur-Martineau
    2019, arXiv:1807.00734), and the discriminator's slope is kept small at both (Mescheder et al.
    2018, arXiv:1801.04406): together they converge where the plain game circles (Huang et al. 2024,
    arXiv:2501.05441).

    Attributes:
        steps: of each of the two.
        batch: real and as many generated pictures in a step.
        generator_rate: learning rate of the generator's Adam.
        discriminator_rate: of the discriminator's.
        constant: share of the steps after which both fall, linearly, to 2 %.
        penalty: weight of the squared slopes.
        penalty_every: steps between two penalties, each as much stronger (Karras et al. 2020,
            arXiv:1912.04958).
        digit_weight: weight of naming the digit, in both losses.
        average: decay of the moving average of the generator's weights, which is what is kept.
        seed: of everything that is drawn.
    """

    steps: int = 56_000
    batch: int = 64
    generator_rate: float = 2e-3
    discriminator_rate: float = 2e-3
    constant: float = 0.5
    penalty: float = 1.0
    penalty_every: int = 4
    digit_weight: float = 0.5
    average: float = 0.999
    seed: int = 0

    def rate_factor(self, step: int) -> float:
        """What the learning rates are multiplied by at a step."""
        fall = (self.steps - step) / (self.steps * (1 - self.constant))
        return max(0.02, min(1.0, fall))


JUDGE = JudgeRecipe()
GAN = GanRecipe()


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Let no gradient reach the parameters of a module for a while; its inputs get theirs."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)
