"""A training that is stopped: at every phase it ends with what there is so far."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from demo_app import Demo
from demo_app.testing import context
from tests.plugins.image_classifier.labelled_photos import photo_files

NETWORK = "efficientnet_lite0"
FROM_SCRATCH = {"backbone": "convnet", "pretrained": False, "unfreeze": "all", "tuning_epochs": 3}
Run = Callable[..., tuple[list[Any], dict[str, Any]]]


@pytest.fixture
def two() -> dict[str, list[Any]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


@pytest.fixture
def many() -> dict[str, list[Any]]:
    return {"red": photo_files("reds", 10), "blue": photo_files("blues", 10)}


@pytest.fixture
def run(module: Callable[[str], ModuleType], network: nn.Module, demo: Demo) -> Run:
    """Trains and stops at the n-th value of a phase; the values, and what is left."""

    def run(
        phase: str, images: Any, number: int = 1, **arguments: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        stopped, session = threading.Event(), dict[str, Any]()
        ctx = context(
            models={NETWORK: network},
            metadata={NETWORK: demo.metadata(NETWORK)},  # type: ignore[dict-item]
            session=session,
            seed=1,
            stopped=stopped,
        )
        values = []
        for value in module("head_actions").train_head(ctx, images=images, **arguments):
            values.append(value)
            if [v.phase for v in values].count(phase) == number:
                stopped.set()
        return values, session

    return run


def phases(values: list[Any]) -> list[str]:
    return list(dict.fromkeys(value.phase for value in values))


def test_while_photos_are_read_nothing_is_left(run: Run, many: Any) -> None:
    values, session = run("reading", many)

    assert [value.phase for value in values] == ["reading", "stopped"]
    assert session == {}


def test_while_features_are_computed_they_are_kept(run: Run, many: Any) -> None:
    values, session = run("features", many)

    assert values[-1].phase == "stopped"
    assert values[-1].report is None
    assert len(session["features"]) == 20
    assert "heads" not in session


def test_while_views_are_computed_those_of_the_middle_are_kept(run: Run, two: Any) -> None:
    values, session = run("features", two, number=2, augment=True, **{"backbone": NETWORK})

    assert values[-1].phase == "stopped"
    assert len([key for key in session["features"] if key[0] == ""]) == 10
    assert "heads" not in session


def test_while_it_fits_the_best_head_so_far_is_kept(run: Run, two: Any) -> None:
    values, session = run("fitting", two)

    assert [value.phase for value in values].count("fitting") == 1
    assert values[-1].report.stopped
    assert values[-1].report.training["epochs"] == 1
    assert "mine" in session["heads"]


def test_a_fit_that_is_stopped_is_not_followed_by_a_fine_tuning(run: Run, two: Any) -> None:
    values, session = run("fitting", two, **FROM_SCRATCH)

    assert "tuning" not in phases(values)
    assert session["heads"]["mine"].own is None


def test_in_the_first_epoch_of_a_tuning_the_head_before_it_is_kept(run: Run, two: Any) -> None:
    values, session = run("tuning", two, **FROM_SCRATCH)

    assert [value.phase for value in values].count("tuning") == 1
    assert values[-1].report.stopped
    assert values[-1].report.training["tuning"]["best_epoch"] == 0
    assert session["heads"]["mine"].own is None


def test_in_a_later_epoch_of_a_tuning_the_best_one_is_kept(run: Run, two: Any) -> None:
    values, session = run("tuning", two, number=4, **FROM_SCRATCH)

    assert values[-1].report.training["tuning"]["begun_epochs"] == 2
    assert values[-1].report.training["tuning"]["best_epoch"] == 1
    assert session["heads"]["mine"].own is not None


def test_without_photos_held_out_the_latest_weights_are_kept(run: Run, two: Any) -> None:
    values, session = run("tuning", two, validation_split=0, **FROM_SCRATCH)

    assert values[-1].report.training["tuning"]["best_epoch"] == 1
    assert session["heads"]["mine"].own is not None


def test_a_stopped_tuning_looks_again_at_the_photos_held_out_alone(run: Run, two: Any) -> None:
    values, _ = run("tuning", two, number=4, **FROM_SCRATCH)

    assert [photo.held_out for photo in values[-1].report.judged] == [True, True]
    assert values[-1].report.metrics.count == 2


def test_a_stopped_measuring_says_of_how_many_photos_it_is(run: Run) -> None:
    images = {"red": photo_files("reds", 12), "blue": photo_files("blues", 12)}

    values, _ = run("measuring", images, validation_split=0, **FROM_SCRATCH)

    assert [value.phase for value in values].count("measuring") == 1
    assert values[-1].report.metrics.count == len(values[-1].report.judged) == 16
    assert values[-1].report.photos == [12, 12]
