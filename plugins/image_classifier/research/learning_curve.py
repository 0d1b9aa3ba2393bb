"""Accuracy against photos of each class: do I need more photos?

Heads are fitted to more and more photos of each class and tested on photos that none of them
learned from. Each draw is one random order of the photos, of which the first two, three, five …
are taken, so that the points of a draw differ by the photos that were added and by nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from demo_app import Context

from ..lessons.confusion import decide, wilson_interval
from ..lessons.fitting import Labelled, fit, usual_recipe
from ..photographs.gathering import Gathered, require_enough
from ..results import SkippedPhoto
from ..shipped_heads import BACKBONE
from ..transfer.heads import Head
from ..transfer.trained_heads import build_head
from .more_photos import answer
from .power_law import fit_power_law
from .reading import Step, compute_features, counts, read_photos, shipped_preprocessing, told
from .studies import CurvePoint, LearningCurve

LEAST = 3
"""Photos that each class needs: two to learn from, one to be tested on."""
TEST_SHARE = 1 / 3
MOST_TESTED = 100
"""Photos of each class that are held out at most."""
SIZES = (2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1200, 2000, 3000)


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The photos of a study, and the order in which each draw learns from them.

    Attributes:
        photos: all of them.
        head: the kind of head.
        classes: how many.
        test: indices of the photos on which every head is tested, ``(n,)``.
        orders: for each draw and class, the indices of the others.
        seed: of the fits.
    """

    photos: Labelled
    head: Head
    classes: int
    test: Tensor
    orders: list[list[Tensor]]
    seed: int

    def sizes(self) -> list[int]:
        """Photos of each class, from two to as many as there are of each."""
        there = min(len(places) for places in self.orders[0])
        sizes = [size for size in SIZES if size <= there]
        return [*sizes, there] if there >= 1.25 * sizes[-1] else sizes

    def repeats(self, size: int) -> int:
        """How many draws there are of so many: of all photos that there are, one only."""
        return 1 if all(len(places) == size for places in self.orders[0]) else len(self.orders)

    def tested(self, ctx: Context, size: int, draw: int) -> Tensor | None:
        """Which test photos a head gets right that learned from so many, ``(n,)`` of bool.

        None if the visitor stopped the fit.
        """
        chosen = torch.cat([places[:size] for places in self.orders[draw]])
        photos = self.photos
        training = Labelled(features=photos.features[chosen], labels=photos.labels[chosen])
        random = torch.Generator().manual_seed(self.seed + draw)
        tensors: dict[str, Tensor] = {}
        for epoch in fit(training, None, self.head, self.classes, usual_recipe(self.head), random):
            tensors = epoch.tensors
            if ctx.stopped:
                return None
        module = build_head(self.head, photos.features.shape[1], self.classes).eval()
        module.load_state_dict(tensors)
        with torch.no_grad():
            logits = module(photos.features[self.test])
        return decide(logits, self.head) == photos.labels[self.test]


def learning_curve(
    ctx: Context, gathered: Gathered, head: Head, repeats: int, seed: int
) -> Iterator[LearningCurve]:
    """Read, compute what features are missing, fit and test; each point is yielded when it is made.

    Args:
        ctx: the host's loan to this call.
        gathered: three photos or more of each class.
        head: the kind of head; it is fitted as ``train_head`` fits it when nothing is chosen.
        repeats: draws of the photos that are learned from.
        seed: of the draws.

    Raises:
        InvalidInput: the head does not fit the classes, the same photo is in two classes, or a
            class has too few photos that can be read.
    """
    head.outputs(len(gathered.classes))
    network, preprocessing = ctx.model(BACKBONE), shipped_preprocessing(ctx)
    read = yield from told(read_photos(ctx, gathered), _told)
    labelled: Labelled | None = None
    if read.complete:
        steps = compute_features(ctx, read, network, preprocessing)
        read, labelled = yield from told(steps, _told)
    skipped = read.gathered.skipped
    if labelled is None or not read.complete:
        yield LearningCurve(phase="stopped", done=0, total=0, points=[], skipped=skipped)
        return
    require_enough(gathered.classes, counts(read), LEAST)
    draws = draw(labelled, head, len(gathered.classes), repeats, seed)
    yield from _points(ctx, draws, skipped)


def _told(step: Step) -> LearningCurve:
    return LearningCurve(
        phase=step.phase,
        done=step.done,
        total=step.total,
        seconds_left=step.seconds_left,
        points=[],
        skipped=[],
    )


def draw(photos: Labelled, head: Head, classes: int, repeats: int, seed: int) -> Draws:
    """A third of each class held out from everything, and the others in several random orders."""
    random = torch.Generator().manual_seed(seed)
    test: list[Tensor] = []
    pools: list[Tensor] = []
    for label in range(classes):
        places = (photos.labels == label).nonzero()[:, 0]
        places = places[torch.randperm(len(places), generator=random)]
        held_out = min(MOST_TESTED, max(1, round(len(places) * TEST_SHARE)))
        test.append(places[:held_out])
        pools.append(places[held_out:])
    orders = [
        [pool[torch.randperm(len(pool), generator=random)] for pool in pools]
        for _ in range(repeats)
    ]
    return Draws(
        photos=photos, head=head, classes=classes, test=torch.cat(test), orders=orders, seed=seed
    )


def _points(ctx: Context, draws: Draws, skipped: list[SkippedPhoto]) -> Iterator[LearningCurve]:
    sizes = draws.sizes()
    total = sum(map(draws.repeats, sizes))
    rights: dict[int, Tensor] = {}
    points: list[CurvePoint] = []
    done, began = 0, time.perf_counter()
    for size in sizes:
        rows: list[Tensor] = []
        for number in range(draws.repeats(size)):
            right = draws.tested(ctx, size, number)
            if right is None:
                break
            rows.append(right)
        done += len(rows)
        if rows:
            rights[size] = torch.stack(rows)
            points.append(point(size, rights[size]))
            # Fits take about as long as they have photos.
            work = [each * draws.repeats(each) for each in sizes]
            pace = (time.perf_counter() - began) / sum(work[: len(points)])
            yield LearningCurve(
                phase="fitting",
                done=done,
                total=total,
                seconds_left=pace * sum(work[len(points) :]),
                points=list(points),
                tested=len(draws.test),
                skipped=skipped,
            )
        if ctx.stopped:
            break
    complete = done == total
    more, text = answer(rights, points) if points else (None, "")
    yield LearningCurve(
        phase="done" if points else "stopped",
        done=done,
        total=total,
        seconds_left=0.0,
        points=points,
        tested=len(draws.test),
        power_law=fit_power_law(points),
        more=more,
        answer=text,
        skipped=skipped,
        stopped=not complete,
    )


def point(size: int, right: Tensor) -> CurvePoint:
    """A point of the curve from which test photos each draw got right, ``(draws, n)`` of bool.

    The interval is Wilson's for as many trials as vary as much as two things together: the mean
    over the draws, and the share of so many test photos, on which all draws are tested alike.
    """
    accuracies = right.double().mean(dim=1)
    mean, draws, count = accuracies.mean().item(), len(right), right.shape[1]
    of_photos = mean * (1 - mean) / count
    of_draws = accuracies.var().item() / draws if draws > 1 else 0.0
    trials = count * of_photos / (of_photos + of_draws) if of_photos else float(count)
    return CurvePoint(
        photos=size,
        accuracy=mean,
        interval=wilson_interval(mean, trials),
        accuracies=accuracies.tolist(),
    )
