"""Photos are prepared as for training, whatever their size and shape."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

REFERENCE = transforms.Compose(
    [
        transforms.Resize(256, transforms.InterpolationMode.BICUBIC),
        transforms.CenterCrop(224),
    ]
)


@pytest.fixture
def preprocessing(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.conversion").PREPROCESSING


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def assert_same_pixels(one: Image.Image, other: Image.Image) -> None:
    """Equal up to one grey level in a hundredth of the values: Pillow places crops in floats."""
    assert one.size == other.size
    difference = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


@pytest.mark.parametrize("name", ["cat.jpg", "espresso.jpg", "rocket.jpg", "tripod.jpg"])
def test_photos_are_cropped_as_by_torchvision(
    preprocessing: Any, examples: Path, name: str
) -> None:
    photo = Image.open(examples / name)

    assert_same_pixels(preprocessing.crop_picture(photo), REFERENCE(photo))


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (3, 2), (7, 13), (224, 224), (256, 256), (257, 256), (333, 777), (1000, 90)],
)
def test_any_size_is_cropped_as_by_torchvision(preprocessing: Any, width: int, height: int) -> None:
    picture = noise(width, height)

    assert_same_pixels(preprocessing.crop_picture(picture), REFERENCE(picture))


@pytest.mark.parametrize(("width", "height"), [(1_000_000, 1), (1, 1_000_000)])
def test_a_thread_of_pixels_is_cropped_without_being_resized_whole(
    preprocessing: Any, width: int, height: int
) -> None:
    colour = (9, 99, 200)

    crop = preprocessing.crop_picture(Image.new("RGB", (width, height), colour))

    assert crop.size == (224, 224)
    assert crop.getcolors() == [(224 * 224, colour)]


def test_values_are_scaled_as_the_metadata_says(preprocessing: Any) -> None:
    picture = Image.new("RGB", (2, 1))
    picture.putdata([(0, 127, 255), (127, 255, 0)])

    tensor = preprocessing.to_tensor(picture)

    low, high = -127 / 128, 1.0
    expected = torch.tensor([[[[low, 0.0]], [[0.0, high]], [[high, low]]]])
    torch.testing.assert_close(tensor, expected)


def test_metadata_holds_everything(module: Callable[[str], ModuleType], preprocessing: Any) -> None:
    metadata = preprocessing.to_metadata()

    assert (
        module("photographs.preprocessing").Preprocessing.from_metadata(metadata) == preprocessing
    )


@pytest.mark.parametrize(
    "change",
    [{"crop": 257}, {"crop": 0}, {"interpolation": "guess"}],
)
def test_values_out_of_range_are_refused(
    module: Callable[[str], ModuleType], preprocessing: Any, change: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        module("photographs.preprocessing").Preprocessing.from_metadata(
            preprocessing.to_metadata() | change
        )


def test_a_field_that_is_not_known_is_refused(
    module: Callable[[str], ModuleType], preprocessing: Any
) -> None:
    with pytest.raises(TypeError, match="flip"):
        module("photographs.preprocessing").Preprocessing.from_metadata(
            preprocessing.to_metadata() | {"flip": True}
        )


def test_a_picture_that_is_not_rgb_is_refused(preprocessing: Any) -> None:
    with pytest.raises(ValueError, match="RGB, not L"):
        preprocessing.crop_picture(Image.new("L", (4, 4)))
