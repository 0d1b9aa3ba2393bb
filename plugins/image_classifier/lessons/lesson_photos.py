"""The photos of a lesson: read, some held out, and what the frozen backbone makes of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from demo_app import Context

from ..architectures.backbones import SHIPPED, LoadedBackbone
from ..photographs.augmentation import VIEWS, augmented_views, ten_crops
from ..photographs.gathering import Gathered, require_enough
from ..photographs.session_features import Features, Hashed, Views, hash_photos
from ..results import HeadTraining, SkippedPhoto
from ..transfer.fingerprint import backbone_sha256

EVERY = 10
"""Photos that are read between two reports."""
CROPS = 10


@dataclass(frozen=True, kw_only=True)
class LessonPhotos:
    """Photos that take part, with their features.

    Attributes:
        gathered: the classes, and the files that take no part.
        photos: ``n`` that do.
        labels: indices of their classes, ``(n,)`` of int64.
        held_out: which ones are held out, ``(n,)`` of bool.
        middle: features of the middle of each, ``(n, in_features)``.
        views: features of random views of those that are learned from, ``(m, views, in_features)``;
            None if none were asked for.
        ten: features of ten crops of those on which the head is measured, ``(k, 10, in_features)``;
            None if they were not asked for.
        computed: photos that went through the backbone now.
    """

    gathered: Gathered
    photos: list[Hashed]
    labels: Tensor
    held_out: Tensor
    middle: Tensor
    views: Tensor | None
    ten: Tensor | None
    computed: int

    @property
    def measured(self) -> Tensor:
        """Places of the photos on which the head is measured: held out, or, without any, all."""
        return self.held_out.nonzero()[:, 0] if self.held_out.any() else torch.arange(self.count)

    @property
    def count(self) -> int:
        """How many take part."""
        return len(self.photos)


def read_photos(
    ctx: Context, gathered: Gathered
) -> Generator[HeadTraining, None, tuple[Gathered, list[Hashed]] | None]:
    """Read every photo once; returns those that can be used, or None if it was stopped.

    Raises:
        InvalidInput: the same photo is in two classes.
    """
    read: tuple[Gathered, list[Hashed]] = gathered, []
    total = len(gathered.photos)
    for number, latest in enumerate(hash_photos(gathered), 1):
        read = latest
        if ctx.stopped:
            yield HeadTraining(phase="stopped", done=number, total=total)
            return None
        if number % EVERY == 0 or number == total:
            yield HeadTraining(phase="reading", done=number, total=total)
    return read


def look_at(
    ctx: Context,
    gathered: Gathered,
    photos: list[Hashed],
    backbone: LoadedBackbone,
    hold_out: Callable[[Tensor], Tensor],
    *,
    augment: bool,
    ten_crop: bool,
) -> Generator[HeadTraining, None, LessonPhotos | None]:
    """Compute what features are missing; returns None if it was stopped.

    Args:
        ctx: the host's loan to this call.
        gathered: the classes.
        photos: as they were read.
        backbone: frozen.
        hold_out: from labels ``(n,)`` to which photos are held out, ``(n,)`` of bool.
        augment: random views of those that are learned from, too.
        ten_crop: ten crops of those on which the head is measured, too.

    Raises:
        InvalidInput: a class has too few photos that can be opened.
    """
    passes = _Passes(ctx, backbone)
    middle = passes.features("")
    views, ten = passes.features("views"), passes.features("ten")
    # How many are held out is not known yet, so this is the most that there can be.
    passes.left = len(middle.missing(photos))
    passes.left += VIEWS * len(views.missing(photos)) if augment else 0
    passes.left += CROPS * len(ten.missing(photos)) if ten_crop else 0
    if not (yield from passes.compute(middle, photos, None, 1)):
        return None
    gathered, photos = _without_damaged(gathered, photos, middle)
    labels = torch.tensor([hashed.photo.label for hashed in photos])
    found = LessonPhotos(
        gathered=gathered,
        photos=photos,
        labels=labels,
        held_out=hold_out(labels),
        middle=torch.stack([middle.known[hashed.sha256] for hashed in photos]),
        views=None,
        ten=None,
        computed=middle.computed,
    )
    training = [photos[i] for i in (~found.held_out).nonzero()[:, 0].tolist()] if augment else []
    measured = [photos[i] for i in found.measured.tolist()] if ten_crop else []
    passes.left = VIEWS * len(views.missing(training)) + CROPS * len(ten.missing(measured))
    if not (yield from passes.compute(views, training, augmented_views, VIEWS)):
        return None
    if not (yield from passes.compute(ten, measured, ten_crops, CROPS)):
        return None
    return replace(
        found,
        views=torch.stack([views.known[h.sha256] for h in training]) if training else None,
        ten=torch.stack([ten.known[h.sha256] for h in measured]) if measured else None,
    )


class _Passes:
    """Passes of photos through one backbone, with one account of how far they are."""

    def __init__(self, ctx: Context, backbone: LoadedBackbone) -> None:
        self.ctx, self.backbone = ctx, backbone
        self.done, self.left = 0, 0
        self.began = time.perf_counter()

    def features(self, way: str) -> Features:
        """Those that the session keeps of one way to look at photos."""
        shipped = self.backbone.name == SHIPPED and bool(self.backbone.weights)
        network = "" if shipped else backbone_sha256(self.backbone.module)[:16]
        return Features.of(self.ctx, f"{network} {way}".strip())

    def compute(
        self, features: Features, photos: list[Hashed], views: Views | None, each: int
    ) -> Generator[HeadTraining, None, bool]:
        """Compute what is missing and leave it to the session; whether it was not stopped."""
        before, left = self.done, self.left
        network, preprocessing = self.backbone.module, self.backbone.preprocessing
        for photos_done in features.compute(photos, network, preprocessing, views):
            self.done, self.left = before + each * photos_done, left - each * photos_done
            speed = self.done / (time.perf_counter() - self.began)
            now = HeadTraining(
                phase="features",
                done=self.done,
                total=self.done + self.left,
                images_per_second=speed,
            )
            if self.ctx.stopped:
                features.keep(self.ctx)
                yield replace(now, phase="stopped")
                return False
            yield replace(now, seconds_left=self.left / speed)
        if features.computed:
            features.keep(self.ctx)
        return True


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
