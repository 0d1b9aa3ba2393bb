"""A network trained on together with its head: the last stage, or all of it.

It starts from a head that was fitted to the frozen features, not from a random one, whose first
gradients would distort what the backbone knows: linear probing, then fine-tuning (Kumar et al.,
"Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022,
arXiv:2202.10054). Norms keep the statistics of the large data, and the backbone's steps are a
tenth of the head's. A definition without weights has nothing to distort: there all of it learns
from scratch, at one rate, and the statistics are taken anew before it is measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from demo_app import InvalidInput
from demo_app.training import autocast

from ..photographs.photo_inputs import PhotoInputs
from ..transfer.freezing import Extent, unfreeze
from ..transfer.heads import Head, find_head
from ..transfer.logits import classification_loss
from ..transfer.norm_statistics import set_statistics
from ..transfer.seeded_dropout import seeded_training
from .confusion import decide

WARM_UP = 0.1
"""Share of the steps in which the rate rises; then it falls as a cosine does."""
STATISTICS = 512
"""Photos from which norms take their statistics anew after an epoch from scratch."""
MAX_NORM = 1.0
"""Of the gradient of a step, all parameters together."""


@dataclass(frozen=True, kw_only=True)
class TuningRecipe:
    """How a network is fine-tuned, by AdamW.

    Attributes:
        extent: what of the backbone trains: its ``last_stage``, or ``all``.
        epochs: passes over the photos.
        lr: step size of the backbone at its highest.
        head_lr: step size of the head at its highest.
        weight_decay: its product with the step size is the share of each weight that is lost at a
            step; biases and norms do not decay.
        label_smoothing: share of each label that is spread over all classes.
        augment: show other random views in each epoch; without it the middle of each photo.
        keep_statistics: norms keep their running statistics.
        batch: photos in a step.
    """

    extent: Extent
    epochs: int = 5
    lr: float = 1e-4
    head_lr: float = 1e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    augment: bool = False
    keep_statistics: bool = True
    batch: int = 16


@dataclass(frozen=True, kw_only=True)
class TuningStep:
    """Where a fine-tuning is after a batch.

    Attributes:
        epoch: number of the epoch, from 1.
        seen: photos that it has learned from, each counted once an epoch.
        total: how many that will be.
        images_per_second: so far, measuring included.
        loss: mean over this epoch's photos so far, as they were seen, without smoothing.
        accuracy: share of the same.
        validation_loss: of the photos held out, after the latest epoch that is complete.
        validation_accuracy: likewise.
        best: epoch of the best weights so far; 0 is the head before any fine-tuning.
    """

    epoch: int
    seen: int
    total: int
    images_per_second: float
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    best: int


class FineTuning:
    """One fine-tuning; it may be left after any step, and then has the best weights so far.

    Args:
        network: a private one, on the device, with the head that it starts from; changed in place.
        head: the kind of head.
        inputs: the photos.
        training: places of those that it learns from.
        held_out: places of those by which the best epoch is chosen; without any it is the latest.
        before: loss of the photos held out before it begins, which an epoch has to go below; None
            if what was before is no result, as with a definition without weights.
        recipe: how.
        generator: the order of photos, their views and dropout are drawn from it, on the CPU.
    """

    def __init__(
        self,
        network: nn.Module,
        head: Head,
        inputs: PhotoInputs,
        training: Sequence[int],
        held_out: Sequence[int],
        before: float | None,
        recipe: TuningRecipe,
        generator: torch.Generator,
    ) -> None:
        self.network = unfreeze(
            network.to(memory_format=torch.channels_last),
            recipe.extent,
            keep_statistics=recipe.keep_statistics,
        )
        self.head, self.inputs, self.recipe, self.generator = head, inputs, recipe, generator
        self.training, self.held_out = list(training), list(held_out)
        self.device = next(network.parameters()).device
        self.best_epoch = 0
        self._lowest = math.inf if before is None else before
        self._best: dict[str, Tensor] = {}
        self._measured: tuple[float | None, float | None] = None, None

    def steps(self) -> Iterator[TuningStep]:
        """Train; after each batch says where it is.

        Raises:
            InvalidInput: the loss is no number any more.
        """
        optimizer = _optimizer(self.network, self.recipe)
        batches = _batches(len(self.training), self.recipe.batch)
        schedule = _schedule(optimizer, self.recipe.epochs * len(batches))
        total = self.recipe.epochs * len(self.training)
        began, seen = time.perf_counter(), 0
        for epoch in range(1, self.recipe.epochs + 1):
            loss, right, count = 0.0, 0, 0
            order = torch.randperm(len(self.training), generator=self.generator)
            for places in order.split(batches):
                chosen = [self.training[place] for place in places.tolist()]
                with torch.enable_grad():
                    batch_loss, batch_right = self._step(chosen, optimizer)
                schedule.step()
                loss, right = loss + batch_loss * len(chosen), right + batch_right
                count, seen = count + len(chosen), seen + len(chosen)
                if not self.held_out:
                    self.best_epoch = epoch
                step = TuningStep(
                    epoch=epoch,
                    seen=seen,
                    total=total,
                    images_per_second=seen / (time.perf_counter() - began),
                    loss=loss / count,
                    accuracy=right / count,
                    validation_loss=self._measured[0],
                    validation_accuracy=self._measured[1],
                    best=self.best_epoch,
                )
                yield step
            if self.held_out:
                for measured in self._measure(epoch):
                    yield replace(
                        step,
                        images_per_second=seen / (time.perf_counter() - began),
                        validation_loss=measured[0],
                        validation_accuracy=measured[1],
                        best=self.best_epoch,
                    )

    def best(self) -> nn.Module | None:
        """The network with the best weights, in eval mode; None if the start was the best."""
        if not self.best_epoch:
            return None
        if self._best:
            self.network.load_state_dict(self._best, strict=True)
        else:
            for _ in self._statistics():
                pass
        return self.network.eval().requires_grad_(False)

    def _step(self, chosen: list[int], optimizer: torch.optim.Optimizer) -> tuple[float, int]:
        """One step; the loss of the batch without smoothing, and how many photos were right."""
        images = (
            self.inputs.random(chosen, self.generator)
            if self.recipe.augment
            else self.inputs.middle(chosen)
        )
        images = images.to(self.device, memory_format=torch.channels_last)
        labels = self.inputs.labels(chosen).to(self.device)
        with seeded_training(self.network, self.generator), autocast():
            outputs = _as_float(self.network(images))
        loss = classification_loss(
            outputs, labels, self.head, label_smoothing=self.recipe.label_smoothing
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
        optimizer.step()
        logits = (outputs if isinstance(outputs, Tensor) else outputs[0]).detach()
        plain = classification_loss(logits, labels, self.head).item()
        if not math.isfinite(plain):
            raise InvalidInput("The fine-tuning diverged: its loss is no number. Lower tuning_lr.")
        return plain, int((decide(logits, self.head) == labels).sum())

    def _statistics(self) -> Iterator[None]:
        """From scratch, take the norms' statistics anew, from 512 photos at most."""
        if self.recipe.keep_statistics:
            return
        # In another order than class by class: of photos that are alike a norm sees too little.
        order = torch.randperm(len(self.training), generator=torch.Generator().manual_seed(0))
        chosen = [self.training[place] for place in order.tolist()][:STATISTICS]
        batches = torch.tensor(chosen).split(_batches(len(chosen), self.recipe.batch))
        yield from set_statistics(
            self.network, (self.inputs.middle(places.tolist()) for places in batches)
        )

    def _measure(self, epoch: int) -> Iterator[tuple[float | None, float | None]]:
        """Loss and accuracy of the photos held out, in fp32 as they are in use.

        The weights are kept if they are the best. Yields after each batch what was measured last.
        """
        for _ in self._statistics():
            yield self._measured
        self.network.eval()
        rows: list[Tensor] = []
        for start in range(0, len(self.held_out), self.recipe.batch):
            places = self.held_out[start : start + self.recipe.batch]
            with torch.no_grad():
                rows.append(self.network(self.inputs.middle(places).to(self.device)).cpu())
            if len(rows) * self.recipe.batch < len(self.held_out):
                yield self._measured
        logits, labels = torch.cat(rows), self.inputs.labels(self.held_out)
        loss = classification_loss(logits, labels, self.head).item()
        self._measured = loss, (decide(logits, self.head) == labels).float().mean().item()
        if loss < self._lowest:
            self._lowest, self.best_epoch = loss, epoch
            self._best = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        yield self._measured


def _batches(photos: int, size: int) -> list[int]:
    """Sizes of the batches; none is of one photo, which BatchNorm cannot normalise."""
    sizes = [size] * (photos // size) + ([photos % size] if photos % size else [])
    if len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes


def _optimizer(network: nn.Module, recipe: TuningRecipe) -> torch.optim.AdamW:
    heads = tuple(f"{name}." for name in find_head(network).names)
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            key = name.startswith(heads), parameter.ndim > 1
            groups.setdefault(key, []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": recipe.head_lr if of_head else recipe.lr,
                "weight_decay": recipe.weight_decay if is_weight else 0.0,
            }
            for (of_head, is_weight), parameters in groups.items()
        ]
    )


def _schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """A short rise, then half a cosine (Loshchilov & Hutter, "SGDR", ICLR 2017,
    arXiv:1608.03983)."""
    rising = max(1, round(WARM_UP * steps))

    def factor(step: int) -> float:
        return min((step + 1) / rising, 0.5 + 0.5 * math.cos(math.pi * step / steps))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _as_float(outputs: Any) -> Tensor | list[Tensor]:
    """Logits in fp32; GoogLeNet and Inception return those of their side branches as well."""
    if isinstance(outputs, Tensor):
        return outputs.float()
    return [logits.float() for logits in outputs if logits is not None]
