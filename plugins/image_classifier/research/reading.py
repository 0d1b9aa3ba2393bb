"""The photos of a study read, and their features computed or found in the session, with progress.

Each step can be stopped; what was computed until then is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import torch
from torch import nn

from demo_app import Context, DemoError

from ..lessons.fitting import Labelled
from ..photographs.gathering import Gathered
from ..photographs.preprocessing import Preprocessing
from ..photographs.session_features import Features, Hashed, hash_photos
from ..results import SkippedPhoto
from ..shipped_heads import BACKBONE

Value = TypeVar("Value")
Returned = TypeVar("Returned")
EVERY = 10
"""Photos that are read between two reports."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far it is: photos of this phase, how many there are, and the seconds left if known."""

    phase: Literal["reading", "features"]
    done: int
    total: int
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class Read:
    """Photos that were read: ``gathered`` with all that were skipped, and the others with hashes.

    ``complete`` is false if the visitor stopped it.
    """

    gathered: Gathered
    photos: list[Hashed]
    complete: bool


def read_photos(ctx: Context, gathered: Gathered) -> Generator[Step, None, Read]:
    """Read every photo once, as ``hash_photos`` does.

    Raises:
        InvalidInput: the same photo is in two classes.
    """
    photos: list[Hashed] = []
    left, total = gathered, len(gathered.photos)
    began = time.perf_counter()
    for number, (left, photos) in enumerate(hash_photos(gathered), 1):
        if ctx.stopped:
            return Read(gathered=left, photos=photos, complete=number == total)
        if number % EVERY == 0 or number == total:
            each = (time.perf_counter() - began) / number
            yield Step(
                phase="reading", done=number, total=total, seconds_left=each * (total - number)
            )
    return Read(gathered=left, photos=photos, complete=True)


def compute_features(
    ctx: Context, read: Read, network: nn.Module, preprocessing: Preprocessing
) -> Generator[Step, None, tuple[Read, Labelled]]:
    """The features of the photos, from the session where they are known.

    Args:
        ctx: the host's loan to this call.
        read: the photos.
        network: the backbone.
        preprocessing: how photos become its inputs. Only features by the backbone's own are kept.

    Returns:
        The photos that have features, with those features and labels.
    """
    own = shipped_preprocessing(ctx) == preprocessing
    features = Features.of(ctx) if own else Features(known={})
    total = sum(photo.sha256 not in features.known for photo in read.photos)
    began = time.perf_counter()
    for done in features.compute(read.photos, network, preprocessing):
        each = (time.perf_counter() - began) / done
        yield Step(phase="features", done=done, total=total, seconds_left=each * (total - done))
        if ctx.stopped:
            break
    if own:
        features.keep(ctx)
    complete = read.complete and total <= features.computed + len(features.damaged)
    left = [photo for photo in read.photos if photo.sha256 in features.known]
    labelled = Labelled(
        features=torch.stack([features.known[photo.sha256] for photo in left])
        if left
        else torch.empty(0, 0),
        labels=torch.tensor([photo.photo.label for photo in left], dtype=torch.int64),
    )
    read = without(read, features.damaged)
    return replace(read, photos=left, complete=complete), labelled


def told(
    steps: Generator[Step, None, Returned], tell: Callable[[Step], Value]
) -> Generator[Value, None, Returned]:
    """The steps as values of an action; returns what they return."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            returned: Returned = end.value
            return returned
        yield tell(step)


def without(read: Read, damaged: dict[str, str]) -> Read:
    """The same with damaged photos named as skipped: their reasons by hash."""
    classes = read.gathered.classes
    skipped = [
        SkippedPhoto(
            class_name=classes[hashed.photo.label],
            name=hashed.photo.name,
            reason=damaged[hashed.sha256],
        )
        for hashed in read.photos
        if hashed.sha256 in damaged
    ]
    gathered = replace(read.gathered, skipped=[*read.gathered.skipped, *skipped])
    left = [hashed for hashed in read.photos if hashed.sha256 not in damaged]
    return replace(read, gathered=gathered, photos=left)


def shipped_preprocessing(ctx: Context) -> Preprocessing:
    """How photos become inputs of the backbone that ships.

    Raises:
        DemoError: its checkpoint is missing.
    """
    metadata = ctx.metadata(BACKBONE)
    if metadata is None:
        raise DemoError(f"The checkpoint of {BACKBONE} is missing.")
    return Preprocessing.from_metadata(metadata.preprocessing)


def counts(read: Read) -> list[int]:
    """How many photos each class has that can be used."""
    labels = [hashed.photo.label for hashed in read.photos]
    return [labels.count(label) for label in range(len(read.gathered.classes))]
