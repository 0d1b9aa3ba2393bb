"""A visitor's own classes taught to a head: photos in, a head and its record out, in seconds.

The backbone is frozen, so a photo's features never change: they are computed once and kept, and
what is trained is one small layer on them (Donahue et al., "DeCAF", ICML 2014, arXiv:1310.1531).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from demo_app import Context, DemoError

from .confusion import accuracy, class_accuracies, confusion_matrix, decide, wilson_interval
from .fingerprint import backbone_sha256
from .fitting import Epoch, Labelled, Recipe, fit
from .gathering import Gathered, require_enough
from .heads import Head
from .logits import classification_loss
from .preprocessing import Preprocessing
from .results import HeadMetrics, HeadReport, HeadTraining, SkippedPhoto
from .session_features import Features, Hashed, hash_photos
from .session_heads import keep, require_name
from .shipped_heads import BACKBONE
from .trained_heads import TrainedHead

EVERY = 10
"""Photos that are read between two reports."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is to be trained.

    Attributes:
        name: under which the session keeps the head.
        head: its kind.
        recipe: how it is fitted.
        validation_split: share of each class that is held out.
        seed: of the choice of those photos, the initial weights and the batches.
    """

    name: str
    head: Head
    recipe: Recipe
    validation_split: float
    seed: int


def teach(ctx: Context, gathered: Gathered, lesson: Lesson) -> Iterator[HeadTraining]:
    """Read, compute what features are missing, fit; the head is kept in the session.

    Stopped while it fits, it ends with the best head so far. Stopped before, there is none, but
    the features that were computed are kept.

    Raises:
        InvalidInput: the name is taken, the head does not fit the classes, the same photo is in
            two classes, or a class has too few photos that can be read.
    """
    require_name(lesson.name)
    lesson.head.outputs(len(gathered.classes))
    metadata, network = ctx.metadata(BACKBONE), ctx.model(BACKBONE)
    if metadata is None:
        raise DemoError(f"The checkpoint of {BACKBONE} is missing.")
    preprocessing = Preprocessing.from_metadata(metadata.preprocessing)
    read: tuple[Gathered, list[Hashed]] = gathered, []
    total = len(gathered.photos)
    for number, latest in enumerate(hash_photos(gathered), 1):
        read = latest
        if ctx.stopped:
            yield HeadTraining(phase="stopped", done=number, total=total)
            return
        if number % EVERY == 0 or number == total:
            yield HeadTraining(phase="reading", done=number, total=total)
    gathered, photos = read
    features = Features.of(ctx)
    missing = sum(photo.sha256 not in features.known for photo in photos)
    began = time.perf_counter()
    for done in features.compute(photos, network, preprocessing):
        speed = done / (time.perf_counter() - began)
        now = HeadTraining(phase="features", done=done, total=missing, images_per_second=speed)
        if ctx.stopped:
            features.keep(ctx)
            yield replace(now, phase="stopped")
            return
        yield replace(now, seconds_left=(missing - done) / speed)
    features.keep(ctx)
    gathered, photos = _without_damaged(gathered, photos, features)
    trained = TrainedHead(
        head=lesson.head,
        classes=gathered.classes,
        backbone=BACKBONE,
        backbone_sha256=backbone_sha256(network),
        preprocessing=preprocessing,
        tensors={},
    )
    yield from _fitted(ctx, gathered, photos, features, lesson, trained)


def _without_damaged(
    gathered: Gathered, photos: list[Hashed], features: Features
) -> tuple[Gathered, list[Hashed]]:
    """The photos that have features; the others are named among those skipped."""
    skipped = [
        SkippedPhoto(
            class_name=gathered.classes[hashed.photo.label],
            name=hashed.photo.name,
            reason=features.damaged[hashed.sha256],
        )
        for hashed in photos
        if hashed.sha256 in features.damaged
    ]
    left = [hashed for hashed in photos if hashed.sha256 not in features.damaged]
    counts = [
        sum(hashed.photo.label == label for hashed in left)
        for label in range(len(gathered.classes))
    ]
    require_enough(gathered.classes, counts)
    return replace(gathered, skipped=[*gathered.skipped, *skipped]), left


def _fitted(
    ctx: Context,
    gathered: Gathered,
    photos: list[Hashed],
    features: Features,
    lesson: Lesson,
    trained: TrainedHead,
) -> Iterator[HeadTraining]:
    draws = torch.Generator().manual_seed(lesson.seed)
    labelled = Labelled(
        features=torch.stack([features.known[hashed.sha256] for hashed in photos]),
        labels=torch.tensor([hashed.photo.label for hashed in photos]),
    )
    held_out = held_out_photos(labelled.labels, lesson.validation_split, draws)
    training, validation = _part(labelled, ~held_out), _part(labelled, held_out)
    classes, epochs = len(gathered.classes), lesson.recipe.epochs
    epoch: Epoch | None = None
    began = time.perf_counter()
    for epoch in fit(
        training,
        validation if len(validation) else None,
        lesson.head,
        classes,
        lesson.recipe,
        draws,
    ):
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
        yield now
        if ctx.stopped:
            break
    assert epoch is not None
    counts: list[int] = labelled.labels.bincount(minlength=classes).tolist()
    trained = replace(
        trained,
        tensors=epoch.tensors,
        training=_record(lesson, epoch, counts, held_out=len(validation)),
    )
    keep(ctx, lesson.name, trained)
    report = HeadReport(
        name=lesson.name,
        kind=lesson.head.kind,
        classes=list(gathered.classes),
        photos=counts,
        computed=features.computed,
        skipped=gathered.skipped,
        metrics=_metrics(trained, validation if len(validation) else training, len(validation)),
        training=dict(trained.training),
        stopped=ctx.stopped,
    )
    yield replace(now, phase="done", seconds_left=0.0, report=report)


def _record(lesson: Lesson, epoch: Epoch, counts: list[int], *, held_out: int) -> dict[str, Any]:
    return {
        "recipe": asdict(lesson.recipe),
        "seed": lesson.seed,
        "validation_split": lesson.validation_split,
        "photos": counts,
        "held_out": held_out,
        "epochs": epoch.number,
        "best_epoch": epoch.best,
    }


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


def _part(photos: Labelled, chosen: Tensor) -> Labelled:
    return Labelled(features=photos.features[chosen], labels=photos.labels[chosen])


@torch.no_grad()
def _metrics(trained: TrainedHead, photos: Labelled, held_out: int) -> HeadMetrics:
    logits = trained.module()(photos.features)
    confusion = confusion_matrix(photos.labels, decide(logits, trained.head), len(trained.classes))
    share = accuracy(confusion)
    return HeadMetrics(
        photos="held out" if held_out else "those it learned from",
        count=len(photos),
        accuracy=share,
        interval=wilson_interval(share, len(photos)),
        loss=classification_loss(logits, photos.labels, trained.head).item(),
        class_accuracies=class_accuracies(confusion),
        confusion_matrix=confusion.tolist(),
    )
