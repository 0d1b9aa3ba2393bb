"""Actions that study heads and photos: how good, how certain, how many photos, which way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from demo_app import Context, action

from .actions import HeadName
from .head_actions import Archive, HeadKind, Images
from .research.studies import Comparison, Evaluation, LearningCurve, Thresholds
from .results import Fault


@action
def evaluate(
    ctx: Context,
    *,
    images: Images | None = None,
    archive: Archive | None = None,
    head: HeadName = "mine",
) -> Iterator[Evaluation]:
    """Measure a head on photos whose classes are known; stop ends with the photos so far.

    Give photos that the head has not learned from, or the result flatters it. Upper and lower case
    of class names do not matter, and classes without photos may be left out.

    Raises:
        InvalidInput: the head is imagenet, does not know a class, or the same photo is in two.
        Unknown: there is no head of that name.
    """
    from .photographs.gathering import gather
    from .research.evaluating import evaluate as measure

    yield from measure(ctx, gather(images, archive, least=0, least_classes=1), head)


@action
def set_thresholds(
    ctx: Context,
    *,
    head: Annotated[
        str, Field(min_length=1, max_length=100, description="A head of your own.")
    ] = "mine",
    accuracy: Annotated[
        float,
        Field(
            ge=0.5,
            le=1,
            description="Share of the photos named as a class that should be of it; leave it out "
            "(null) to remove the thresholds.",
        ),
    ]
    | None = 0.95,
) -> Thresholds:
    """Let a head say none of these: a threshold for each class, from the photos held out.

    Raises:
        InvalidInput: no photos were held out when the head was trained.
        Unknown: there is no head of that name.
    """
    from .research.thresholds import set_thresholds as choose_and_keep

    return choose_and_keep(ctx, head, accuracy)


@action(grad=True, seed=True)
def learning_curve(
    ctx: Context,
    *,
    images: Images | None = None,
    archive: Archive | None = None,
    kind: HeadKind = "linear",
    repeats: Annotated[
        int, Field(ge=1, le=20, description="Random draws of the photos for each point.")
    ] = 5,
) -> Iterator[LearningCurve]:
    """Do I need more photos? Accuracy against photos of each class, fitted to few and to many.

    Raises:
        InvalidInput: a class has fewer than three photos, or as train_head says.
    """
    from .photographs.gathering import gather
    from .research.learning_curve import LEAST
    from .research.learning_curve import learning_curve as study
    from .transfer.heads import Head

    assert ctx.seed is not None
    gathered = gather(images, archive, least=LEAST)
    yield from study(ctx, gathered, Head(kind=kind), repeats, ctx.seed)


@action(grad=True, seed=True)
def compare(
    ctx: Context,
    *,
    images: Images | None = None,
    archive: Archive | None = None,
    epochs: Annotated[
        int, Field(ge=1, le=30, description="Passes over the photos where the network trains.")
    ] = 8,
) -> Iterator[Comparison]:
    """The same photos learned on frozen features, by fine-tuning, and from scratch, side by side.

    Whole networks are trained: 400 photos are drawn at most, and the pictures are smaller than
    usual. It takes minutes; stop ends with what there is.

    Raises:
        InvalidInput: there are more than 100 classes, or as train_head says.
    """
    from .photographs.gathering import gather
    from .research.comparing import compare as study

    assert ctx.seed is not None
    yield from study(ctx, gather(images, archive), epochs, ctx.seed)


@action
def tutorial_faults(ctx: Context) -> list[Fault]:
    """Try out what tutorials get wrong about heads and backbones, and measure it (untrained)."""
    from .tutorials import faults

    return list(faults())
