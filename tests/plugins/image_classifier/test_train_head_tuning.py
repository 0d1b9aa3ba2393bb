"""A head whose network was trained with it: it is what was measured, and the visitor's own."""

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.testing import context
from tests.plugins.image_classifier.labelled_photos import photo_files, picture

FROM_SCRATCH = {"backbone": "convnet", "pretrained": False, "unfreeze": "all", "tuning_epochs": 3}
"""A network for 28 pixels, which is trained in a moment."""
LAST_STAGE = {"unfreeze": "last_stage", "tuning_epochs": 1, "validation_split": 0}
"""Without photos held out the tuned weights are kept, whether they are better or not."""


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[File]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


@pytest.fixture(scope="module")
def tuned(host: Host) -> tuple[Demo, Any]:
    """A visitor who fine-tuned the last stage of the backbone that ships, and the report."""
    visitor = host.visit("image_classifier", Session())
    images = {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}
    return visitor, visitor.call("train_head", images=images, seed=1, **LAST_STAGE).report


def test_what_is_reported_is_what_classify_says(tuned: tuple[Demo, Any]) -> None:
    visitor, report = tuned

    for photo in (report.judged[0], report.judged[-1]):
        image = picture({"red": "reds", "blue": "blues"}[photo.class_name], int(photo.name[:-4]))
        best = visitor.call("classify", image=image, head="mine").predictions[0]
        assert best.class_name == photo.decided
        assert best.probability == pytest.approx(photo.probability, abs=1e-4)


def test_the_evidence_adds_up(tuned: tuple[Demo, Any]) -> None:
    explanation = tuned[0].call("explain", image=picture("reds", 77), head="mine")

    total = explanation.bias + torch.tensor(explanation.cells).mean().item()
    assert total == pytest.approx(explanation.logit, abs=1e-3)


def test_the_record_says_how_it_was_tuned(tuned: tuple[Demo, Any]) -> None:
    tuning = tuned[1].training["tuning"]

    assert (tuning["extent"], tuning["best_epoch"]) == ("last_stage", 1)
    assert tuning["head_lr"] == 10 * tuning["lr"]
    assert tuning["keep_statistics"]


def test_the_backbone_that_ships_stays_as_it_is(
    demo: Demo, tuned: tuple[Demo, Any], module: Callable[[str], ModuleType]
) -> None:
    photo = picture("greens", 1)

    before = demo.call("classify", image=photo)
    tuned[0].call("classify", image=photo, head="mine")

    assert demo.call("classify", image=photo) == before == tuned[0].call("classify", image=photo)


def test_progress_goes_through_the_phases(visitor: Demo, two: Any) -> None:
    values = list(visitor.stream("train_head", images=two, seed=1, **FROM_SCRATCH))

    phases = list(dict.fromkeys(value.phase for value in values))
    assert phases == ["reading", "features", "fitting", "tuning", "measuring", "done"]
    tuning = [value for value in values if value.phase == "tuning"]
    assert tuning[-1].done == tuning[-1].total == 3 * 8
    assert tuning[-1].seconds_left == 0
    assert tuning[-1].images_per_second > 0
    assert tuning[-1].validation_loss is not None
    measuring = [value for value in values if value.phase == "measuring"]
    assert measuring[-1].done == measuring[-1].total == 10


@pytest.mark.parametrize("kind", ["mlp", "binary"])
def test_heads_of_every_kind_are_tuned(visitor: Demo, two: Any, kind: str) -> None:
    report = visitor.call(
        "train_head", images=two, kind=kind, epochs=5, hidden=8, seed=1, **FROM_SCRATCH
    ).report

    photo = report.judged[0]
    image = picture("reds", int(photo.name[:-4]))
    best = visitor.call("classify", image=image, head="mine").predictions[0]
    assert best.probability == pytest.approx(photo.probability, abs=1e-4)


def test_ten_crops_of_a_tuned_network_are_what_classify_says(visitor: Demo, two: Any) -> None:
    report = visitor.call(
        "train_head", images=two, ten_crop=True, augment=True, seed=1, **FROM_SCRATCH
    ).report

    photo = next(photo for photo in report.judged if photo.held_out)
    image = picture({"red": "reds", "blue": "blues"}[photo.class_name], int(photo.name[:-4]))
    best = visitor.call("classify", image=image, head="mine").predictions[0]
    assert best.probability == pytest.approx(photo.probability, abs=1e-4)


def test_the_same_seed_tunes_the_same_network(visitor: Demo, two: Any) -> None:
    one, again, other = (
        visitor.call("train_head", images=two, seed=seed, augment=True, **FROM_SCRATCH)
        for seed in (4, 4, 5)
    )

    assert one.report.metrics == again.report.metrics
    assert one.loss == again.loss != other.loss


def test_the_random_state_of_the_process_is_not_touched(visitor: Demo, two: Any) -> None:
    state = torch.get_rng_state()

    visitor.call("train_head", images=two, augment=True, **FROM_SCRATCH)

    assert torch.equal(torch.get_rng_state(), state)


def test_two_visitors_tune_at_once_and_a_third_classifies_meanwhile(host: Host, two: Any) -> None:
    visitors = [host.visit("image_classifier", Session()) for _ in range(3)]
    alone = visitors[2].call("train_head", images=two, seed=1, **FROM_SCRATCH).report
    swapped = {"blue": two["red"], "red": two["blue"]}
    streams = [
        visitor.stream("train_head", images=images, seed=1, **FROM_SCRATCH)
        for visitor, images in zip(visitors, (two, swapped), strict=False)
    ]
    reports: list[Any] = [None, None]
    names = []

    for values in zip(*streams, strict=True):
        reports = [value.report for value in values]
        if values[0].phase == "tuning":
            answer = visitors[2].call("classify", image=picture("reds", 3), head="mine")
            names.append(answer.predictions[0].class_name)

    assert reports[0].metrics == alone.metrics
    assert [report.classes for report in reports] == [["red", "blue"], ["blue", "red"]]
    assert names
    assert set(names) == {"red"}


def test_trainings_in_threads_of_their_own_give_each_what_it_gives_alone(
    host: Host, two: Any
) -> None:
    def train(seed: int) -> Any:
        visitor = host.visit("image_classifier", Session())
        arguments = {"images": two, "augment": True, "seed": seed, **FROM_SCRATCH}
        return visitor.call("train_head", **arguments).report.metrics

    alone = [train(seed) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(train, (1, 2)))

    assert [metrics.loss for metrics in together] == pytest.approx([m.loss for m in alone])


def test_the_network_is_built_once_and_goes_with_the_session(
    module: Callable[[str], ModuleType], two: Any
) -> None:
    session: dict[str, Any] = {}
    ctx = context(session=session, seed=1)
    list(module("head_actions").train_head(ctx, images=two, **FROM_SCRATCH))
    networks, trained = module("transfer.networks"), session["heads"]["mine"]

    network = networks.network_of(ctx, trained)
    assert networks.network_of(ctx, trained) is network

    gone = weakref.ref(network)
    session.clear()
    del network, trained
    gc.collect()
    assert gone() is None


def test_a_backbone_that_is_larger_than_a_session_keeps_is_refused_before_the_work(
    visitor: Demo,
    two: Any,
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module("lessons.teaching"), "MAX_BYTES", 10_000)

    with pytest.raises(InvalidInput, match=r"unfreeze: convnet has \d+ MB of weights"):
        visitor.call("train_head", images=two, **FROM_SCRATCH)
