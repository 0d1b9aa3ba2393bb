"""Three ways to teach one network the same photos: frozen, fine-tuned, and from scratch.

Each is measured epoch by epoch on the same photos held out, and stated as it is after its last
epoch: none is chosen by the photos on which it is measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from demo_app import Context

from ..architectures.backbones import load_backbone
from ..lessons.confusion import decide, wilson_interval
from ..lessons.fine_tuning import FineTuning, TuningRecipe, TuningStep
from ..lessons.fitting import Labelled, fit, usual_recipe
from ..photographs.photo_inputs import PhotoInputs
from ..shipped_heads import BACKBONE
from ..transfer.heads import Head, get_classifier, replace_head
from ..transfer.logits import classification_loss
from ..transfer.norm_statistics import set_statistics
from .studies import Way, WayEpoch, WayName

HEAD = Head(kind="linear")
SCRATCH_RATE = 1e-3
"""Of AdamW at its highest, where nothing is known that large steps could destroy."""
BATCH = 16
"""Photos that go through the network at once where it is measured."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What all three ways learn from, and are measured on.

    Attributes:
        inputs: the photos.
        photos: their features by the pre-trained network, and their labels.
        training: places of the photos that are learned from.
        held_out: places of the others.
        classes: how many.
        epochs: passes over the photos where the whole network trains.
        seed: of initial weights, and of the order of photos.
        features_seconds: that the features took.
    """

    inputs: PhotoInputs
    photos: Labelled
    training: list[int]
    held_out: list[int]
    classes: int
    epochs: int
    seed: int
    features_seconds: float

    def part(self, places: Sequence[int]) -> Labelled:
        """The features and labels of some of the photos."""
        return Labelled(
            features=self.photos.features[list(places)], labels=self.photos.labels[list(places)]
        )


@dataclass(kw_only=True)
class Progress:
    """A way while it learns.

    Attributes:
        name: of the way.
        trained_parameters: how many numbers are learned.
        held_out: photos on which it is measured.
        total: epochs at most.
        curve: the epochs that are complete.
        tensors: of the head, once it is fitted; only of ``frozen``.
        seconds: so far.
        seconds_left: estimated.
        loss: over the photos of this epoch so far.
        accuracy: over the same.
        finished: whether it ended by itself.
    """

    name: WayName
    trained_parameters: int
    held_out: int
    total: int
    curve: list[WayEpoch] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_left: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    finished: bool = False

    def row(self) -> Way:
        """The row of the table, once an epoch is complete."""
        last = self.curve[-1]
        return Way(
            name=self.name,
            trained_parameters=self.trained_parameters,
            seconds=self.seconds,
            accuracy=last.held_out_accuracy,
            interval=wilson_interval(last.held_out_accuracy, self.held_out),
            loss=last.held_out_loss,
            curve=list(self.curve),
            finished=self.finished,
        )


def frozen(material: Material) -> Iterator[Progress]:
    """A head fitted to the pre-trained features; one value after each epoch, always the same."""
    recipe = usual_recipe(HEAD)
    in_features = material.photos.features.shape[1]
    progress = Progress(
        name="frozen",
        trained_parameters=(in_features + 1) * HEAD.outputs(material.classes),
        held_out=len(material.held_out),
        total=recipe.epochs,
    )
    training, held_out = material.part(material.training), material.part(material.held_out)
    generator = torch.Generator().manual_seed(material.seed)
    began = time.perf_counter() - material.features_seconds
    for epoch in fit(training, held_out, HEAD, material.classes, recipe, generator):
        assert epoch.validation_loss is not None
        assert epoch.validation_accuracy is not None
        progress.seconds = time.perf_counter() - began
        progress.loss, progress.accuracy = epoch.loss, epoch.accuracy
        progress.curve.append(
            WayEpoch(
                epoch=epoch.number,
                seconds=progress.seconds,
                loss=epoch.loss,
                accuracy=epoch.accuracy,
                held_out_loss=epoch.validation_loss,
                held_out_accuracy=epoch.validation_accuracy,
            )
        )
        progress.tensors = epoch.tensors
        yield progress
    progress.finished = True
    yield progress


def fine_tuned(ctx: Context, material: Material, head: dict[str, Tensor]) -> Iterator[Progress]:
    """All of the network and a head that was fitted to its features; a value after each batch."""
    network = load_backbone(ctx, BACKBONE, pretrained=True).module
    replace_head(network, material.classes, HEAD)
    get_classifier(network).load_state_dict(head)
    recipe = TuningRecipe(extent="all", epochs=material.epochs)
    yield from _tuned("fine_tuned", network, recipe, material)


def scratch(ctx: Context, material: Material) -> Iterator[Progress]:
    """The definition only, from initial weights; a value after each batch."""
    network = load_backbone(ctx, BACKBONE, pretrained=False).module
    generator = torch.Generator().manual_seed(material.seed)
    replace_head(network, material.classes, HEAD, generator=generator)
    recipe = TuningRecipe(
        extent="all",
        epochs=material.epochs,
        lr=SCRATCH_RATE,
        head_lr=SCRATCH_RATE,
        keep_statistics=False,
    )
    yield from _tuned("scratch", network, recipe, material)


def _tuned(
    name: WayName, network: nn.Module, recipe: TuningRecipe, material: Material
) -> Iterator[Progress]:
    random = torch.Generator().manual_seed(material.seed)
    # Nothing is held out from it: it would choose the best epoch by those photos.
    tuning = FineTuning(network, HEAD, material.inputs, material.training, [], None, recipe, random)
    progress = Progress(
        name=name,
        trained_parameters=sum(p.numel() for p in network.parameters() if p.requires_grad),
        held_out=len(material.held_out),
        total=recipe.epochs,
    )
    began = time.perf_counter()

    def now() -> Progress:
        progress.seconds = time.perf_counter() - began
        progress.seconds_left = (step.total - step.seen) * progress.seconds / step.seen
        return progress

    for step in tuning.steps():
        progress.loss, progress.accuracy = step.loss, step.accuracy
        yield now()
        if step.seen < step.epoch * len(material.training):
            continue
        if not recipe.keep_statistics:
            for _ in set_statistics(network, _batches(material.inputs, mixed(material.training))):
                yield now()
        rows: list[Tensor] = []
        for logits in _outputs(network.eval(), material.inputs, material.held_out):
            rows.append(logits)
            yield now()
        progress.curve.append(_measured(step, torch.cat(rows), material, now().seconds))
        progress.finished = step.epoch == recipe.epochs
        yield progress


@torch.no_grad()
def _outputs(network: nn.Module, inputs: PhotoInputs, places: Sequence[int]) -> Iterator[Tensor]:
    """Logits of some photos, batch by batch, on the CPU."""
    device = next(network.parameters()).device
    for images in _batches(inputs, places):
        yield network(images.to(device)).float().cpu()


def mixed(places: Sequence[int]) -> list[int]:
    """The same in an order in which photos of one class do not stand together.

    Within a batch of one class photos differ less than all of them do, and so would the variances.
    """
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(0))
    return [places[place] for place in order.tolist()]


def _batches(inputs: PhotoInputs, places: Sequence[int]) -> Iterator[Tensor]:
    for start in range(0, len(places), BATCH):
        yield inputs.middle(places[start : start + BATCH])


def _measured(step: TuningStep, logits: Tensor, material: Material, seconds: float) -> WayEpoch:
    labels = material.inputs.labels(material.held_out)
    return WayEpoch(
        epoch=step.epoch,
        seconds=seconds,
        loss=step.loss,
        accuracy=step.accuracy,
        held_out_loss=classification_loss(logits, labels, HEAD).item(),
        held_out_accuracy=(decide(logits, HEAD) == labels).float().mean().item(),
    )
