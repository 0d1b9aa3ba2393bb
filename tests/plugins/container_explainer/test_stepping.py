"""A photo goes through a network, and what every layer made of it is there to be seen."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image

from demo_app import Demo, InvalidInput
from demo_app.errors import Unknown

LAYERS = [
    "features.conv1",
    "features.relu1",
    "features.pool1",
    "features.conv2",
    "features.relu2",
    "features.pool2",
    "classifier.flatten",
    "classifier.fc1",
    "classifier.relu1",
    "classifier.fc2",
    "classifier.relu2",
    "classifier.fc3",
]


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    pixels = torch.randint(0, 256, (48, 64, 3), generator=torch.Generator().manual_seed(0))
    return Image.fromarray(pixels.to(torch.uint8).numpy())


@pytest.fixture(scope="module")
def walk(demo: Demo, photo: Image.Image) -> Any:
    return demo.call("step", image=photo)


def test_every_layer_is_a_step_in_its_order(walk: Any) -> None:
    assert [step.path for step in walk.steps] == LAYERS


def test_what_leaves_a_layer_comes_into_the_next(walk: Any) -> None:
    pairs = zip(walk.steps, walk.steps[1:], strict=False)

    assert all(one.output_shape == other.input_shape for one, other in pairs)
    assert walk.steps[0].input_shape == [1, 3, 32, 32]
    assert walk.steps[-1].output_shape == [1, 10]


def test_relu_leaves_nothing_negative(walk: Any) -> None:
    before, after = walk.steps[0], walk.steps[1]

    assert before.minimum < 0
    assert after.minimum == 0
    assert after.maximum == before.maximum
    assert after.zeros > before.zeros


def test_maps_have_pictures_and_vectors_have_numbers(walk: Any) -> None:
    for step in walk.steps:
        assert (step.maps is None) == (len(step.output_shape) == 2)
        assert bool(step.values) == (len(step.output_shape) == 2)
        assert (step.filters is None) == (step.class_name != "Conv2d")
    assert len(walk.steps[6].values) == 400


def test_the_end_is_what_the_network_says(walk: Any) -> None:
    logits = torch.tensor(walk.steps[-1].values)

    assert walk.trained
    assert walk.classes[:3] == ["airplane", "automobile", "bird"]
    assert walk.probabilities == pytest.approx(logits.softmax(0).tolist(), abs=1e-5)


def test_the_picture_is_the_middle_of_the_photo(
    module: Callable[[str], ModuleType],
) -> None:
    photo = Image.new("RGB", (90, 30), "blue")
    photo.paste("red", (30, 0, 60, 30))

    seen = module("experiments.stepping").fitted(photo, channels=3, height=30, width=30)

    assert seen.getcolors() == [(900, (255, 0, 0))]


def test_an_untrained_network_says_so(demo: Demo, photo: Image.Image) -> None:
    walk = demo.call("step", image=photo, model="conv_relu_pool")

    assert not walk.trained
    assert walk.probabilities == []
    assert [step.class_name for step in walk.steps] == ["Conv2d", "ReLU", "MaxPool2d"]


def test_a_network_of_rows_takes_no_pictures(demo: Demo, photo: Image.Image) -> None:
    with pytest.raises(InvalidInput, match="model: twenty_linears takes inputs of shape"):
        demo.call("step", image=photo, model="twenty_linears")


def test_an_unknown_model_is_named(demo: Demo, photo: Image.Image) -> None:
    with pytest.raises(Unknown, match="lenet"):
        demo.call("step", image=photo, model="lenett")


def test_a_sheet_shows_each_map_from_its_least_to_its_most(
    module: Callable[[str], ModuleType],
) -> None:
    maps = torch.stack([torch.tensor([[0.0, 1.0]]), torch.tensor([[5.0, 7.0]])])

    sheet = module("experiments.stepping").tiled(maps)

    # Two maps of 1 x 2, each number a square of 28, with a gap of 2 between.
    assert sheet.size == (2 * 56 + 2, 28)
    assert [sheet.getpixel((x, 0)) for x in (0, 28, 57, 58, 86)] == [0, 255, 128, 0, 255]
