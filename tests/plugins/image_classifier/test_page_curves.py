"""How a training is told while it runs and when it has ended."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def curves(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.curves")


@pytest.fixture
def now(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes a moment of a training."""
    moment: Callable[..., Any] = module("results").HeadTraining
    return moment


@pytest.fixture
def report(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes the report of a training, of eight photos and with the given record."""
    results = module("results")
    metrics = results.HeadMetrics(
        photos="held out",
        count=2,
        accuracy=0.5,
        interval=(0.1, 0.9),
        loss=0.7,
        class_accuracies=[1.0, 0.0],
        confusion_matrix=[[1, 0], [1, 0]],
    )

    def make(computed: int = 3, *, stopped: bool = False, **training: Any) -> Any:
        return results.HeadReport(
            name="mine",
            kind="linear",
            classes=["a", "b"],
            photos=[4, 4],
            computed=computed,
            skipped=[],
            metrics=metrics,
            judged=[],
            training=training,
            stopped=stopped,
        )

    return make


def test_features_are_told_with_their_speed_and_the_time_left(
    curves: ModuleType, now: Callable[..., Any]
) -> None:
    moment = now(phase="features", done=16, total=48, images_per_second=20.4, seconds_left=1.6)
    said = curves.in_words(moment)
    assert said == "Computing features: 16 of 48, 20 a second, about 2 s left."


def test_the_points_are_those_of_the_epochs_that_came(
    curves: ModuleType, now: Callable[..., Any], report: Callable[..., Any]
) -> None:
    drawn = curves.Curves()
    drawn.shown(now(phase="reading", done=8, total=8))
    for epoch in (1, 4):
        moment = now(phase="fitting", done=epoch, total=30, loss=1 / epoch, accuracy=0.5)
        drawn.shown(moment)
    ended = now(phase="done", done=6, total=30, loss=0.1, accuracy=1.0, report=report(best_epoch=4))
    value = json.loads(drawn.shown(ended))
    assert [point[0] for point in value["points"]] == [1, 4, 6]
    assert value["points"][1] == [4, 0.25, 0.5, None, None]
    assert (value["unit"], value["best"]) == ("epoch", 4)


def test_a_fit_that_was_too_fast_to_be_seen_has_its_curve_from_the_record(
    curves: ModuleType, now: Callable[..., Any], report: Callable[..., Any]
) -> None:
    drawn = curves.Curves()
    drawn.shown(now(phase="reading", done=8, total=8))
    curve = [[1, 0.5, 0.8, 0.6, 0.5], [2, 0.3, 1.0, 0.4, 1.0]]
    record = report(best_epoch=2, curve=curve)
    value = json.loads(drawn.shown(now(phase="done", done=2, total=30, report=record)))
    assert value["points"] == curve
    assert (value["unit"], value["best"]) == ("epoch", 2)


def test_a_fine_tuning_has_curves_of_its_own_by_photos(
    curves: ModuleType, now: Callable[..., Any]
) -> None:
    drawn = curves.Curves()
    drawn.shown(now(phase="fitting", done=30, total=30, loss=0.5, accuracy=0.5))
    value = json.loads(drawn.shown(now(phase="tuning", done=16, total=240, loss=0.4, accuracy=0.6)))
    assert value["points"] == [[16, 0.4, 0.6, None, None]]
    assert value["unit"] == "photo"
    measured = now(
        phase="tuning",
        done=16,
        total=240,
        loss=0.4,
        accuracy=0.6,
        validation_loss=0.5,
        validation_accuracy=0.7,
    )
    assert json.loads(drawn.shown(measured))["points"] == [[16, 0.4, 0.6, 0.5, 0.7]]


@pytest.mark.parametrize(
    ("record", "stopped", "said"),
    [
        ({"best_epoch": 4}, False, "Kept: epoch 4, the best on photos held out. Features: 3 "),
        ({"best_epoch": 6}, False, "Features: 3 computed, 5 known already."),
        ({}, True, "Stopped at epoch 6 of 30. Features: "),
        ({"tuning": {"best_epoch": 2}}, False, "Fine-tuned; epoch 2 is kept."),
        ({"tuning": {"best_epoch": 0}}, False, "no better: the head before it is kept."),
    ],
)
def test_the_end_is_told(
    curves: ModuleType,
    report: Callable[..., Any],
    record: dict[str, Any],
    stopped: bool,
    said: str,
) -> None:
    assert said in curves.ended(report(stopped=stopped, **record), 6, 30)


def test_stopped_before_there_was_a_head_it_says_what_is_kept(
    curves: ModuleType, now: Callable[..., Any]
) -> None:
    assert "Train goes on from it" in curves.in_words(now(phase="stopped", done=16, total=48))
