"""What visitors get: sensible names, and explanations that add up."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from demo_app import Context, Demo, InvalidInput
from demo_app.checkpoints import CheckpointMetadata
from demo_app.images import open_image


@pytest.fixture
def photo(examples: Path) -> Callable[[str], Image.Image]:
    return lambda name: open_image(examples / name)


@pytest.mark.parametrize(
    ("name", "likeliest"),
    [
        ("cat.jpg", ["tiger cat", "Egyptian cat", "tabby"]),
        ("espresso.jpg", ["espresso", "cup"]),
        ("rocket.jpg", ["missile", "projectile"]),
        ("tripod.jpg", ["tripod"]),
    ],
)
def test_example_photos_are_named_sensibly(
    demo: Demo, photo: Callable[[str], Image.Image], name: str, likeliest: list[str]
) -> None:
    result = demo.call("classify", image=photo(name), top_k=len(likeliest))

    assert [prediction.class_name for prediction in result.predictions] == likeliest


def test_plain_photos_are_named_with_confidence(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    for name in ("espresso.jpg", "tripod.jpg"):
        result = demo.call("classify", image=photo(name), top_k=1)
        assert result.predictions[0].probability > 0.9


def test_probabilities_fall_and_add_up_to_one(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    result = demo.call("classify", image=photo("cat.jpg"), top_k=1000)

    probabilities = [prediction.probability for prediction in result.predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1.0, abs=1e-5)
    assert {prediction.class_index for prediction in result.predictions} == set(range(1000))


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes_are_classified_and_explained(demo: Demo, size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "teal")

    assert len(demo.call("classify", image=picture).predictions) == 5
    assert demo.call("explain", image=picture).overlay.size == (448, 448)


@pytest.mark.parametrize("top_k", [0, -1, 1001, 10**9, "x"])
def test_a_count_out_of_bounds_is_refused(demo: Demo, top_k: Any) -> None:
    with pytest.raises(InvalidInput, match="top_k"):
        demo.call("classify", image=Image.new("RGB", (8, 8)), top_k=top_k)


@pytest.mark.parametrize("name", ["cat.jpg", "espresso.jpg", "rocket.jpg", "tripod.jpg"])
@pytest.mark.parametrize("class_name", [None, "tabby", "espresso", "crane", "toilet tissue"])
def test_an_explanation_adds_up_to_the_logit(
    demo: Demo, photo: Callable[[str], Image.Image], name: str, class_name: str | None
) -> None:
    explanation = demo.call("explain", image=photo(name), class_name=class_name)

    cells = [value for row in explanation.cells for value in row]
    assert len(cells) == 49
    assert explanation.bias + sum(cells) / 49 == pytest.approx(explanation.logit, abs=1e-4)


def test_the_likeliest_class_is_explained_if_none_is_named(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    likeliest = demo.call("classify", image=photo("tripod.jpg"), top_k=1).predictions[0]

    explanation = demo.call("explain", image=photo("tripod.jpg"))

    assert explanation.class_name == likeliest.class_name == "tripod"
    assert explanation.class_index == likeliest.class_index
    assert explanation.probability == pytest.approx(likeliest.probability, abs=1e-6)


def test_every_class_of_a_photo_is_coloured_on_the_same_scale(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    top = demo.call("explain", image=photo("cat.jpg"))
    other = demo.call("explain", image=photo("cat.jpg"), class_name="espresso")

    assert top.scale == other.scale == max(abs(value) for row in top.cells for value in row)


def test_the_evidence_for_a_tripod_lies_on_the_tripod(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    cells = torch.tensor(demo.call("explain", image=photo("tripod.jpg")).cells)

    assert cells[4:, 2:6].mean() > 5 * cells[:, :2].mean().abs()


def test_an_explanation_shows_what_the_network_saw(
    demo: Demo, photo: Callable[[str], Image.Image]
) -> None:
    explanation = demo.call("explain", image=photo("espresso.jpg"))

    assert explanation.crop.size == (224, 224)
    assert explanation.overlay.size == (448, 448)
    assert explanation.overlay.mode == explanation.crop.mode == "RGB"


def test_case_and_spaces_around_a_class_name_do_not_matter(demo: Demo) -> None:
    picture = Image.new("RGB", (8, 8))

    assert demo.call("explain", image=picture, class_name=" egyptian CAT ").class_index == 285


@pytest.mark.parametrize(
    ("class_name", "hint"),
    [
        ("tabbby", "Did you mean 'tabby'"),
        ("cat", "Did you mean 'tiger cat' or 'Persian cat'"),
        ("qqqqqqqq", "Take one of the names that classify returns"),
        ("  ", "Take one of the names that classify returns"),
    ],
)
def test_an_unknown_class_is_refused_with_a_suggestion(
    demo: Demo, class_name: str, hint: str
) -> None:
    with pytest.raises(InvalidInput, match=hint):
        demo.call("explain", image=Image.new("RGB", (8, 8)), class_name=class_name)


class CountingModels:
    """Lends one network to a context and counts its passes."""

    device = torch.device("cpu")

    def __init__(self, network: nn.Module, metadata: CheckpointMetadata) -> None:
        self.passes = 0
        self._network = network
        self._metadata = metadata
        network.get_submodule("stem").register_forward_hook(self._count)

    def _count(self, *_: object) -> None:
        self.passes += 1

    def module(self, name: str | None, *, trainable: bool) -> nn.Module:
        return self._network

    def metadata(self, name: str | None) -> CheckpointMetadata:
        return self._metadata


def test_actions_are_plain_functions_and_run_the_network_once(
    demo: Demo, network: nn.Module, module: Callable[[str], ModuleType]
) -> None:
    metadata = demo.metadata("efficientnet_lite0")
    assert metadata is not None
    models = CountingModels(network, metadata)

    module("actions").explain(
        Context(models=models), image=Image.new("RGB", (8, 8)), class_name="tabby"
    )

    assert models.passes == 1
