"""Random views follow from their generator alone; ten crops are AlexNet's."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from tests.plugins.image_classifier.labelled_photos import picture


@pytest.fixture
def augmentation(module: Callable[[str], ModuleType]) -> Any:
    return module("photographs.augmentation")


@pytest.fixture
def preprocessing(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.conversion").PREPROCESSING


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(300, 200), (1, 1), (5000, 1), (3, 900)])
def test_a_view_has_the_size_that_the_network_sees(
    augmentation: Any, preprocessing: Any, size: tuple[int, int]
) -> None:
    view = augmentation.augmented(Image.new("RGB", size, "teal"), preprocessing, drawn(0))

    assert (view.size, view.mode) == ((224, 224), "RGB")


def test_the_same_draws_give_the_same_view(augmentation: Any, preprocessing: Any) -> None:
    photo = picture("reds", 1, side=100)

    one, again, other = (
        augmentation.augmented(photo, preprocessing, drawn(seed)).tobytes() for seed in (3, 3, 4)
    )

    assert one == again
    assert one != other


def test_the_random_state_of_the_process_is_not_touched(
    augmentation: Any, preprocessing: Any
) -> None:
    before = torch.get_rng_state()

    augmentation.augmented(picture("reds", 1), preprocessing, drawn(0))

    assert torch.equal(torch.get_rng_state(), before)


def test_about_half_of_the_views_are_mirrored(augmentation: Any, preprocessing: Any) -> None:
    dark_to_light = Image.linear_gradient("L").rotate(90).convert("RGB")
    draws = drawn(0)

    views = [augmentation.augmented(dark_to_light, preprocessing, draws) for _ in range(40)]

    rising = [np.asarray(view)[:, -1].mean() > np.asarray(view)[:, 0].mean() for view in views]
    assert 10 < sum(rising) < 30


def test_views_show_between_a_third_and_all_of_the_photo(augmentation: Any) -> None:
    shares = [
        width * height / (400 * 300)
        for share in (0.0, 0.5, 0.999)
        for ratio in (0.0, 0.5, 0.999)
        for width, height in [augmentation._part(400, 300, share, ratio)]
    ]

    assert min(shares) == pytest.approx(augmentation.LEAST_SHARE, abs=0.01)
    assert 0.7 < max(shares) <= 1


def test_the_views_of_a_photo_follow_from_its_content(
    augmentation: Any, preprocessing: Any
) -> None:
    photo = picture("reds", 1)

    one, again, other = (
        [view.tobytes() for view in augmentation.augmented_views(photo, preprocessing, sha256)]
        for sha256 in ("a", "a", "b")
    )

    assert one == again
    assert len({*one, *other}) == 2 * augmentation.VIEWS


def test_the_ten_crops_are_corners_and_middle_and_their_mirror_images(
    augmentation: Any, preprocessing: Any
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    photo = Image.fromarray(pixels)

    crops = augmentation.ten_crops(photo, preprocessing)

    boxes = [(0, 0), (32, 0), (0, 32), (32, 32), (16, 16)]
    expected = [photo.crop((x, y, x + 224, y + 224)) for x, y in boxes]
    expected += [ImageOps.mirror(crop) for crop in expected]
    assert [crop.tobytes() for crop in crops] == [crop.tobytes() for crop in expected]
