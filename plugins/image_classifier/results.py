"""What the actions return beside predictions and explanations; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from demo_app import File


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that tutorials get wrong, tried out here and now.

    Attributes:
        name: a short title.
        model: the class.
        published: what the published code does.
        consequence: what happens, in words.
        evidence: what was measured, in words; the numbers follow.
        faulty: the number for the published code.
        mended: the same number after the mend.
        error: what the published code raises elsewhere; empty if it never does.
        mend: how it is mended.
    """

    name: str
    model: str
    published: str
    consequence: str
    evidence: str
    faulty: float
    mended: float
    error: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class SkippedPhoto:
    """A file that took no part in a training, and why; the class is empty if it has none."""

    class_name: str
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HeadMetrics:
    """How a head does on photos.

    Attributes:
        photos: which ones, in words: those held out, or those it learned from.
        count: how many.
        accuracy: share that got the right class.
        interval: of the accuracy, 95 % (Wilson).
        loss: mean, in nats.
        class_accuracies: the same share for each class; None where it has no photos.
        confusion_matrix: counts; row, the right class; column, the one decided for.
    """

    photos: str
    count: int
    accuracy: float
    interval: tuple[float, float]
    loss: float
    class_accuracies: list[float | None]
    confusion_matrix: list[list[int]]


@dataclass(frozen=True, kw_only=True)
class JudgedPhoto:
    """A photo that took part in a training, and what the trained head says of it.

    Attributes:
        index: its place among the photos of the request, class by class in the given order, from 0;
            those that were skipped are counted. In a zip: among its photos, sorted by name.
        name: of its file.
        class_name: the class that it was given for.
        decided: the class that the head decides for.
        probability: of the class decided for.
        held_out: whether it was held out. Others the head has learned from, so it knows them; of a
            head with ten crops they are judged by the middle alone.
    """

    index: int
    name: str
    class_name: str
    decided: str
    probability: float
    held_out: bool


@dataclass(frozen=True, kw_only=True)
class HeadReport:
    """A head that was trained, and how.

    Attributes:
        name: under which classify and explain know it in this session.
        kind: linear, mlp or binary.
        classes: in the order of the logits.
        photos: how many of each class took part.
        computed: photos that went through the backbone now; the features of the others were kept.
        skipped: files that took no part.
        metrics: on the photos held out, or, without any, on those it learned from.
        judged: every photo that took part; those that a fine-tuning learned from are left out if it
            was stopped before they were looked at again.
        training: the record: recipe, seed, photos, backbone, best epoch, and the fit's curve: for
            each epoch its number, loss and accuracy, and the same of the photos held out.
        stopped: whether the visitor ended the training early.
        file: the head as ``export`` saves it, if that was asked for.
    """

    name: str
    kind: str
    classes: list[str]
    photos: list[int]
    computed: int
    skipped: list[SkippedPhoto]
    metrics: HeadMetrics
    judged: list[JudgedPhoto]
    training: dict[str, Any]
    stopped: bool
    file: File | None = None


@dataclass(frozen=True, kw_only=True)
class HeadTraining:
    """Where a training of a head is.

    Attributes:
        phase: ``reading`` the photos, computing their ``features``, ``fitting`` the head,
            ``tuning`` the network, ``measuring`` what came of it, or ``done``; ``stopped`` if it
            was stopped before there was a head.
        done: photos, their views, or epochs of this phase so far; of ``tuning`` the photos, each
            counted once an epoch.
        total: how many there are at most.
        images_per_second: that go through the network; None while none do.
        seconds_left: of this phase, estimated; None if nobody can tell yet.
        loss: over the photos it learns from, in nats; None before the first epoch. Of ``tuning``,
            over those of this epoch so far, as they were shown.
        accuracy: over the photos it learns from.
        validation_loss: over the photos held out; None without any.
        validation_accuracy: over the photos held out.
        report: of the trained head, once it is there.
    """

    phase: Literal["reading", "features", "fitting", "tuning", "measuring", "done", "stopped"]
    done: int
    total: int
    images_per_second: float | None = None
    seconds_left: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    report: HeadReport | None = None


@dataclass(frozen=True, kw_only=True)
class LoadedHead:
    """A head that came from a file.

    Attributes:
        name: under which classify and explain know it in this session.
        kind: linear, mlp or binary.
        classes: in the order of the logits.
        largest_difference: of its logits on the replay pictures to those in the file.
        training: the record of its training, as the file has it.
    """

    name: str
    kind: str
    classes: list[str]
    largest_difference: float
    training: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HeadSummary:
    """A head that classify takes.

    Attributes:
        name: by which it is taken.
        title: for people.
        kind: linear, mlp or binary.
        classes: in the order of the logits.
        own: whether the visitor trained or loaded it; the others ship.
        backbone: the network under it.
        accuracy: as it was measured, 0 to 1; None if it was not.
        can_explain: whether its evidence adds up, so that explain takes it.
    """

    name: str
    title: str
    kind: str
    classes: list[str]
    own: bool
    backbone: str
    accuracy: float | None
    can_explain: bool
