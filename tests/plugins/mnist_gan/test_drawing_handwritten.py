"""Handwriting of MNIST's comes back from a picture or a photo of it."""

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from demo_app import Demo, InvalidInput
from demo_app.images import open_image
from tests.plugins.mnist_gan.drawings import distance, farthest, pixels


def on_paper(
    digit: Tensor,
    paper: NDArray[Any],
    *,
    ink: float,
    side: int,
    at: tuple[int, int],
) -> NDArray[Any]:
    """A digit of MNIST's enlarged on paper of some shades, which its ink multiplies."""
    large = Image.fromarray(digit.numpy()).resize((side, side), Image.Resampling.BICUBIC)
    amount = np.zeros(paper.shape)
    amount[at[0] : at[0] + side, at[1] : at[1] + side] = np.asarray(large) / 255
    return paper * (1 - (1 - ink) * amount)


def as_photo(shades: NDArray[Any], *, noise: float = 5, quality: int = 75) -> Image.Image:
    """The shades as a camera hands them over: noisy, and compressed as JPEG."""
    grain = np.random.default_rng(0).normal(0, noise, shades.shape)
    buffer = io.BytesIO()
    Image.fromarray((shades + grain).clip(0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=quality
    )
    return open_image(buffer.getvalue())


def lamp(height: int, width: int, *, darkest: float, angle: float) -> NDArray[Any]:
    """Paper that is darker the farther it is from a lamp at one side."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    way = math.cos(angle) * x + math.sin(angle) * y
    way = (way - way.min()) / (way.max() - way.min())
    return 220 - (220 - darkest) * way


@pytest.fixture(scope="session")
def right(
    read: Callable[[Image.Image], int], handwritten: Tensor, training_digits: Any
) -> Callable[[Callable[[Tensor, int], Image.Image]], float]:
    """The share of digits that are read from their photos."""
    chosen = range(0, 60_000, 2_000)

    def share(photograph: Callable[[Tensor, int], Image.Image]) -> float:
        seen = [read(photograph(handwritten[place], place)) for place in chosen]
        labels = training_digits.labels[list(chosen)].tolist()
        return float(np.mean([one == label for one, label in zip(seen, labels, strict=True)]))

    return share


class TestOfMnist:
    def test_a_picture_of_mnists_is_left_as_it_is(
        self, prepare: Callable[..., Tensor], handwritten: Tensor
    ) -> None:
        for digit in handwritten[::500]:
            ink = prepare(Image.fromarray(digit.numpy()).convert("RGB"))
            torch.testing.assert_close(ink, digit.float(), atol=1e-3, rtol=0)

    def test_a_generated_picture_is_left_as_it_is(
        self, prepare: Callable[..., Tensor], demo: Demo
    ) -> None:
        for sample in demo.call("sample", count=50, seed=0).samples:
            ink = prepare(sample.image.convert("RGB"))
            expected = torch.from_numpy(pixels(sample.image)).float()
            torch.testing.assert_close(ink, expected, atol=1e-3, rtol=0)

    def test_the_page_shows_what_was_compared(self, demo: Demo) -> None:
        (sample,) = demo.call("sample", count=1, seed=0).samples

        assert farthest(demo.call("score", image=sample.image).image, sample.image) == 0

    @pytest.mark.parametrize("inverted", [False, True], ids=["light on dark", "dark on light"])
    def test_an_enlarged_one_comes_back_about_as_it_was(
        self, prepare: Callable[..., Tensor], handwritten: Tensor, inverted: bool
    ) -> None:
        distances = []
        for digit in handwritten[:60]:
            large = Image.fromarray(digit.numpy()).resize((300, 300), Image.Resampling.BICUBIC)
            shown = large.point(lambda shade: 255 - shade) if inverted else large
            distances.append(distance(prepare(shown.convert("RGB")), digit.float()))

        assert np.mean(distances) < 0.1
        assert max(distances) < 0.25


class TestPhotographed:
    """Handwriting on paper, as a camera sees it."""

    def test_in_even_light(self, right: Callable[..., float]) -> None:
        paper = np.full((400, 300), 205.0)

        assert (
            right(lambda d, _: as_photo(on_paper(d, paper, ink=0.3, side=180, at=(150, 30))))
            >= 0.95
        )

    @pytest.mark.parametrize("darkest", [190, 140, 100])
    def test_beside_a_lamp(self, right: Callable[..., float], darkest: float) -> None:
        def photo(digit: Tensor, place: int) -> Image.Image:
            paper = lamp(300, 400, darkest=darkest, angle=place)
            return as_photo(on_paper(digit, paper, ink=0.3, side=200, at=(50, 100)))

        assert right(photo) >= 0.95

    def test_with_dark_corners(self, right: Callable[..., float]) -> None:
        y, x = np.mgrid[-1:1:300j, -1:1:400j]
        paper = 210 * (1 - 0.2 * (x**2 + y**2))

        assert (
            right(lambda d, _: as_photo(on_paper(d, paper, ink=0.3, side=200, at=(50, 100))))
            >= 0.95
        )

    def test_in_faint_pencil(self, right: Callable[..., float]) -> None:
        paper = lamp(300, 400, darkest=190, angle=1)

        assert (
            right(lambda d, _: as_photo(on_paper(d, paper, ink=0.7, side=200, at=(50, 100)))) >= 0.9
        )

    def test_with_much_grain(self, right: Callable[..., float]) -> None:
        paper = np.full((300, 300), 200.0)

        def photo(digit: Tensor, place: int) -> Image.Image:
            shades = on_paper(digit, paper, ink=0.3, side=200, at=(60, 40))
            return as_photo(shades, noise=9)

        assert right(photo) >= 0.95

    def test_with_chalk_on_a_board(self, right: Callable[..., float]) -> None:
        board = lamp(300, 400, darkest=190, angle=2) / 4

        def photo(digit: Tensor, place: int) -> Image.Image:
            return as_photo(on_paper(digit, board, ink=4, side=200, at=(50, 100)))

        assert right(photo) >= 0.95

    def test_empty_paper_beside_a_lamp_is_empty(self, prepare: Callable[..., Tensor]) -> None:
        with pytest.raises(InvalidInput, match=r"^drawing: There is nothing on the paper"):
            prepare(as_photo(lamp(300, 400, darkest=150, angle=0.7)))
