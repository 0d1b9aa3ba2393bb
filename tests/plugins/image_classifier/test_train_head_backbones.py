"""A head on any backbone of the registry: trained, used and explained as on the one that ships."""

from typing import Any

import pytest
import torch

from demo_app import Demo, DemoError, File, Host, InvalidInput
from demo_app.context import Session
from demo_app.errors import Unknown
from tests.plugins.image_classifier.labelled_photos import photo_files, picture


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, list[File]]:
    return {"red": photo_files("reds"), "blue": photo_files("blues")}


def test_a_head_on_random_features_learns_colours_too(visitor: Demo, two: Any) -> None:
    report = visitor.call(
        "train_head", images=two, backbone="scratch_resnet18", pretrained=False, seed=1
    ).report

    result = visitor.call("classify", image=picture("blues", 77), head="mine")
    assert result.predictions[0].class_name == "blue"
    assert (report.training["backbone"], report.training["pretrained"]) == (
        "scratch_resnet18",
        False,
    )
    explanation = visitor.call("explain", image=picture("reds", 77), head="mine")
    total = explanation.bias + torch.tensor(explanation.cells).mean().item()
    assert total == pytest.approx(explanation.logit, abs=1e-3)


def test_a_network_that_does_not_average_its_cells_is_not_explained(
    visitor: Demo, two: Any
) -> None:
    visitor.call("train_head", images=two, backbone="convnet", pretrained=False)

    assert len(visitor.call("classify", image=picture("reds", 1), head="mine").predictions) == 2
    with pytest.raises(InvalidInput, match="head"):
        visitor.call("explain", image=picture("reds", 1), head="mine")


def test_features_of_one_backbone_are_not_taken_for_those_of_another(
    visitor: Demo, two: Any
) -> None:
    first = visitor.call("train_head", images=two, seed=1).report
    other = visitor.call(
        "train_head", images=two, backbone="convnet", pretrained=False, seed=1
    ).report
    again = visitor.call("train_head", images=two, seed=1).report

    assert (first.computed, other.computed, again.computed) == (10, 10, 0)
    assert again.metrics == first.metrics != other.metrics


def test_an_unknown_backbone_is_refused_with_the_nearest_name(visitor: Demo, two: Any) -> None:
    with pytest.raises(Unknown, match="resnet18"):
        visitor.call("train_head", images=two, backbone="resnet81")


def test_pre_trained_weights_that_nobody_has_are_refused(visitor: Demo, two: Any) -> None:
    with pytest.raises(DemoError, match="no pre-trained weights for convnet"):
        visitor.call("train_head", images=two, backbone="convnet")
