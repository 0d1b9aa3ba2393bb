"""The labs compute what they show: every number can be followed by hand."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
import torch
from PIL import Image

from demo_app import Demo, InvalidInput

KERNELS = ["vertical edges", "blur", "sharpen", "as it is"]


@pytest.fixture
def ramp() -> Image.Image:
    """20 x 16 pixels that get lighter to the right by 10 of 255."""
    row = (np.arange(20) * 10).astype(np.uint8)
    return Image.fromarray(np.tile(row, (16, 1))).convert("RGB")


class TestConvolution:
    @pytest.fixture
    def convolve(self, demo: Demo, ramp: Image.Image) -> Callable[..., Any]:
        return lambda **given: (
            demo.call("lab", kind="convolution", **{"image": ramp, **given}).convolution
        )

    @pytest.mark.parametrize("kernel", KERNELS)
    @pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
    def test_the_value_is_the_sum_of_the_products(
        self, convolve: Callable[..., Any], kernel: str, stride: int, padding: int
    ) -> None:
        found = convolve(kernel=kernel, stride=stride, padding=padding, row=2, column=3)

        products = np.array(found.window) * np.array(found.kernel)
        assert np.array(found.products) == pytest.approx(products, abs=1e-6)
        assert found.value == pytest.approx(products.sum(), abs=1e-5)

    def test_an_edge_kernel_measures_the_slope(self, convolve: Callable[..., Any]) -> None:
        # Two columns apart it is 20 of 255 lighter, and the weights of a column sum to 4.
        found = convolve(kernel="vertical edges", row=5, column=5)

        assert found.value == pytest.approx(4 * 20 / 255, abs=1e-5)

    def test_the_window_holds_the_zeros_of_the_padding(self, convolve: Callable[..., Any]) -> None:
        window = convolve(padding=1, row=0, column=0).window

        assert window[0] == [0, 0, 0]
        assert [row[0] for row in window] == [0, 0, 0]

    @pytest.mark.parametrize(
        ("stride", "padding", "size", "formula"),
        [
            (1, 0, (18, 14), "⌊(20 + 2·0 − 3) / 1⌋ + 1 = 18"),
            (1, 1, (20, 16), "⌊(20 + 2·1 − 3) / 1⌋ + 1 = 20"),
            (2, 1, (10, 8), "⌊(20 + 2·1 − 3) / 2⌋ + 1 = 10"),
            (3, 0, (6, 5), "⌊(20 + 2·0 − 3) / 3⌋ + 1 = 6"),
        ],
    )
    def test_the_formula_gives_the_size_that_came_out(
        self,
        convolve: Callable[..., Any],
        stride: int,
        padding: int,
        size: tuple[int, int],
        formula: str,
    ) -> None:
        found = convolve(stride=stride, padding=padding)

        assert found.output.size == size
        assert f"width: {formula}" in found.formula

    def test_the_kernel_that_changes_nothing_changes_nothing(
        self, convolve: Callable[..., Any]
    ) -> None:
        found = convolve(kernel="as it is", padding=1)

        assert np.array_equal(np.asarray(found.output), np.asarray(found.input))

    def test_own_numbers_are_taken(self, convolve: Callable[..., Any]) -> None:
        assert convolve(numbers=[float(n) for n in range(9)]).kernel == [
            [0, 1, 2],
            [3, 4, 5],
            [6, 7, 8],
        ]

    def test_a_place_beyond_the_last_is_the_last(self, convolve: Callable[..., Any]) -> None:
        found = convolve(row=500, column=500)

        assert (found.row, found.column) == (13, 17)

    def test_without_a_photo_there_is_a_drawn_one(self, demo: Demo) -> None:
        found = demo.call("lab", kind="convolution").convolution

        assert found.input.size == (192, 144)
        assert np.asarray(found.output).std() > 10

    def test_the_same_kernel_runs_in_one_two_and_three_dimensions(
        self, convolve: Callable[..., Any]
    ) -> None:
        shapes = {d.name: (d.weight, d.output) for d in convolve(stride=2, padding=1).dimensions}

        assert shapes == {
            "Conv1d": ([1, 1, 3], [1, 1, 10]),
            "Conv2d": ([1, 1, 3, 3], [1, 1, 8, 10]),
            "Conv3d": ([1, 1, 3, 3, 3], [1, 1, 2, 8, 10]),
        }


class TestRefused:
    @pytest.mark.parametrize("numbers", [[], [1.0] * 8])
    def test_a_kernel_has_nine_numbers(self, demo: Demo, numbers: list[float]) -> None:
        with pytest.raises(InvalidInput, match="numbers: a kernel of 3 x 3 has nine"):
            demo.call("lab", kind="convolution", numbers=numbers)

    def test_and_no_more(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match="numbers: List should have at most 9 items, not 10"):
            demo.call("lab", kind="convolution", numbers=[1.0] * 10)

    def test_a_table_has_sixteen(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match="table: 4 x 4 are 16 numbers"):
            demo.call("lab", kind="max_pool", table=[1.0] * 15)

    @pytest.mark.parametrize("kind", ["convolution", "relu"])
    def test_a_picture_smaller_than_the_kernel(self, demo: Demo, kind: str) -> None:
        with pytest.raises(InvalidInput, match="image: with its padding it is smaller"):
            demo.call("lab", kind=kind, image=Image.new("RGB", (2, 9)))

    def test_a_picture_too_small_to_pool(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match="image: it needs 2 x 2 pixels"):
            demo.call("lab", kind="max_pool", image=Image.new("RGB", (1, 9)))


class TestReLU:
    def test_negative_numbers_become_zero_and_others_stay(self, demo: Demo) -> None:
        found = demo.call("lab", kind="relu", row=40, column=60).relu

        before, after = np.array(found.before), np.array(found.after)
        assert before.shape == (4, 4)
        assert np.array_equal(after, np.maximum(before, 0))

    def test_the_share_of_negative_numbers_is_counted(self, demo: Demo, ramp: Image.Image) -> None:
        lighter = demo.call("lab", kind="relu", image=ramp).relu
        darker = demo.call("lab", kind="relu", image=ramp.transpose(Image.Transpose.ROTATE_180))

        assert lighter.negative == 0
        assert darker.relu.negative == 1


class TestMaxPool:
    def test_the_largest_of_each_window_is_kept_with_its_place(self, demo: Demo) -> None:
        table = [1, 3, 2, 1, 4, 6, 5, 0, 7, 2, 9, 8, 0, 1, 3, 4]

        found = demo.call("lab", kind="max_pool", table=[float(n) for n in table]).max_pool

        assert found.pooled == [[6, 5], [7, 9]]
        assert [tuple(place) for place in found.winners] == [(1, 1), (1, 2), (2, 0), (2, 2)]

    def test_a_picture_is_halved(self, demo: Demo, ramp: Image.Image) -> None:
        found = demo.call("lab", kind="max_pool", image=ramp).max_pool

        assert found.output.size == (10, 8)
        pixels = np.asarray(found.input).reshape(8, 2, 10, 2).max(axis=(1, 3))
        assert np.array_equal(np.asarray(found.output), pixels)


def test_the_names_of_kernels_are_those_of_the_action(
    demo: Demo, module: Callable[[str], ModuleType]
) -> None:
    assert list(module("experiments.lab_kernels").KERNELS) == list(
        get_args(module("lab_actions").KernelName)
    )


def test_a_kernel_that_sums_to_one_keeps_the_light(module: Callable[[str], ModuleType]) -> None:
    for name in ("blur", "soft blur", "sharpen", "as it is"):
        assert torch.tensor(
            module("experiments.lab_kernels").KERNELS[name].numbers
        ).sum().item() == (pytest.approx(1))
