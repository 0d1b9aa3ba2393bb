"""Random views to learn from, ten crops to be tested on; both are computed once."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from PIL import Image
from torch import nn

from demo_app import Demo, File, Host
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import photo_files, picture

SMALL = {"backbone": "convnet", "pretrained": False}
"""A network that sees 28 pixels, so that many views cost little; its features are random ones."""


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[File]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


@pytest.fixture
def passes(module: Callable[[str], ModuleType]) -> Iterator[Callable[[], int]]:
    """How many pictures have gone through the backbone."""
    counted: list[int] = []
    session_features = module("photographs.session_features")
    extract = session_features.extract

    def counting(network: nn.Module, crops: list[Image.Image], *rest: Any) -> Any:
        counted.append(len(crops))
        return extract(network, crops, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_features, "extract", counting)
        yield lambda: sum(counted)


def test_views_are_learned_from_and_not_measured_on(
    visitor: Demo, two: Any, passes: Callable[[], int]
) -> None:
    report = visitor.call("train_head", images=two, augment=True, seed=1, **SMALL).report

    assert passes() == 10 + 4 * 8  # eight photos are learned from, two are held out
    assert report.metrics.count == 2
    assert report.training["augment"]


def test_views_change_what_is_learned(visitor: Demo, two: Any) -> None:
    plain, augmented = (
        visitor.call("train_head", images=two, augment=augment, seed=1, **SMALL)
        for augment in (False, True)
    )

    assert plain.loss != augmented.loss


def test_training_again_with_another_seed_computes_the_views_of_new_photos_alone(
    visitor: Demo, two: Any, passes: Callable[[], int]
) -> None:
    visitor.call("train_head", images=two, augment=True, seed=1, validation_split=0, **SMALL)
    before = passes()
    two["red"] += photo_files("reds", 3, first=50)

    visitor.call("train_head", images=two, augment=True, seed=2, validation_split=0, **SMALL)

    assert passes() - before == 3 * (1 + 4)


def test_ten_crops_are_computed_of_the_photos_held_out(
    visitor: Demo, two: Any, passes: Callable[[], int]
) -> None:
    visitor.call("train_head", images=two, ten_crop=True, seed=1, **SMALL)

    assert passes() == 10 + 10 * 2


def test_what_is_reported_of_ten_crops_is_what_classify_says(visitor: Demo, two: Any) -> None:
    report = visitor.call("train_head", images=two, ten_crop=True, seed=1, name="ten").report

    held_out = next(photo for photo in report.judged if photo.held_out)
    image = picture("reds" if held_out.class_name == "red" else "blues", int(held_out.name[:-4]))
    best = visitor.call("classify", image=image, head="ten").predictions[0]
    assert best.class_name == held_out.decided
    assert best.probability == pytest.approx(held_out.probability, abs=1e-4)


def test_ten_crops_say_something_else_than_the_middle(visitor: Demo, two: Any) -> None:
    photo = Image.linear_gradient("L").convert("RGB")
    middle, ten = (
        visitor.call("train_head", images=two, ten_crop=ten_crop, seed=1).report.name
        and visitor.call("classify", image=photo, head="mine")
        for ten_crop in (False, True)
    )

    assert middle != ten
    assert sum(p.probability for p in ten.predictions) == pytest.approx(1.0, abs=1e-5)


def test_the_bar_of_the_features_ends_where_it_said(visitor: Demo, two: Any) -> None:
    values = list(
        visitor.stream("train_head", images=two, augment=True, ten_crop=True, seed=1, **SMALL)
    )

    features = [value for value in values if value.phase == "features"]
    done = [value.done for value in features]
    assert done == sorted(done)
    assert features[-1].done == features[-1].total == 10 + 4 * 8 + 10 * 2
    assert features[-1].seconds_left == 0
