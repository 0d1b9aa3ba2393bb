"""How far a training is: its phases, its progress, and the curves of loss and accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr

from demo_app.components import payload, scripted

from ..results import HeadReport, HeadTraining

HERE = Path(__file__).parent
UNITS = {"fitting": "epoch", "tuning": "photo"}
"""What is counted in the phases that have a loss."""

THROUGH = {
    "features": "Computing features",
    "tuning": "Fine-tuning",
    "measuring": "Measuring",
}
"""The phases in which photos go through the network."""

Point = Sequence[float | None]


def build_curves() -> gr.HTML:
    """The component; empty before the first training."""
    return scripted("teach-curves", HERE / "teach_svg.js", HERE / "curves.js")


@dataclass(kw_only=True)
class Curves:
    """One training as it goes on.

    Attributes:
        points: an epoch, then loss and accuracy of the photos it learns from and of those held out;
            of a fine-tuning a number of photos instead of an epoch.
        phase: to which the points belong.
    """

    points: list[Point] = field(default_factory=list)
    phase: str = ""

    def shown(self, now: HeadTraining) -> str:
        """The curves up to now, for the script."""
        if now.phase in UNITS and now.phase != self.phase:
            self.points, self.phase = [], now.phase
        # A page is not sent every value: the last epoch may come with the report only.
        last = self.points[-1][0] or 0 if self.points else 0
        if now.loss is not None and now.done >= last:
            # An epoch of a fine-tuning is told again once it was measured.
            if now.done == last:
                self.points = self.points[:-1]
            self.points.append(
                (now.done, now.loss, now.accuracy, now.validation_loss, now.validation_accuracy)
            )
        report = now.report
        if report and self.phase in ("", "fitting") and "tuning" not in report.training:
            # A fit of an instant ends before a page is sent its epochs; the record has them all.
            self.phase = "fitting"
            self.points = report.training.get("curve", self.points)
        return payload(
            {
                "phase": now.phase,
                "done": now.done,
                "total": now.total,
                "points": self.points,
                "unit": UNITS.get(self.phase, ""),
                "best": best_epoch(report) if report and self.phase == "fitting" else None,
                "said": in_words(now),
            }
        )


def in_words(now: HeadTraining) -> str:
    """What is being done, in one sentence."""
    if now.report is not None:
        return ended(now.report, now.done, now.total)
    if now.phase == "stopped":
        return "Stopped before there was a head. What was computed is kept: Train goes on from it."
    if now.phase == "fitting":
        return f"Fitting the head: epoch {now.done} of {now.total}{_left(now)}."
    if now.phase in THROUGH:
        speed = f", {now.images_per_second:.0f} a second" if now.images_per_second else ""
        return f"{THROUGH[now.phase]}: {now.done} of {now.total}{speed}{_left(now)}."
    if now.done == now.total:
        return f"{now.total} photos read. Computing features …"
    return f"Reading photos: {now.done} of {now.total}."


def ended(report: HeadReport, done: int, total: int) -> str:
    """How a training ended, and what it did not have to compute again."""
    known = max(0, sum(report.photos) - report.computed)
    features = f"Features: {report.computed} computed, {known} known already."
    tuning = report.training.get("tuning")
    if isinstance(tuning, Mapping):
        first = "Stopped. " if report.stopped else ""
        best = tuning.get("best_epoch")
        if not best:
            return f"{first}Fine-tuning made it no better: the head before it is kept. {features}"
        return f"{first}Fine-tuned; epoch {best} is kept. {features}"
    first = f"Stopped at epoch {done} of {total}. " if report.stopped else ""
    best = best_epoch(report)
    kept = f"Kept: epoch {best}, the best on photos held out. " if best and best != done else ""
    return f"{first}{kept}{features}"


def best_epoch(report: HeadReport) -> int | None:
    """The epoch of the head that was kept, if the record has it."""
    best = report.training.get("best_epoch")
    return best if isinstance(best, int) else None


def _left(now: HeadTraining) -> str:
    if now.seconds_left is None or now.seconds_left < 1:
        return ""
    return f", about {now.seconds_left:.0f} s left"
