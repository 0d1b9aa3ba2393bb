"""What visitors bring becomes a picture like MNIST's, or a sentence that says why it cannot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from demo_app import Demo, Host, InvalidInput
from demo_app.images import open_image
from tests.plugins.mnist_gan.drawings import distance, drawn

EMPTY = "^drawing: There is nothing on the paper yet. Draw a digit"
NO_PAPER = "^drawing: That does not look like a digit on plain paper. Draw one"
PHOTOS = ("cat.jpg", "espresso.jpg", "rocket.jpg", "tripod.jpg")


def bounds(ink: Tensor) -> tuple[int, int, int, int]:
    """First and last row, first and last column with ink."""
    rows, columns = (ink > 0).any(1).nonzero(), (ink > 0).any(0).nonzero()
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def centre(ink: Tensor) -> tuple[float, float]:
    """The centre of mass: row and column."""
    places = torch.arange(28.0)
    return ((ink.sum(1) @ places) / ink.sum()).item(), ((ink.sum(0) @ places) / ink.sum()).item()


class TestEmpty:
    @pytest.mark.parametrize("size", [(280, 280), (28, 28), (1, 1), (2, 2), (4000, 3), (3, 4000)])
    @pytest.mark.parametrize("shade", ["white", "black", "gray", "teal"])
    def test_paper_of_any_shade_is_empty(
        self, prepare: Callable[..., Tensor], size: tuple[int, int], shade: str
    ) -> None:
        with pytest.raises(InvalidInput, match=EMPTY):
            prepare(Image.new("RGB", size, shade))

    @pytest.mark.parametrize("mode", ["RGBA", "LA"])
    def test_an_untouched_transparent_sheet_is_empty(self, demo: Demo, mode: str) -> None:
        with pytest.raises(InvalidInput, match=EMPTY.replace("drawing", "image")):
            demo.call("score", image=Image.new(mode, (300, 200)))

    def test_a_gradient_is_empty(self, prepare: Callable[..., Tensor]) -> None:
        with pytest.raises(InvalidInput, match=EMPTY):
            prepare(Image.linear_gradient("L").convert("RGB"))

    def test_ink_that_nobody_can_see_is_none(self, prepare: Callable[..., Tensor]) -> None:
        with pytest.raises(InvalidInput, match=EMPTY):
            prepare(drawn(3, ink=(250, 250, 250)))


class TestDrawn:
    @pytest.mark.parametrize("digit", range(10))
    @pytest.mark.parametrize("width", [1, 4, 12, 28])
    def test_a_digit_fills_20_pixels_around_the_middle(
        self, prepare: Callable[..., Tensor], digit: int, width: int
    ) -> None:
        ink = prepare(drawn(digit, width=width))

        top, bottom, left, right = bounds(ink)
        assert max(bottom - top, right - left) + 1 == 20
        # MNIST's own centres of mass are this near to 14; a seven's hits the edge first.
        row, column = centre(ink)
        assert row == pytest.approx(14, abs=0.51) or (row < 14 and bottom == 27)
        assert column == pytest.approx(14, abs=0.51)
        assert ink.max().item() == pytest.approx(255, abs=0.01)

    @pytest.mark.parametrize("width", [1, 4, 12, 28])
    def test_the_judge_reads_it(self, read: Callable[[Image.Image], int], width: int) -> None:
        seen = [read(drawn(digit, width=width)) for digit in range(10)]

        right = sum(one == digit for digit, one in enumerate(seen))
        assert right >= 9, seen

    @pytest.mark.parametrize("digit", [2, 5, 7])
    def test_light_on_dark_is_the_same_as_dark_on_light(
        self, prepare: Callable[..., Tensor], digit: int
    ) -> None:
        dark = prepare(drawn(digit))
        light = prepare(drawn(digit, ink="white", paper="black"))

        torch.testing.assert_close(light, dark, atol=0.01, rtol=0)

    @pytest.mark.parametrize(
        ("ink", "paper"), [("blue", "white"), ("navy", "yellow"), ("#dddddd", "white")]
    )
    def test_ink_and_paper_may_have_colours(
        self, prepare: Callable[..., Tensor], ink: str, paper: str
    ) -> None:
        assert distance(prepare(drawn(3, ink=ink, paper=paper)), prepare(drawn(3))) < 0.05

    @pytest.mark.parametrize("at", [(0.02, 0.02), (0.6, 0.1), (0.65, 0.65)])
    def test_where_on_the_paper_it_is_does_not_matter(
        self, prepare: Callable[..., Tensor], at: tuple[float, float]
    ) -> None:
        middle = prepare(drawn(4, 600, 14, size=0.3, at=(0.35, 0.35)))

        assert distance(prepare(drawn(4, 600, 14, size=0.3, at=at)), middle) < 0.08

    def test_size_does_not_matter_as_long_as_the_pen_grows_with_it(
        self, prepare: Callable[..., Tensor]
    ) -> None:
        usual = prepare(drawn(2, 280, 20))

        for side in (70, 140, 560, 4000):
            assert distance(prepare(drawn(2, side, side // 14)), usual) < 0.12

    def test_a_small_digit_on_a_very_large_sheet_is_found(
        self, prepare: Callable[..., Tensor], read: Callable[[Image.Image], int]
    ) -> None:
        sheet = drawn(7, 4000, 12, size=0.1, at=(0.8, 0.05))

        top, bottom, _, _ = bounds(prepare(sheet))
        assert bottom - top + 1 == 20
        assert read(sheet) == 7

    def test_a_line_of_one_pixel_on_a_very_large_sheet_is_found(
        self, read: Callable[[Image.Image], int]
    ) -> None:
        assert read(drawn(7, 4000, 1)) == 7
        assert read(drawn(7, 4000, 1, size=0.25)) == 7

    def test_a_stroke_on_transparent_paper_is_read(self, demo: Demo) -> None:
        sketch = drawn(7, mode="RGBA", ink=(0, 0, 0, 255), paper=(0, 0, 0, 0))

        assert demo.call("score", image=sketch).opinion.digit == 7

    def test_a_tiny_digit_is_enlarged(
        self, prepare: Callable[..., Tensor], read: Callable[[Image.Image], int]
    ) -> None:
        tiny = drawn(7, 14, 2)

        top, bottom, _, _ = bounds(prepare(tiny))
        assert bottom - top + 1 == 20
        assert read(tiny) == 7

    @pytest.mark.parametrize("side", [3, 28, 200, 1000])
    def test_a_dot_is_a_dot(self, prepare: Callable[..., Tensor], side: int) -> None:
        paper = Image.new("RGB", (side, side), "white")
        paper.putpixel((side // 3, side // 2), (0, 0, 0))

        ink = prepare(paper)

        assert ink.isfinite().all()
        top, bottom, left, right = bounds(ink)
        assert (bottom - top + 1, right - left + 1) == (20, 20)

    @pytest.mark.parametrize("size", [(300, 20), (20, 300), (3000, 30)])
    def test_a_lone_line_is_as_long_as_a_digit(
        self, prepare: Callable[..., Tensor], size: tuple[int, int]
    ) -> None:
        paper = Image.new("RGB", size, "white")
        middle = [(side // 2, side // 2) for side in size]
        longer = size.index(max(size))
        middle[longer] = (size[longer] // 10, size[longer] * 9 // 10)
        ImageDraw.Draw(paper).line(list(zip(*middle, strict=True)), fill="black", width=3)

        top, bottom, left, right = bounds(prepare(paper))

        assert sorted([bottom - top + 1, right - left + 1]) == [1, 20]

    def test_a_stroke_may_run_off_the_paper(self, read: Callable[[Image.Image], int]) -> None:
        assert read(drawn(7, size=1, at=(0, 0))) == 7


class TestRefused:
    @pytest.mark.parametrize("name", PHOTOS)
    @pytest.mark.parametrize(
        ("action", "parameter"), [("invert", "drawing"), ("score", "image"), ("nearest", "image")]
    )
    def test_a_photo_of_something_else(
        self, demo: Demo, host: Host, name: str, action: str, parameter: str
    ) -> None:
        classifier = host["image_classifier"].module.__file__
        assert classifier is not None
        photo = open_image(Path(classifier).parent / "examples" / name)

        with pytest.raises(InvalidInput, match=NO_PAPER.replace("drawing", parameter)):
            demo.call(action, **{parameter: photo})

    @pytest.mark.parametrize("shape", [(300, 300, 3), (28, 28, 3), (300, 300)])
    def test_noise(self, prepare: Callable[..., Tensor], shape: tuple[int, ...]) -> None:
        noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

        with pytest.raises(InvalidInput, match=NO_PAPER):
            prepare(Image.fromarray(noise).convert("RGB"))

    @pytest.mark.parametrize("size", [28, 280])
    def test_a_sheet_of_two_halves(self, prepare: Callable[..., Tensor], size: int) -> None:
        halves = Image.new("RGB", (size, size), "white")
        halves.paste("black", (0, 0, size // 2, size))

        with pytest.raises(InvalidInput, match=NO_PAPER):
            prepare(halves)

    def test_a_sheet_that_is_mostly_ink(self, prepare: Callable[..., Tensor]) -> None:
        sheet = Image.new("RGB", (300, 300), "white")
        sheet.paste("black", (10, 10, 290, 290))

        with pytest.raises(InvalidInput, match=NO_PAPER):
            prepare(sheet)

    def test_ink_both_lighter_and_darker_than_the_paper(
        self, prepare: Callable[..., Tensor]
    ) -> None:
        sheet = drawn(1, paper="gray", at=(0.0, 0.15))
        sheet.paste("white", (200, 60, 225, 250))

        with pytest.raises(InvalidInput, match=NO_PAPER):
            prepare(sheet)

    def test_many_colours(self, prepare: Callable[..., Tensor]) -> None:
        sheet = Image.new("RGB", (300, 300), "white")
        for place, colour in enumerate(("red", "lime", "blue")):
            sheet.paste(colour, (60 * (place + 1), 60, 60 * (place + 1) + 40, 240))

        with pytest.raises(InvalidInput, match=NO_PAPER):
            prepare(sheet)
