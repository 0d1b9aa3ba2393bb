"""All heads that classify takes, in a few words each; one's own can be forgotten."""

from typing import Any

import pytest

from demo_app import Demo, Host, InvalidInput
from demo_app.context import Session
from demo_app.errors import Unknown
from tests.plugins.image_classifier.labelled_photos import photo_files, picture

SHIPPED = ["imagenet", "flowers", "roses_tulips", "convnet_mnist", "resnet_cifar10"]


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture
def two() -> dict[str, Any]:
    return {"red": photo_files("reds", 3), "blue": photo_files("blues", 3)}


def test_those_that_ship_are_listed_with_what_was_measured(visitor: Demo) -> None:
    listed = visitor.call("heads")

    by_name = {head.name: head for head in listed}
    assert list(by_name) == SHIPPED
    assert not any(head.own for head in listed)
    assert (by_name["imagenet"].accuracy, len(by_name["imagenet"].classes)) == (0.751, 1000)
    assert by_name["flowers"].accuracy == pytest.approx(0.908, abs=0.001)
    assert (by_name["roses_tulips"].kind, by_name["flowers"].kind) == ("binary", "linear")
    assert by_name["convnet_mnist"].classes == list("0123456789")


def test_what_can_be_explained_is(visitor: Demo) -> None:
    for head in visitor.call("heads"):
        if head.can_explain:
            explanation = visitor.call("explain", image=picture("reds", 1), head=head.name)
            assert explanation.class_name in head.classes

    assert not head_named(visitor, "convnet_mnist").can_explain


def test_ones_own_are_listed_last(visitor: Demo, two: Any) -> None:
    report = visitor.call("train_head", images=two, name="kitchen").report
    visitor.call("train_head", images=two, name="hidden", kind="mlp", epochs=2)
    visitor.call("train_head", images=two, name="crops", ten_crop=True)

    own = visitor.call("heads")[len(SHIPPED) :]

    assert [head.name for head in own] == ["kitchen", "hidden", "crops"]
    assert all(head.own for head in own)
    assert [head.can_explain for head in own] == [True, False, False]
    assert own[0].accuracy == report.metrics.accuracy
    assert (own[0].classes, own[0].backbone) == (["red", "blue"], "efficientnet_lite0")


def test_a_forgotten_head_is_gone(visitor: Demo, two: Any) -> None:
    visitor.call("train_head", images=two, name="kitchen")

    left = visitor.call("forget_head", name="kitchen")

    assert [head.name for head in left] == SHIPPED
    with pytest.raises(Unknown, match="no head named 'kitchen'"):
        visitor.call("classify", image=picture("reds", 1), head="kitchen")


def test_only_ones_own_can_be_forgotten(visitor: Demo) -> None:
    with pytest.raises(Unknown, match="no head named 'flowers'"):
        visitor.call("forget_head", name="flowers")


def test_the_name_of_a_network_that_ships_cannot_be_taken(visitor: Demo, two: Any) -> None:
    with pytest.raises(InvalidInput, match="convnet_mnist is a head that ships"):
        visitor.call("train_head", images=two, name="convnet_mnist")


def head_named(visitor: Demo, name: str) -> Any:
    return next(head for head in visitor.call("heads") if head.name == name)
