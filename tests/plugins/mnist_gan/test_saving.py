"""Files to take home hold the same digits as ``sample`` shows."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo_app import Demo
from tests.plugins.mnist_gan.drawings import pixels


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        image.load()
        return image


@pytest.mark.parametrize(
    ("count", "size"), [(1, (112, 112)), (7, (784, 112)), (10, (1120, 112)), (23, (1120, 336))]
)
def test_a_sheet_has_ten_in_a_row_each_pixel_four_by_four(
    demo: Demo, count: int, size: tuple[int, int]
) -> None:
    samples = demo.call("sample", count=count, seed=6).samples

    file = demo.call("save", count=count, seed=6)

    sheet = opened(file.data)
    assert (file.name, sheet.size) == ("digits-seed-6.png", size)
    shades = pixels(sheet)[::4, ::4]
    assert (shades.repeat(4, 0).repeat(4, 1) == pixels(sheet)).all()
    for place, sample in enumerate(samples):
        top, left = place // 10 * 28, place % 10 * 28
        square = shades[top : top + 28, left : left + 28]
        assert np.abs(square - pixels(sample.image)).max() == 0


def test_a_zip_has_a_picture_for_every_digit(demo: Demo) -> None:
    samples = demo.call("sample", count=12, seed=6, truncation=0.7).samples

    file = demo.call("save", count=12, seed=6, truncation=0.7, format="zip")

    assert file.name == "digits-seed-6.zip"
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert archive.testzip() is None
        names = [f"{s.number:03d}-digit-{s.digit}.png" for s in samples]
        assert archive.namelist() == [*names, "recipe.json"]
        for name, sample in zip(names, samples, strict=True):
            assert (pixels(opened(archive.read(name))) == pixels(sample.image)).all()


@pytest.mark.parametrize("digit", [None, 8])
def test_a_zip_says_how_its_digits_can_be_made_again(demo: Demo, digit: int | None) -> None:
    file = demo.call("save", digit=digit, count=5, seed=6, truncation=0.7, format="zip")

    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        recipe: dict[str, Any] = json.loads(archive.read("recipe.json"))
    digits = recipe.pop("digits")
    assert len(digits) == 5
    assert demo.call(recipe.pop("action"), **recipe) == file


@pytest.mark.parametrize("format", ["png", "zip"])
def test_the_same_digits_make_the_same_file(demo: Demo, format: str) -> None:
    one, other = (demo.call("save", count=3, digit=4, seed=1, format=format) for _ in range(2))

    assert one == other


def test_a_zip_does_not_tell_when_it_was_made(demo: Demo) -> None:
    file = demo.call("save", count=2, seed=1, format="zip")

    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_digit_that_was_asked_for_is_saved(demo: Demo) -> None:
    file = demo.call("save", digit=4, count=2, seed=1, format="zip")

    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert archive.namelist()[:2] == ["000-digit-4.png", "001-digit-4.png"]
