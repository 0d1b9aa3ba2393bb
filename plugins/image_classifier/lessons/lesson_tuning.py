"""The part of a lesson that trains the network as well, and looks at the photos again with it."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator
from dataclasses import asdict, replace

import torch
from torch import Tensor, nn

from demo_app import Context

from ..architectures.backbones import LoadedBackbone
from ..photographs.photo_inputs import PhotoInputs
from ..results import HeadTraining
from ..transfer.fingerprint import backbone_sha256
from ..transfer.heads import backbone, get_classifier, replace_head
from ..transfer.networks import own_network, own_weights
from ..transfer.trained_heads import TrainedHead
from .fine_tuning import FineTuning, TuningRecipe
from .judging import judge
from .lesson_photos import LessonPhotos

BATCH = 16


def tune(
    ctx: Context,
    photos: LessonPhotos,
    recipe: TuningRecipe,
    trained: TrainedHead,
    loaded: LoadedBackbone,
    before: float | None,
    draws: torch.Generator,
) -> Generator[HeadTraining, None, tuple[TrainedHead, HeadTraining]]:
    """Fine-tune a copy of a backbone; a stop ends it after the batch.

    Args:
        ctx: the host's loan to this call.
        photos: of the lesson.
        recipe: how.
        trained: the head as it was fitted to the features of the frozen backbone.
        loaded: that backbone, which stays as it is.
        before: loss of the photos held out with the head as it is; None without any.
        draws: what is random is drawn from it.

    Returns:
        The head with a backbone of its own, or as it was if no epoch was better; the last value.

    Raises:
        InvalidInput: it diverges.
    """
    with torch.inference_mode(False):
        network = copy.deepcopy(loaded.module)
        replace_head(network, len(trained.classes), trained.head, generator=draws)
        if trained.pretrained:
            _copy_head(trained, network)
    tuning = FineTuning(
        network,
        trained.head,
        PhotoInputs([hashed.photo for hashed in photos.photos], loaded.preprocessing),
        (~photos.held_out).nonzero()[:, 0].tolist(),
        photos.held_out.nonzero()[:, 0].tolist(),
        # A head on a definition that knows nothing is no result that has to be defended.
        before if trained.pretrained else None,
        recipe,
        draws,
    )
    for step in tuning.steps():
        now = HeadTraining(
            phase="tuning",
            done=step.seen,
            total=step.total,
            images_per_second=step.images_per_second,
            seconds_left=(step.total - step.seen) / step.images_per_second,
            loss=step.loss,
            accuracy=step.accuracy,
            validation_loss=step.validation_loss,
            validation_accuracy=step.validation_accuracy,
        )
        yield now
        if ctx.stopped:
            break
    record = {**asdict(recipe), "begun_epochs": step.epoch, "best_epoch": tuning.best_epoch}
    trained = replace(trained, training={**trained.training, "tuning": record})
    best = tuning.best()
    if best is None:
        return trained, now
    own = own_weights(best, loaded.name)
    trained = replace(
        trained,
        own=own,
        tensors=_head_tensors(best),
        backbone_sha256=backbone_sha256(own_network(own, ctx.device)),
    )
    return trained, now


def judge_again(
    ctx: Context,
    photos: LessonPhotos,
    trained: TrainedHead,
    measured: list[int],
    others: list[int],
) -> Generator[HeadTraining, None, tuple[list[int], Tensor]]:
    """What a head with a backbone of its own says of the photos.

    A stop leaves out the others; if none were held out it also ends the measuring, after one batch
    at least.

    Args:
        ctx: the host's loan to this call.
        photos: of the lesson.
        trained: the head.
        measured: places of the photos on which it is measured.
        others: places of those that it learned from, if others were held out.

    Returns:
        Places of the photos, and what ``judge`` says of them ``(n, num_classes)``.
    """
    assert trained.own is not None
    inputs = PhotoInputs([hashed.photo for hashed in photos.photos], trained.preprocessing)
    features = backbone(own_network(trained.own, ctx.device))
    if not photos.held_out.any():
        # Of any classes, should it be stopped.
        order = torch.randperm(len(measured), generator=torch.Generator().manual_seed(0))
        measured = [measured[place] for place in order.tolist()]
    # Ten crops of one photo are a batch, too.
    first = [[place] for place in measured] if trained.ten_crop else _batches(measured)
    batches = [*first, *_batches(others)]
    needed = len(first) if photos.held_out.any() else 1
    places, rows = list[int](), list[Tensor]()
    began = time.perf_counter()
    for number, batch in enumerate(batches):
        if ctx.stopped and number >= needed:
            break
        ten = trained.ten_crop and number < len(first)
        images = inputs.ten(batch[0]) if ten else inputs.middle(batch)
        with torch.no_grad():
            seen = features(images.to(ctx.device)).float().cpu()
        rows.append(judge(trained, seen[None] if ten else seen))
        places += batch
        each = (time.perf_counter() - began) / len(places)
        total = len(measured) + len(others)
        yield HeadTraining(
            phase="measuring",
            done=len(places),
            total=total,
            images_per_second=1 / each,
            seconds_left=each * (total - len(places)),
        )
    return places, torch.cat(rows)


def _batches(places: list[int]) -> list[list[int]]:
    return [places[start : start + BATCH] for start in range(0, len(places), BATCH)]


@torch.no_grad()
def _copy_head(trained: TrainedHead, network: nn.Module) -> None:
    """Put the weights of a fitted head into a network, whose head may be a 1x1 convolution."""
    for name, tensor in get_classifier(network).state_dict().items():
        tensor.copy_(trained.tensors[name].view_as(tensor))


def _head_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The head of a network as the state dict of a head on features, fp32 on the CPU."""
    state = get_classifier(network).state_dict()
    flat = {name: t.flatten(1) if t.ndim > 1 else t for name, t in state.items()}
    return {name: t.detach().float().cpu().clone().contiguous() for name, t in flat.items()}
