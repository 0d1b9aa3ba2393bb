"""A visitor's own classes taught to a head: photos in, a head and its record out, in seconds.

The backbone is frozen, so a photo's features never change: they are computed once and kept, and
what is trained is one small layer on them (Donahue et al., "DeCAF", ICML 2014, arXiv:1310.1531).
Only who asks for it trains a copy of the backbone as well, from that layer on.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from demo_app import Context, InvalidInput

from ..architectures.backbones import LoadedBackbone, find_backbone
from ..carrying.session_heads import MAX_BYTES, keep, require_name
from ..photographs.gathering import Gathered
from ..results import HeadMetrics, HeadReport, HeadTraining
from ..shipped_heads import BACKBONE
from ..transfer.fingerprint import backbone_sha256
from ..transfer.heads import Head, backbone
from ..transfer.networks import frozen_backbone
from ..transfer.trained_heads import TrainedHead
from .fine_tuning import TuningRecipe
from .fitting import Epoch, Labelled, Recipe, fit
from .judging import judge, judged_photos, metrics, scores
from .lesson_photos import LessonPhotos, look_at, read_photos
from .lesson_tuning import judge_again, tune


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is to be trained.

    Attributes:
        name: under which the session keeps the head.
        head: its kind.
        recipe: how it is fitted.
        validation_split: share of each class that is held out.
        seed: of the choice of those photos, the initial weights, the batches and what is shown.
        backbone: name of the network under it.
        pretrained: with its pre-trained weights, or as a definition only.
        augment: learn from random views of the photos as well.
        ten_crop: look at ten crops of a photo in use and when it is measured.
        tuning: how the network is fine-tuned; None leaves it as it is.
    """

    name: str
    head: Head
    recipe: Recipe
    validation_split: float
    seed: int
    backbone: str = BACKBONE
    pretrained: bool = True
    augment: bool = False
    ten_crop: bool = False
    tuning: TuningRecipe | None = None


def teach(ctx: Context, gathered: Gathered, lesson: Lesson) -> Iterator[HeadTraining]:
    """Read, compute what features are missing, fit, fine-tune; the session keeps the head.

    Stopped while it fits or fine-tunes, it ends with the best so far. Stopped before, there is no
    head, but the features that were computed are kept.

    Raises:
        InvalidInput: the name is taken, the head does not fit the classes, the same photo is in
            two classes, a class has too few photos that can be read, or the backbone is larger
            than a session keeps.
        Unknown: there is no such backbone.
        DemoError: its weights cannot be had.
    """
    require_name(lesson.name)
    lesson.head.outputs(len(gathered.classes))
    find_backbone(lesson.backbone)
    read = yield from read_photos(ctx, gathered)
    if read is None:
        return
    loaded = frozen_backbone(ctx, lesson.backbone, pretrained=lesson.pretrained)
    if lesson.tuning:
        _require_room(loaded)
    draws = torch.Generator().manual_seed(lesson.seed)
    photos = yield from look_at(
        ctx,
        *read,
        loaded,
        functools.partial(held_out_photos, share=lesson.validation_split, draws=draws),
        augment=lesson.augment and lesson.tuning is None,
        ten_crop=lesson.ten_crop,
    )
    if photos is None:
        return
    trained, now = yield from _fitted(ctx, photos, lesson, loaded, draws)
    if lesson.tuning and not ctx.stopped:
        trained, now = yield from tune(
            ctx, photos, lesson.tuning, trained, loaded, now.validation_loss, draws
        )
    places, judged = yield from _judged(ctx, photos, trained)
    report, trained = _report(photos, lesson, trained, places, judged, stopped=ctx.stopped)
    keep(ctx, lesson.name, trained)
    yield replace(now, phase="done", seconds_left=0.0, report=report)


def held_out_photos(labels: Tensor, share: float, draws: torch.Generator) -> Tensor:
    """Which photos are held out, ``(n,)`` of bool: the share of each class, rounded.

    At least one of a class where the share is above zero, and never all.
    """
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        places = (labels == label).nonzero()[:, 0]
        wanted = max(1, round(len(places) * share)) if share else 0
        order = torch.randperm(len(places), generator=draws)
        held_out[places[order[: min(wanted, len(places) - 1)]]] = True
    return held_out


def _require_room(loaded: LoadedBackbone) -> None:
    size = sum(tensor.nbytes for tensor in backbone(loaded.module).state_dict().values())
    if size > MAX_BYTES:
        raise InvalidInput(
            f"unfreeze: {loaded.name} has {size / 1e6:.0f} MB of weights, and a session keeps "
            f"{MAX_BYTES // 1_000_000} MB. Leave it frozen, or take a smaller backbone."
        )


def _fitted(
    ctx: Context,
    photos: LessonPhotos,
    lesson: Lesson,
    loaded: LoadedBackbone,
    draws: torch.Generator,
) -> Generator[HeadTraining, None, tuple[TrainedHead, HeadTraining]]:
    """Fit the head to the features; returns it, and the last value."""
    training, held_out = _labelled(photos)
    classes, epochs = len(photos.gathered.classes), lesson.recipe.epochs
    epoch: Epoch | None = None
    curve: list[list[float | None]] = []
    began = time.perf_counter()
    for epoch in fit(training, held_out, lesson.head, classes, lesson.recipe, draws):
        each = (time.perf_counter() - began) / epoch.number
        now = HeadTraining(
            phase="fitting",
            done=epoch.number,
            total=epochs,
            seconds_left=each * (epochs - epoch.number),
            loss=epoch.loss,
            accuracy=epoch.accuracy,
            validation_loss=epoch.validation_loss,
            validation_accuracy=epoch.validation_accuracy,
        )
        curve.append(_point(now))
        yield now
        if ctx.stopped:
            break
    assert epoch is not None
    trained = TrainedHead(
        head=lesson.head,
        classes=photos.gathered.classes,
        backbone=lesson.backbone,
        backbone_sha256=backbone_sha256(loaded.module),
        preprocessing=loaded.preprocessing,
        pretrained=lesson.pretrained,
        ten_crop=lesson.ten_crop,
        tensors=epoch.tensors,
        training={"epochs": epoch.number, "best_epoch": epoch.best, "curve": curve},
    )
    return trained, now


def _point(now: HeadTraining) -> list[float | None]:
    """An epoch, loss and accuracy of what it learns from, and the same of what is held out."""
    measured = (now.loss, now.accuracy, now.validation_loss, now.validation_accuracy)
    return [now.done, *(None if value is None else round(value, 4) for value in measured)]


def _labelled(photos: LessonPhotos) -> tuple[Labelled, Labelled | None]:
    """What the head is fitted to, random views of it included, and what is held out."""
    held_out = photos.held_out
    features, labels = photos.middle[~held_out], photos.labels[~held_out]
    if photos.views is not None:
        features = torch.cat([features, photos.views.flatten(0, 1)])
        labels = torch.cat([labels, labels.repeat_interleave(photos.views.shape[1])])
    training = Labelled(features=features, labels=labels)
    if not held_out.any():
        return training, None
    return training, Labelled(features=photos.middle[held_out], labels=photos.labels[held_out])


def _judged(
    ctx: Context, photos: LessonPhotos, trained: TrainedHead
) -> Generator[HeadTraining, None, tuple[list[int], Tensor]]:
    """What the head says of the photos: their places, those on which it is measured first."""
    measured = photos.measured.tolist()
    others = [] if len(measured) == photos.count else (~photos.held_out).nonzero()[:, 0].tolist()
    if trained.own is not None:
        return (yield from judge_again(ctx, photos, trained, measured, others))
    seen = photos.middle[measured] if photos.ten is None else photos.ten
    rows = [judge(trained, seen), judge(trained, photos.middle[others])]
    return [*measured, *others], torch.cat(rows)


def _report(
    photos: LessonPhotos,
    lesson: Lesson,
    trained: TrainedHead,
    places: list[int],
    judged: Tensor,
    *,
    stopped: bool,
) -> tuple[HeadReport, TrainedHead]:
    """The report, and the head with its record and the scores of the photos held out."""
    held_out = photos.held_out[places]
    is_measured = held_out if held_out.any() else torch.ones_like(held_out)
    labels = photos.labels[places]
    measured = metrics(judged[is_measured], labels[is_measured], held_out=bool(held_out.any()))
    counts: list[int] = photos.labels.bincount(minlength=len(trained.classes)).tolist()
    record = _record(lesson, trained, counts, int(held_out.sum()), measured)
    trained = replace(trained, training=record, held_out=scores(judged[held_out], labels[held_out]))
    report = HeadReport(
        name=lesson.name,
        kind=lesson.head.kind,
        classes=list(trained.classes),
        photos=counts,
        computed=photos.computed,
        skipped=photos.gathered.skipped,
        metrics=measured,
        judged=judged_photos(
            [photos.photos[place] for place in places], judged, trained.classes, held_out.tolist()
        ),
        training=dict(record),
        stopped=stopped,
    )
    return report, trained


def _record(
    lesson: Lesson, trained: TrainedHead, counts: list[int], held_out: int, measured: HeadMetrics
) -> dict[str, Any]:
    return {
        "recipe": asdict(lesson.recipe),
        "seed": lesson.seed,
        "validation_split": lesson.validation_split,
        "photos": counts,
        "held_out": held_out,
        "backbone": lesson.backbone,
        "pretrained": lesson.pretrained,
        "augment": lesson.augment,
        "ten_crop": lesson.ten_crop,
        **trained.training,
        "accuracy": measured.accuracy,
        "measured_on": measured.photos,
    }
