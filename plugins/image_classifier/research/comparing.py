"""The lesson of transfer learning with one's own photos: three ways side by side, in real numbers.

The same photos, the same split and the same network, learned with a head on its frozen pre-trained
features, fine-tuned as a whole, and from scratch. Whole networks are trained here, so the photos
are few, the pictures small, and the epochs bounded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from demo_app import Context, InvalidInput

from ..lessons.teaching import held_out_photos
from ..photographs.gathering import Gathered, require_enough
from ..photographs.photo_inputs import PhotoInputs
from ..photographs.preprocessing import Preprocessing
from ..results import SkippedPhoto
from ..shipped_heads import BACKBONE
from .reading import Step, compute_features, counts, read_photos, shipped_preprocessing, told
from .studies import Comparison, Way
from .ways import Material, Progress, fine_tuned, frozen, scratch

MOST_PHOTOS = 400
MOST_CLASSES = 100
HELD_OUT = 0.25
"""Share of each class."""
SIDE = 128
"""Of the square that the network sees: a third of the work of the usual 224 pixels."""
TITLES = {
    "frozen": "a head on the frozen pre-trained features",
    "fine_tuned": "fine-tuned as a whole",
    "scratch": "from scratch",
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same in every value of one comparison."""

    given: int
    photos: int
    held_out: int
    epochs: int
    skipped: list[SkippedPhoto]


def compare(ctx: Context, gathered: Gathered, epochs: int, seed: int) -> Iterator[Comparison]:
    """Read, compute features, and learn in three ways; a value after each batch.

    Args:
        ctx: the host's loan to this call.
        gathered: of it 400 photos are drawn at most, equally many of each class where it can be.
        epochs: passes over the photos where the whole network trains.
        seed: of what is drawn, of the split, and of initial weights.

    Raises:
        InvalidInput: there are more than 100 classes, the same photo is in two, or one has too few
            that can be read.
    """
    given = len(gathered.photos)
    gathered = drawn(gathered, seed)
    usual = shipped_preprocessing(ctx)
    small = replace(usual, resize=round(SIDE * usual.resize / usual.crop), crop=SIDE)
    began = time.perf_counter()
    read = yield from told(read_photos(ctx, gathered), _told)
    if read.complete:
        steps = compute_features(ctx, read, ctx.model(BACKBONE), small)
        read, photos = yield from told(steps, _told)
    skipped = read.gathered.skipped
    if not read.complete:
        yield Comparison(phase="stopped", done=0, total=0, ways=[], skipped=skipped, stopped=True)
        return
    require_enough(gathered.classes, counts(read))
    seconds = time.perf_counter() - began
    held_out = held_out_photos(photos.labels, HELD_OUT, torch.Generator().manual_seed(seed))
    material = Material(
        inputs=PhotoInputs([hashed.photo for hashed in read.photos], small),
        photos=photos,
        training=(~held_out).nonzero()[:, 0].tolist(),
        held_out=held_out.nonzero()[:, 0].tolist(),
        classes=len(gathered.classes),
        epochs=epochs,
        seed=seed,
        features_seconds=seconds,
    )
    setting = Setting(
        given=given,
        photos=len(photos),
        held_out=len(material.held_out),
        epochs=epochs,
        skipped=skipped,
    )
    yield from _learned(ctx, material, setting, usual)


def drawn(gathered: Gathered, seed: int) -> Gathered:
    """At most 400 of the photos, drawn so that classes are as equal as they can be.

    Raises:
        InvalidInput: there are so many classes that hardly a photo of each would be left.
    """
    classes = len(gathered.classes)
    if classes > MOST_CLASSES:
        raise InvalidInput(
            f"There are {classes:,} classes; a comparison takes {MOST_CLASSES} at most, since it "
            f"trains whole networks on {MOST_PHOTOS} photos."
        )
    order = torch.randperm(len(gathered.photos), generator=torch.Generator().manual_seed(seed))
    # Round by round one photo of each class: small classes are taken whole before large ones.
    taken = [0] * classes
    rounds: list[tuple[int, int]] = []
    for place in order.tolist():
        label = gathered.photos[place].label
        rounds.append((taken[label], place))
        taken[label] += 1
    chosen = sorted(place for _, place in sorted(rounds)[:MOST_PHOTOS])
    return replace(gathered, photos=[gathered.photos[place] for place in chosen])


def _learned(
    ctx: Context, material: Material, setting: Setting, usual: Preprocessing
) -> Iterator[Comparison]:
    rows: list[Way] = []
    head: dict[str, torch.Tensor] = {}
    stopped = False
    for name in ("frozen", "fine_tuned", "scratch"):
        way = (
            frozen(material)
            if name == "frozen"
            else fine_tuned(ctx, material, head)
            if name == "fine_tuned"
            else scratch(ctx, material)
        )
        progress: Progress | None = None
        for progress in way:
            yield _value(progress, rows, setting)
            if ctx.stopped:
                break
        assert progress is not None
        if progress.curve:
            rows.append(progress.row())
        head = progress.tensors or head
        stopped = ctx.stopped and not (name == "scratch" and progress.finished)
        if stopped:
            break
    yield Comparison(
        phase="done",
        done=sum(row.finished for row in rows),
        total=3,
        seconds_left=0.0,
        ways=rows,
        photos=setting.photos,
        held_out=setting.held_out,
        skipped=setting.skipped,
        note=note(rows, setting, usual),
        stopped=stopped,
    )


def _value(progress: Progress, rows: list[Way], setting: Setting) -> Comparison:
    return Comparison(
        phase="learning",
        done=len(progress.curve),
        total=progress.total,
        seconds_left=progress.seconds_left,
        way=progress.name,
        loss=progress.loss,
        accuracy=progress.accuracy,
        ways=[*rows, progress.row()] if progress.curve else list(rows),
        photos=setting.photos,
        held_out=setting.held_out,
        skipped=setting.skipped,
    )


def note(rows: list[Way], setting: Setting, usual: Preprocessing) -> str:
    """What was compared on what, and what came out."""
    results = ", ".join(
        f"{row.accuracy:.1%} {TITLES[row.name]}" + ("" if row.finished else " (stopped)")
        for row in rows
    )
    photos = f"{setting.photos:,} photos"
    if setting.photos < setting.given:
        photos += f" of the {setting.given:,} that were given"
    return (
        f"{results}. On {photos}, {setting.held_out} of them held out from all three ways; the "
        f"network sees squares of {SIDE} pixels here, not of {usual.crop}, so that it takes "
        f"minutes. Each number is that after the last epoch ({setting.epochs} where the whole "
        "network trains). With so few photos a difference within the intervals may be chance."
    )


def _told(step: Step) -> Comparison:
    return Comparison(
        phase=step.phase,
        done=step.done,
        total=step.total,
        seconds_left=step.seconds_left,
        ways=[],
        skipped=[],
    )
