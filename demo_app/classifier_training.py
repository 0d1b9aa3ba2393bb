"""The training of a classifier from scratch, on pictures that all have one size; resumable.

Source of the ResNet's recipe: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016,
arXiv:1512.03385, section 4.2 (mirror images, crops from a border of four pixels, SGD with momentum
and weight decay), with one cycle of the learning rate (Smith & Topin, "Super-Convergence", 2018,
arXiv:1708.07120) in place of steps.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from demo_app.training import autocast


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A further cycle of the learning rate (Loshchilov & Hutter, "SGDR", ICLR 2017).

    Attributes:
        epochs: of this cycle.
        learning_rate: the highest.
        erased: side of a square of black that is put somewhere into each picture, in pixels
            (DeVries & Taylor, "Cutout", 2017, arXiv:1708.04552).
    """

    epochs: int
    learning_rate: float
    erased: int = 0


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe:
    """How a network learns: one cycle of the learning rate over its epochs, then any restarts.

    Attributes:
        optimizer: ``sgd`` with Nesterov's momentum of 0.9, or ``adamw``.
        epochs: passes over the training split in the first cycle.
        batch: pictures in a step.
        learning_rate: the highest in the first cycle.
        restarts: further cycles, each of which goes on with the weights of the one before.
        weight_decay: of SGD, added to the gradient; of AdamW, decoupled.
        label_smoothing: share of each label that is spread over all classes.
        mirror: show half of the pictures mirrored.
        border: pixels of black that are put around, before a crop of the old size is taken.
        turn: largest rotation, in degrees.
        shift: largest shift, as a share of the side.
        resize: largest change of size, as a share.
        seed: of everything that is drawn.
    """

    optimizer: Literal["sgd", "adamw"]
    epochs: int
    batch: int = 128
    learning_rate: float
    weight_decay: float
    restarts: tuple[Restart, ...] = ()
    label_smoothing: float = 0.0
    mirror: bool = False
    border: int = 0
    turn: float = 0.0
    shift: float = 0.0
    resize: float = 0.0
    seed: int = 0

    @property
    def cycles(self) -> list[Restart]:
        """All cycles, the first one too."""
        return [Restart(epochs=self.epochs, learning_rate=self.learning_rate), *self.restarts]

    @property
    def all_epochs(self) -> int:
        """Epochs of all cycles."""
        return sum(cycle.epochs for cycle in self.cycles)

    def views(self, side: int, erased: int = 0) -> v2.Transform:
        """What makes of a picture ``(C, side, side)`` of uint8 one of the many that are shown."""
        steps: list[nn.Module] = [v2.Identity()]
        if self.mirror:
            steps.append(v2.RandomHorizontalFlip())
        if self.border:
            steps.append(v2.RandomCrop(side, padding=self.border))
        if self.turn or self.shift or self.resize:
            steps.append(
                v2.RandomAffine(
                    self.turn,
                    translate=(self.shift, self.shift),
                    scale=(1 - self.resize, 1 + self.resize),
                    interpolation=v2.InterpolationMode.BILINEAR,
                )
            )
        if erased:
            share = erased**2 / side**2
            steps.append(v2.RandomErasing(1.0, scale=(share, share), ratio=(1.0, 1.0)))
        return v2.Compose(steps)


class ClassifierTraining:
    """One training: the network, its optimiser, and where it is.

    The state of the process's random numbers is used; fork it around.

    Args:
        network: with initial weights.
        images: ``(n, C, side, side)`` of uint8.
        labels: ``(n,)`` of int64.
        scale: makes of pictures of uint8 what the network sees.
        recipe: how it learns.
        state: the file in which it is kept after every epoch.
        report: prints one line of progress.
    """

    def __init__(
        self,
        network: nn.Module,
        images: Tensor,
        labels: Tensor,
        scale: Callable[[Tensor], Tensor],
        recipe: ClassifierRecipe,
        state: Path,
        report: Callable[[str], None],
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)
        self.images, self.labels, self.scale = images, labels, scale
        self.recipe, self.state, self.report = recipe, state, report
        self.batches = len(images) // recipe.batch
        self.optimizer = _optimizer(network, recipe)
        self.curve: list[list[float]] = []
        self.schedule = self._schedule()
        self.seconds = 0.0

    def train(self) -> nn.Module:
        """Take the epochs that are left; the network in eval mode."""
        while len(self.curve) < self.recipe.all_epochs:
            start = time.monotonic()
            if self._begins_cycle():
                self.schedule = self._schedule()
            loss, accuracy = self._epoch()
            self.seconds += time.monotonic() - start
            self.curve.append([round(loss, 4), round(accuracy, 4)])
            self._keep()
            done = len(self.curve)
            left = self.seconds / done * (self.recipe.all_epochs - done)
            self.report(
                f"epoch {done}/{self.recipe.all_epochs}  loss {loss:.4f}  accuracy {accuracy:.4f} "
                f"(of the augmented training pictures)  {left / 60:.0f} min left"
            )
        return self.network.eval()

    def _begins_cycle(self) -> bool:
        lengths = [cycle.epochs for cycle in self.recipe.cycles]
        return len(self.curve) in itertools.accumulate(lengths[:-1], initial=0)

    def _cycle(self) -> Restart:
        """The cycle in which the next epoch lies; the last one, if there is none left."""
        ends = itertools.accumulate(cycle.epochs for cycle in self.recipe.cycles)
        within = zip(self.recipe.cycles, ends, strict=True)
        return next((c for c, end in within if len(self.curve) < end), self.recipe.cycles[-1])

    def _schedule(self) -> torch.optim.lr_scheduler.OneCycleLR:
        cycle = self._cycle()
        for group in self.optimizer.param_groups:
            group.pop("initial_lr", None)
        return torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, cycle.learning_rate, total_steps=cycle.epochs * self.batches
        )

    def _epoch(self) -> tuple[float, float]:
        """One pass: mean loss with its smoothing, and the share that was right, both on the way."""
        recipe = self.recipe
        views = recipe.views(self.images.shape[-1], self._cycle().erased)
        criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
        order = torch.randperm(len(self.images))[: self.batches * recipe.batch]
        self.network.train()
        total, right = 0.0, 0
        for chosen in order.view(self.batches, recipe.batch):
            shown = torch.stack([views(image) for image in self.images[chosen]])
            inputs = self.scale(shown).contiguous(memory_format=torch.channels_last)
            with autocast():
                logits = self.network(inputs)
            loss = criterion(logits.float(), self.labels[chosen])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            total += loss.item()
            right += int((logits.argmax(dim=1) == self.labels[chosen]).sum())
        return total / self.batches, right / len(order)

    def _keep(self) -> None:
        """Write the state to a file beside, then put it in place: never half a state."""
        temporary = self.state.with_name(f"{self.state.name}.part")
        torch.save(
            {
                "recipe": _fingerprint(self.recipe),
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "curve": self.curve,
                "seconds": self.seconds,
                "random": torch.get_rng_state(),
            },
            temporary,
        )
        temporary.replace(self.state)

    def resume(self) -> None:
        """Go on where an interrupted training of the same recipe was, if there was one."""
        if not self.state.exists():
            return
        kept = torch.load(self.state, weights_only=True)
        if kept["recipe"] != _fingerprint(self.recipe):
            self.report("What was kept is of another recipe; the training begins anew.")
            return
        self.network.load_state_dict(kept["network"])
        self.curve, self.seconds = kept["curve"], kept["seconds"]
        if not self._begins_cycle():
            self.schedule = self._schedule()
            self.schedule.load_state_dict(kept["schedule"])
        self.optimizer.load_state_dict(kept["optimizer"])
        torch.set_rng_state(kept["random"])
        self.report(f"Going on after epoch {len(self.curve)}.")

    def record(self) -> dict[str, Any]:
        """The record of the training, for the checkpoint."""
        return {
            "recipe": asdict(self.recipe),
            "kept": "the weights after the last epoch",
            "seconds": round(self.seconds),
            "curve": [[epoch, *values] for epoch, values in enumerate(self.curve, 1)],
            "curve_columns": [
                "epoch",
                "loss of the augmented training pictures, smoothing included",
                "accuracy on them",
            ],
        }


def _optimizer(network: nn.Module, recipe: ClassifierRecipe) -> torch.optim.Optimizer:
    """Weights decay; biases and the scales and shifts of norms do not."""
    groups: list[dict[str, Any]] = [
        {"params": [p for p in network.parameters() if p.ndim > 1]},
        {"params": [p for p in network.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, recipe.learning_rate, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        groups,
        recipe.learning_rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )


def _fingerprint(recipe: ClassifierRecipe) -> str:
    return json.dumps(asdict(recipe), sort_keys=True)
