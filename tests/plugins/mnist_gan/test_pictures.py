"""The networks' numbers as pictures: shades, sheets, and what differs."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from tests.plugins.mnist_gan.drawings import pixels


@pytest.fixture(scope="session")
def pictures(module: Callable[[str], ModuleType]) -> Any:
    return module("pictures")


def test_paper_is_black_and_ink_white(pictures: Any) -> None:
    picture = pictures.to_picture(torch.tensor([[[-1.0, 0.0, 1.0]]]))

    assert (picture.mode, picture.size) == ("L", (3, 1))
    assert pixels(picture).tolist() == [[0, 128, 255]]


def test_every_shade_comes_back(pictures: Any) -> None:
    shades = torch.arange(256.0).view(1, 1, 16, 16)

    (picture,) = pictures.to_pictures(shades / 127.5 - 1)

    assert pixels(picture).flatten().tolist() == list(range(256))


def test_what_is_beyond_ink_and_paper_is_clipped(pictures: Any) -> None:
    assert pixels(pictures.to_picture(torch.tensor([[[-3.0, 3.0]]]))).tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("count", "columns", "size"), [(6, 3, (84, 56)), (7, 3, (84, 84)), (1, 10, (280, 28))]
)
def test_a_sheet_is_filled_row_by_row(
    pictures: Any, count: int, columns: int, size: tuple[int, int]
) -> None:
    images = (torch.arange(1.0, count + 1) / 127.5 - 1).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)

    sheet = pictures.tiled(images, columns)

    assert sheet.size == size
    squares = pixels(sheet).reshape(size[1] // 28, 28, columns, 28).swapaxes(1, 2)
    assert np.ptp(squares, axis=(2, 3)).max() == 0
    # What is left of the last row is paper.
    left = [0] * (squares.shape[0] * columns - count)
    assert squares[:, :, 0, 0].flatten().tolist() == [*range(1, count + 1), *left]


def test_a_residual_is_orange_where_ink_is_missing_and_blue_where_it_is_too_much(
    pictures: Any,
) -> None:
    drawing, image = torch.full((2, 1, 28, 28), -1.0)
    drawing[0, 0, 0] = image[0, 0, 1] = 1
    drawing[0, 0, 2] = image[0, 0, 2] = 1

    residual = pixels(pictures.residual(drawing, image))

    assert residual[0, 0].tolist() == pictures.MISSING.tolist()
    assert residual[0, 1].tolist() == pictures.SURPLUS.tolist()
    assert residual[0, 2].tolist() == [0, 0, 0]
    assert residual[1:].max() == 0


def test_a_residual_is_the_paler_the_smaller_the_difference(pictures: Any) -> None:
    drawing, image = torch.full((2, 1, 28, 28), -1.0)
    drawing[0, 0, :3] = torch.tensor([-0.5, 0.0, 1.0])

    shades = pixels(pictures.residual(drawing, image))[0, :3]

    assert shades == pytest.approx(np.outer([0.25, 0.5, 1], pictures.MISSING), abs=0.51)
