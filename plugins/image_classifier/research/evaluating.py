"""A head measured on photos whose classes are known: what it decides for each, and the sums."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from PIL import Image
from torch import Tensor, nn

from demo_app import Context, DemoError, InvalidInput
from demo_app.datasets.drawn_digits import prepared
from demo_app.errors import shorten, suggestion
from demo_app.images import as_rgb, open_image

from ..explaining.inference import trained_head
from ..lessons.judging import judge, judged_photos, metrics
from ..photographs.augmentation import ten_crops
from ..photographs.features import BATCH
from ..photographs.gathering import Gathered
from ..photographs.photos import crop_for
from ..photographs.preprocessing import Preprocessing
from ..photographs.session_features import Features, Hashed
from ..shipped_heads import BACKBONE, IMAGENET
from ..shipped_networks import SHIPPED_NETWORKS
from ..transfer.networks import network_of
from ..transfer.trained_heads import TrainedHead
from .reading import Read, Step, read_photos, shipped_preprocessing, told, without
from .studies import Evaluation, EvaluationReport

MOST_NAMES = 20
"""Of classes in a message."""

Source: TypeAlias = bytes | Image.Image


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What a head made of some photos.

    Attributes:
        photos: those that could be opened.
        log_probabilities: a row for each, ``(n, num_classes)``, on the CPU.
        damaged: why the others could not, by their hash.
    """

    photos: list[Hashed]
    log_probabilities: Tensor
    damaged: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A head with all that it takes to decide about photos.

    Attributes:
        name: of the head.
        classes: in the order of the logits.
        decide: what it makes of a batch of photos.
    """

    name: str
    classes: tuple[str, ...]
    decide: Callable[[Sequence[Hashed]], Decisions]


def evaluate(ctx: Context, gathered: Gathered, name: str) -> Iterator[Evaluation]:
    """Read the photos and judge them in batches; stopped, it reports on those so far.

    Args:
        ctx: the host's loan to this call.
        gathered: photos by class; classes may be empty.
        name: of a head, or of a network that ships.

    Raises:
        InvalidInput: the head is imagenet or does not know a class, the same photo is in two
            classes, or none can be read.
        Unknown: there is no head of that name.
    """
    judge = find_judge(ctx, name)
    gathered = with_classes_of(judge, gathered)
    if not gathered.photos:
        raise InvalidInput("There are no photos. Give some of one class at least.")
    read = yield from told(read_photos(ctx, gathered), _told)
    if not read.complete:
        yield Evaluation(phase="stopped", done=len(read.photos), total=len(gathered.photos))
        return
    yield from _judged(ctx, judge, read)


def _told(step: Step) -> Evaluation:
    return Evaluation(
        phase="reading", done=step.done, total=step.total, seconds_left=step.seconds_left
    )


def _judged(ctx: Context, judge: Judge, read: Read) -> Iterator[Evaluation]:
    total, began = len(read.photos), time.perf_counter()
    done, photos, rows, damaged = 0, list[Hashed](), list[Tensor](), dict[str, str]()
    for start in range(0, total, BATCH):
        batch = read.photos[start : start + BATCH]
        decisions = judge.decide(batch)
        if decisions.photos:
            photos += decisions.photos
            rows.append(decisions.log_probabilities)
        damaged |= decisions.damaged
        done = start + len(batch)
        each = (time.perf_counter() - began) / done
        yield Evaluation(
            phase="judging", done=done, total=total, seconds_left=each * (total - done)
        )
        if ctx.stopped:
            break
    if not photos:
        raise InvalidInput("None of the photos can be read.")
    yield Evaluation(
        phase="done",
        done=done,
        total=total,
        seconds_left=0.0,
        report=_report(judge, without(read, damaged), photos, torch.cat(rows), done, total),
    )


def _report(
    judge: Judge, read: Read, photos: list[Hashed], judged: Tensor, done: int, total: int
) -> EvaluationReport:
    labels = torch.tensor([hashed.photo.label for hashed in photos])
    which = "those given" if done == total else f"the first {done:,} of {total:,} that were given"
    return EvaluationReport(
        head=judge.name,
        classes=list(judge.classes),
        metrics=replace(metrics(judged, labels, held_out=True), photos=which),
        judged=judged_photos(photos, judged, judge.classes, [True] * len(photos)),
        skipped=read.gathered.skipped,
        stopped=done < total,
    )


def with_classes_of(judge: Judge, gathered: Gathered) -> Gathered:
    """The same photos, their classes in the head's names and order; case does not matter.

    Raises:
        InvalidInput: the head does not know one of the classes; the text has those that it knows.
    """
    places = {name.casefold(): place for place, name in enumerate(judge.classes)}
    for name in gathered.classes:
        if name.casefold() not in places:
            known = ", ".join(map(shorten, judge.classes[:MOST_NAMES]))
            more = len(judge.classes) - MOST_NAMES
            raise InvalidInput(
                f"The head {shorten(judge.name)} knows no class {shorten(name)!r}."
                f"{suggestion(name, judge.classes)} It knows: {known}"
                + (f" and {more:,} more." if more > 0 else ".")
            )
    labels = [places[name.casefold()] for name in gathered.classes]
    photos = [replace(photo, label=labels[photo.label]) for photo in gathered.photos]
    return replace(gathered, classes=judge.classes, photos=photos)


def find_judge(ctx: Context, name: str) -> Judge:
    """A head or a network by name, ready to decide.

    Raises:
        InvalidInput: it is imagenet.
        Unknown: there is none of that name.
        DemoError: the head belongs to another backbone.
    """
    if name == IMAGENET:
        raise InvalidInput(
            "head: imagenet tells 1,000 classes apart, and its accuracy was measured by its "
            "authors on 50,000 photos (README). Take a head that ships, or one of your own."
        )
    if name in SHIPPED_NETWORKS:
        return _network(ctx, name)
    trained = trained_head(ctx, name)
    network = network_of(ctx, trained)
    return Judge(name=name, classes=trained.classes, decide=_by_features(ctx, trained, network))


def _by_features(
    ctx: Context, trained: TrainedHead, network: nn.Module
) -> Callable[[Sequence[Hashed]], Decisions]:
    """A head on features, which are not computed again where the session has them."""
    kept = (
        trained.own is None
        and trained.backbone == BACKBONE
        and trained.pretrained
        and not trained.ten_crop
        and trained.preprocessing == shipped_preprocessing(ctx)
    )
    features = Features.of(ctx) if kept else Features(known={})

    def ten(picture: Image.Image, preprocessing: Preprocessing, sha256: str) -> list[Image.Image]:
        return ten_crops(picture, preprocessing)

    views = ten if trained.ten_crop else None

    def decide(photos: Sequence[Hashed]) -> Decisions:
        for _ in features.compute(photos, network, trained.preprocessing, views):
            pass
        if kept:
            features.keep(ctx)
        opened = [hashed for hashed in photos if hashed.sha256 in features.known]
        if not opened:
            return Decisions(photos=[], log_probabilities=torch.empty(0), damaged=features.damaged)
        rows = torch.stack([features.known[hashed.sha256] for hashed in opened])
        return Decisions(
            photos=opened, log_probabilities=judge(trained, rows), damaged=features.damaged
        )

    return decide


def _network(ctx: Context, name: str) -> Judge:
    """A network with the head that it was trained with."""
    metadata, network = ctx.metadata(name), ctx.model(name)
    if metadata is None:
        raise DemoError(f"The checkpoint of {name} is missing. Make it with demo-app train.")
    preprocessing = Preprocessing.from_metadata(metadata.preprocessing)

    def inputs(source: Source) -> Tensor:
        if SHIPPED_NETWORKS[name].channels == 1:
            image = open_image(source) if isinstance(source, bytes) else as_rgb(source)
            return prepared(image, "photo")
        return preprocessing.to_tensor(crop_for(source, preprocessing))

    return Judge(
        name=name,
        classes=tuple(metadata.classes),
        decide=_by_network(network, inputs, ctx.device),
    )


def _by_network(
    network: nn.Module, inputs: Callable[[Source], Tensor], device: torch.device
) -> Callable[[Sequence[Hashed]], Decisions]:
    """A whole network decides; ``inputs`` makes of a photo a batch of one."""

    def decide(photos: Sequence[Hashed]) -> Decisions:
        opened, batch, damaged = list[Hashed](), list[Tensor](), dict[str, str]()
        for hashed in photos:
            try:
                batch.append(inputs(hashed.photo.read()))
                opened.append(hashed)
            except InvalidInput as error:
                damaged[hashed.sha256] = str(error).removeprefix("photo: ")
        if not opened:
            return Decisions(photos=[], log_probabilities=torch.empty(0), damaged=damaged)
        logits = network(torch.cat(batch).to(device)).float().cpu()
        return Decisions(
            photos=opened, log_probabilities=logits.log_softmax(dim=1), damaged=damaged
        )

    return decide
