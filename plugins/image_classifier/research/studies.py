"""What the actions return that study a head or photos; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..results import HeadMetrics, JudgedPhoto, SkippedPhoto


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """A head measured on photos.

    Attributes:
        head: its name.
        classes: in the order of the logits.
        metrics: on the photos that were judged.
        judged: each of those photos, in the order in which they were given. They count as held
            out: whether the head has learned from them nobody knows here.
        skipped: files that took no part.
        stopped: whether the visitor ended it early; all numbers are of the photos so far then.
    """

    head: str
    classes: list[str]
    metrics: HeadMetrics
    judged: list[JudgedPhoto]
    skipped: list[SkippedPhoto]
    stopped: bool


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Where the evaluation of a head is.

    Attributes:
        phase: ``reading`` the photos, ``judging`` them, or ``done``; ``stopped`` if it was stopped
            before one was judged.
        done: photos of this phase so far.
        total: how many there are.
        seconds_left: of this phase, estimated; None if nobody can tell yet.
        report: once it is there.
    """

    phase: Literal["reading", "judging", "done", "stopped"]
    done: int
    total: int
    seconds_left: float | None = None
    report: EvaluationReport | None = None


@dataclass(frozen=True, kw_only=True)
class CoveragePoint:
    """What one threshold for all classes would give on the photos held out.

    Attributes:
        threshold: photos are named whose likeliest class has at least this probability.
        coverage: share of the photos that are named.
        accuracy: share of those that are named rightly.
        count: how many are named.
    """

    threshold: float
    coverage: float
    accuracy: float
    count: int


@dataclass(frozen=True, kw_only=True)
class ClassThreshold:
    """The probability above which a photo counts as a class.

    Attributes:
        class_name: of the class.
        threshold: a probability; 1 if no photo counts as it.
        decided: photos held out for which this class was the likeliest.
        named: those of them above the threshold.
        accuracy: share of the named ones that are of the class; None without any.
        interval: of that share, 95 % (Wilson); None without any.
        vouched: whether the interval lies above the accuracy that was asked for.
    """

    class_name: str
    threshold: float
    decided: int
    named: int
    accuracy: float | None
    interval: tuple[float, float] | None
    vouched: bool


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The thresholds of a head, and what they rest on.

    Attributes:
        head: its name.
        target: the accuracy that was asked for; None if the thresholds were removed.
        classes: one for each class, in the order of the logits; empty if they were removed.
        held_out: how many photos were held out when the head was trained.
        coverage: share of those that is named.
        accuracy: share of the named ones that is named rightly; None without any.
        curve: accuracy against coverage, from the most certain photos to all of them.
        note: how far this can be relied on, in words.
    """

    head: str
    target: float | None
    classes: list[ClassThreshold]
    held_out: int
    coverage: float
    accuracy: float | None
    curve: list[CoveragePoint]
    note: str


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """How accurate a head is that learned from so many photos.

    Attributes:
        photos: of each class.
        accuracy: share of the test photos, mean over the draws.
        interval: of that mean, 95 %: both other draws and other test photos would change it.
        accuracies: of each draw; of all photos that there are, there is one draw only.
    """

    photos: int
    accuracy: float
    interval: tuple[float, float]
    accuracies: list[float]


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """Errors that fall as ``floor + factor · photos^-exponent``.

    Attributes:
        floor: the error that no number of photos would go below.
        factor: what is above it at one photo of each class.
        exponent: how fast that falls.
        at_twice: the accuracy that it foretells for twice the photos of the last point.
    """

    floor: float
    factor: float
    exponent: float
    at_twice: float


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Accuracy against photos of each class.

    Attributes:
        phase: ``reading`` the photos, computing their ``features``, ``fitting`` heads, or ``done``;
            ``stopped`` if it was stopped before there was a point.
        done: photos, or fits, of this phase so far.
        total: how many there are.
        seconds_left: of this phase, estimated; None if nobody can tell yet.
        points: those that are there, from few photos to many.
        tested: photos on which every point was tested; none of them was learned from.
        power_law: fitted to the points, if it describes them.
        more: whether more photos would help; None before the end.
        answer: the same as a sentence, with its numbers; empty before the end.
        skipped: files that took no part.
        stopped: whether the visitor ended it early; the points are those so far then.
    """

    phase: Literal["reading", "features", "fitting", "done", "stopped"]
    done: int
    total: int
    seconds_left: float | None = None
    points: list[CurvePoint]
    tested: int = 0
    power_law: PowerLaw | None = None
    more: Literal["yes", "no", "unclear"] | None = None
    answer: str = ""
    skipped: list[SkippedPhoto]
    stopped: bool = False


WayName = Literal["frozen", "fine_tuned", "scratch"]


@dataclass(frozen=True, kw_only=True)
class WayEpoch:
    """Where a way of learning is after an epoch.

    Attributes:
        epoch: its number, from 1.
        seconds: since this way began.
        loss: over the photos it learns from, in nats; where the whole network trains, as they were
            seen on the way.
        accuracy: over the same.
        held_out_loss: over the photos held out.
        held_out_accuracy: over the same.
    """

    epoch: int
    seconds: float
    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of learning, a row of the table; its numbers are those after the latest epoch.

    Attributes:
        name: ``frozen``, a head on the pre-trained features; ``fine_tuned``, that head and all of
            the network with it; ``scratch``, the definition only, from initial weights.
        trained_parameters: how many numbers are learned.
        seconds: it took; of ``frozen`` with computing the features, of ``fine_tuned`` without the
            head that it begins with.
        accuracy: share of the photos held out.
        interval: of the accuracy, 95 % (Wilson).
        loss: over the photos held out, in nats.
        curve: epoch by epoch.
        finished: false while it learns, or if it was stopped.
    """

    name: WayName
    trained_parameters: int
    seconds: float
    accuracy: float
    interval: tuple[float, float]
    loss: float
    curve: list[WayEpoch]
    finished: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Where a comparison of the three ways of learning is.

    Attributes:
        phase: ``reading`` the photos, computing their ``features``, ``learning``, or ``done``;
            ``stopped`` if it was stopped before a way had an epoch.
        done: photos of this phase so far, or epochs of the way that learns.
        total: how many there are at most.
        seconds_left: of this phase or way, estimated; None if nobody can tell yet.
        way: that learns now.
        loss: over the photos of this epoch so far, in nats.
        accuracy: over the same.
        ways: those that have an epoch behind them, the one that learns included.
        photos: how many take part.
        held_out: how many of them no way learns from.
        skipped: files that took no part.
        note: what was compared on what, and what came out, in words.
        stopped: whether the visitor ended it early.
    """

    phase: Literal["reading", "features", "learning", "done", "stopped"]
    done: int
    total: int
    seconds_left: float | None = None
    way: WayName | None = None
    loss: float | None = None
    accuracy: float | None = None
    ways: list[Way]
    photos: int = 0
    held_out: int = 0
    skipped: list[SkippedPhoto]
    note: str = ""
    stopped: bool = False
