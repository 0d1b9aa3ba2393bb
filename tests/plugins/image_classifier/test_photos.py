"""Photos for training are told apart by content and decoded no larger than needed."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo_app import DemoError, InvalidInput
from demo_app.images import open_image
from tests.plugins.image_classifier.labelled_photos import encoded, picture, write_folders


@pytest.fixture(scope="session")
def photos(module: Callable[[str], ModuleType]) -> Any:
    return module("photographs.photos")


@pytest.fixture(scope="session")
def preprocessing(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.conversion").PREPROCESSING


def test_only_equal_photos_have_equal_hashes(photos: Any) -> None:
    one, other = picture("reds", 0), picture("reds", 1)

    assert photos.content_hash(one) == photos.content_hash(one.copy())
    assert photos.content_hash(one) != photos.content_hash(other)
    assert photos.content_hash(encoded(one)) == photos.content_hash(encoded(one))
    assert photos.content_hash(encoded(one)) != photos.content_hash(encoded(other))


def test_the_same_bytes_in_another_shape_are_another_photo(photos: Any) -> None:
    flat, tall = Image.new("RGB", (4, 2)), Image.new("RGB", (2, 4))

    assert photos.content_hash(flat) != photos.content_hash(tall)


def test_a_large_jpeg_is_decoded_at_a_reduced_size(
    photos: Any, preprocessing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    as_rgb = photos.as_rgb
    monkeypatch.setattr(
        photos, "as_rgb", lambda image: as_rgb(image) if not sizes.append(image.size) else None
    )
    large = encoded(picture("reds", 0).resize((4000, 3000)), "JPEG")

    crop = photos.crop_for(large, preprocessing)

    assert crop.size == (224, 224)
    assert sizes == [(1000, 750)]


def test_reduced_decoding_leaves_nearly_the_same_pixels(
    photos: Any, preprocessing: Any, examples: Path
) -> None:
    with Image.open(examples / "cat.jpg") as image:
        large = image.resize((image.width * 3, image.height * 3), Image.Resampling.BICUBIC)
    data = encoded(large, "JPEG")

    reduced = np.asarray(photos.crop_for(data, preprocessing), dtype=float)
    full = np.asarray(preprocessing.crop_picture(open_image(data)), dtype=float)

    assert np.abs(reduced - full).mean() < 1.5


def test_a_picture_that_is_no_picture_is_refused(photos: Any, preprocessing: Any) -> None:
    with pytest.raises(InvalidInput, match="not a picture"):
        photos.crop_for(b"hello", preprocessing)


def test_a_photo_that_is_cut_off_is_refused(photos: Any, preprocessing: Any) -> None:
    with pytest.raises(InvalidInput, match="damaged or incomplete"):
        photos.crop_for(encoded(picture("reds", 0), "JPEG")[:-200], preprocessing)


def test_photos_come_in_the_order_of_classes_and_names(photos: Any, tmp_path: Path) -> None:
    write_folders(tmp_path, "train", {"reds": "reds", "blues": "blues"}, 2)
    (tmp_path / "train" / "reds" / "notes.txt").write_text("no photo")

    found = photos.read_class_folders(tmp_path / "train", ("reds", "blues"))

    assert [(photo.name, photo.label) for photo in found] == [
        ("0.png", 0),
        ("1.png", 0),
        ("0.png", 1),
        ("1.png", 1),
    ]


def test_a_missing_class_is_named(photos: Any, tmp_path: Path) -> None:
    write_folders(tmp_path, "train", {"reds": "reds"}, 1)

    with pytest.raises(DemoError, match="no photos of the class blues"):
        photos.read_class_folders(tmp_path / "train", ("reds", "blues"))
