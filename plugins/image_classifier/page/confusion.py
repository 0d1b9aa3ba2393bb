"""How the trained head did: its confusion matrix, and the photos behind each of its cells."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app.components import payload, scripted
from demo_app.images import open_image

from ..results import HeadReport
from .cards import jpeg_url
from .training_set import TrainingSet
from .training_set_photos import KeptPhoto, encoded

HERE = Path(__file__).parent
LARGE = (320, 320)
MOST_PICTURES = 64
MOST_NAMED = 5


def build_confusion() -> gr.HTML:
    """The component; ``alter`` carries what the visitor wants changed, ``submit`` asks to train."""
    return scripted("teach-confusion", HERE / "teach_photos.js", HERE / "confusion.js")


def shown(kept: TrainingSet, *, pictures: Iterable[KeptPhoto] = ()) -> str:
    """The last training for the script; nothing before the first.

    Args:
        kept: with what it trained on, and where those photos are now.
        pictures: photos whose pictures go with it; the script keeps them.
    """
    trained = kept.trained
    if trained is None:
        return payload({})
    now = {photo.number: each.number for each in kept.classes for photo in each.photos}
    report: HeadReport = trained.report
    return payload(
        {
            "set": kept.key,
            "answer": time.time_ns(),
            "version": kept.version,
            "made": trained.made,
            "classes": report.classes,
            "judged": judged(report, trained.numbers),
            "figures": figures(report),
            "skipped": skipped(report),
            "trained": trained.places,
            "now": now,
            "choices": [{"number": each.number, "name": each.name} for each in kept.classes],
            "pictures": {photo.number: _picture(photo) for photo in pictures},
        }
    )


def looked(kept: TrainingSet, asked: Mapping[str, Any]) -> str:
    """The last training with pictures of the photos that the script asks for."""
    numbers = asked.get("numbers")
    wanted = {n for n in numbers if isinstance(n, int)} if isinstance(numbers, list) else set()
    with kept.lock:
        found = [photo for photo in kept.photos if photo.number in wanted]
        return shown(kept, pictures=found[:MOST_PICTURES])


def judged(report: HeadReport, numbers: list[int]) -> list[list[Any]]:
    """For each photo: its number, right class, decided class, probability, whether held out."""
    places = {name: place for place, name in enumerate(report.classes)}
    return [
        [
            numbers[photo.index],
            places[photo.class_name],
            places[photo.decided],
            photo.probability,
            photo.held_out,
        ]
        for photo in report.judged
    ]


def figures(report: HeadReport) -> list[list[str]]:
    """Numbers of the training with what they are."""
    metrics = report.metrics
    low, high = metrics.interval
    photos = "1 photo" if metrics.count == 1 else f"{metrics.count} photos"
    return [
        [f"{metrics.accuracy:.1%}", f"right, of {photos} {metrics.photos}"],
        [f"{low:.0%} … {high:.0%}", "95 % interval: more photos held out make it narrower"],
        [f"{metrics.loss:.2f}", "loss, in nats"],
        [f"{report.computed} + {known(report)}", "photos: features computed now + known already"],
    ]


def known(report: HeadReport) -> int:
    """Photos whose features were known from before."""
    return max(0, sum(report.photos) - report.computed)


def skipped(report: HeadReport) -> str:
    """Which photos took no part, and why; empty if all did."""
    if not report.skipped:
        return ""
    names = [f"{one.name} ({one.reason.rstrip('.')})" for one in report.skipped[:MOST_NAMED]]
    more = len(report.skipped) - len(names)
    return f"Left out: {'; '.join(names)}{f'; and {more} more' if more else ''}."


def _picture(photo: KeptPhoto) -> dict[str, str]:
    picture = open_image(photo.data)
    picture.thumbnail(LARGE)
    return {"src": jpeg_url(encoded(picture, quality=80)), "name": photo.name}
