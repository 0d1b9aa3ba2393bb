"""Photos named and explained by other heads than ImageNet's: those that ship, and one's own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from demo_app import Demo, DemoError, InvalidInput
from demo_app.errors import Unknown
from demo_app.images import open_image
from demo_app.testing import context

CLASSES = {
    "flowers": ["daisy", "dandelion", "roses", "sunflowers", "tulips"],
    "roses_tulips": ["roses", "tulips"],
}


@pytest.fixture(scope="session")
def cat(examples: Path) -> Image.Image:
    return open_image(examples / "cat.jpg")


@pytest.fixture
def own(module: Callable[[str], ModuleType], heads: Any, network: nn.Module) -> Callable[..., Any]:
    """Makes a head with random weights on the backbone that ships."""
    rooms = module("transfer.trained_heads")

    def make(kind: str, classes: tuple[str, ...]) -> Any:
        head = heads.Head(kind=kind, hidden=16)
        return rooms.TrainedHead(
            head=head,
            classes=classes,
            backbone="efficientnet_lite0",
            backbone_sha256=module("transfer.fingerprint").backbone_sha256(network),
            preprocessing=module("architectures.conversion").PREPROCESSING,
            tensors=rooms.build_head(head, 1280, len(classes)).state_dict(),
        )

    return make


@pytest.fixture
def ctx(network: nn.Module) -> Callable[[Any], Any]:
    """A context whose visitor has the given head under the name ``mine``."""
    return lambda trained: context(
        models={"efficientnet_lite0": network}, session={"heads": {"mine": trained}}
    )


@pytest.fixture
def actions(module: Callable[[str], ModuleType]) -> Any:
    return module("actions")


@pytest.mark.parametrize("head", CLASSES)
def test_a_shipped_head_gives_probabilities_of_its_own_classes(
    demo: Demo, cat: Image.Image, head: str
) -> None:
    result = demo.call("classify", image=cat, head=head)

    probabilities = [prediction.probability for prediction in result.predictions]
    assert sorted(prediction.class_name for prediction in result.predictions) == CLASSES[head]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("head", CLASSES)
def test_the_evidence_of_every_class_adds_up_to_its_logit(
    demo: Demo, cat: Image.Image, head: str
) -> None:
    for class_name in CLASSES[head]:
        explanation = demo.call("explain", image=cat, class_name=class_name, head=head)

        cells = torch.tensor(explanation.cells)
        assert explanation.class_name == class_name
        assert explanation.bias + cells.mean().item() == pytest.approx(explanation.logit, abs=1e-4)


def test_the_probabilities_of_a_binary_head_are_the_sigmoid_of_its_logit(
    demo: Demo, cat: Image.Image
) -> None:
    for class_name in CLASSES["roses_tulips"]:
        explanation = demo.call("explain", image=cat, class_name=class_name, head="roses_tulips")

        sigmoid = torch.tensor(explanation.logit).sigmoid().item()
        assert explanation.probability == pytest.approx(sigmoid, abs=1e-6)


def test_evidence_for_one_class_of_a_binary_head_is_evidence_against_the_other(
    demo: Demo, cat: Image.Image
) -> None:
    one, other = (
        demo.call("explain", image=cat, class_name=name, head="roses_tulips")
        for name in CLASSES["roses_tulips"]
    )

    assert one.logit == pytest.approx(-other.logit, abs=1e-4)
    assert one.bias == -other.bias
    assert torch.allclose(torch.tensor(one.cells), -torch.tensor(other.cells), atol=1e-3)
    assert one.scale == pytest.approx(other.scale, rel=1e-5)


@pytest.mark.parametrize("head", CLASSES)
def test_the_likeliest_class_is_explained_if_none_is_named(
    demo: Demo, cat: Image.Image, head: str
) -> None:
    likeliest = demo.call("classify", image=cat, head=head, top_k=1).predictions[0]

    explanation = demo.call("explain", image=cat, head=head)

    assert explanation.class_name == likeliest.class_name
    assert explanation.probability == pytest.approx(likeliest.probability, abs=1e-6)


def test_imagenet_is_the_default(demo: Demo, cat: Image.Image) -> None:
    assert demo.call("classify", image=cat) == demo.call("classify", image=cat, head="imagenet")


def test_an_unknown_head_is_refused_with_the_known_ones(demo: Demo, cat: Image.Image) -> None:
    with pytest.raises(Unknown, match="flowers, imagenet, resnet_cifar10, roses_tulips"):
        demo.call("classify", image=cat, head="zzz")


def test_a_class_of_another_head_is_refused(demo: Demo, cat: Image.Image) -> None:
    with pytest.raises(InvalidInput, match="no class of that name"):
        demo.call("explain", image=cat, class_name="tabby", head="flowers")


@pytest.mark.parametrize("kind", ["linear", "mlp", "binary"])
def test_ones_own_head_is_used_by_its_name(
    actions: Any, own: Callable[..., Any], ctx: Callable[..., Any], cat: Image.Image, kind: str
) -> None:
    result = actions.classify(ctx(own(kind, ("cat", "<b>dog</b>"))), image=cat, head="mine")

    assert {p.class_name for p in result.predictions} == {"cat", "<b>dog</b>"}
    assert sum(p.probability for p in result.predictions) == pytest.approx(1.0, abs=1e-6)


def test_the_evidence_behind_a_hidden_layer_is_not_claimed_to_add_up(
    actions: Any, own: Callable[..., Any], ctx: Callable[..., Any], cat: Image.Image
) -> None:
    with pytest.raises(InvalidInput, match="hidden layer"):
        actions.explain(ctx(own("mlp", ("a", "b"))), image=cat, head="mine")


def test_a_head_of_another_backbone_is_refused(
    actions: Any, own: Callable[..., Any], ctx: Callable[..., Any], cat: Image.Image
) -> None:
    foreign = replace(own("linear", ("a", "b")), backbone_sha256="0" * 64)

    with pytest.raises(DemoError, match="the hash of its weights differs"):
        actions.classify(ctx(foreign), image=cat, head="mine")


def test_heads_of_one_visitor_are_not_those_of_another(
    host: Any, module: Callable[[str], ModuleType], own: Callable[..., Any], cat: Image.Image
) -> None:
    from demo_app.context import Session

    session = Session()
    session.part("image_classifier")["heads"] = {"mine": own("linear", ("a", "b"))}
    owner, other = (host.visit("image_classifier", s) for s in (session, Session()))

    assert len(owner.call("classify", image=cat, head="mine").predictions) == 2
    with pytest.raises(Unknown, match="no head named 'mine'"):
        other.call("classify", image=cat, head="mine")


def test_the_oldest_heads_make_room_for_a_new_one(
    module: Callable[[str], ModuleType], own: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms, visitor, trained = module("carrying.session_heads"), context(), own("linear", ("a", "b"))
    monkeypatch.setattr(rooms, "MAX_BYTES", 25_000)  # of two heads of 10 kB

    for name in ("one", "two", "one", "three"):
        rooms.keep(visitor, name, trained)

    assert list(rooms.heads_of(visitor)) == ["one", "three"]


def test_a_head_that_is_larger_than_a_session_may_be_is_refused(
    module: Callable[[str], ModuleType], own: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms, visitor = module("carrying.session_heads"), context()
    monkeypatch.setattr(rooms, "MAX_BYTES", 1_000_000)
    rooms.keep(visitor, "small", own("linear", ("a", "b")))

    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        rooms.keep(visitor, "large", own("linear", tuple(map(str, range(200)))))

    assert list(rooms.heads_of(visitor)) == ["small"]
