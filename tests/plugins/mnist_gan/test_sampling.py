"""Samples are the same however they are asked for, and show what was asked for."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from demo_app import Context, Demo
from tests.plugins.mnist_gan.drawings import farthest, pixels, to_model


class TestSample:
    @pytest.mark.parametrize("truncation", [None, 0.8])
    def test_is_the_same_whether_one_or_a_hundred_are_drawn(
        self, demo: Demo, truncation: float | None
    ) -> None:
        arguments = {"digit": 5, "seed": 9, "truncation": truncation}
        hundred = demo.call("sample", count=100, **arguments).samples

        for count in (1, 2, 33):
            few = demo.call("sample", count=count, **arguments).samples
            assert [sample.number for sample in few] == list(range(count))
            for one, other in zip(few, hundred, strict=False):
                assert farthest(one.image, other.image) <= 1

    def test_of_any_digit_is_the_same_too(self, demo: Demo) -> None:
        few = demo.call("sample", count=7, seed=4).samples
        hundred = demo.call("sample", count=100, seed=4).samples

        assert [s.digit for s in few] == [s.digit for s in hundred[:7]]
        assert max(farthest(a.image, b.image) for a, b in zip(few, hundred, strict=False)) <= 1

    def test_is_a_grey_picture_of_28_by_28(self, demo: Demo) -> None:
        (sample,) = demo.call("sample", count=1, seed=0).samples

        assert (sample.image.mode, sample.image.size) == ("L", (28, 28))

    @pytest.mark.parametrize("seed", [0, 7, 2**32, 2**53 - 1])
    def test_has_the_same_pixels_for_the_same_seed(self, demo: Demo, seed: int) -> None:
        one, other = (demo.call("sample", count=5, seed=seed, scored=True) for _ in range(2))

        assert one == other

    def test_has_other_pixels_for_another_seed(self, demo: Demo) -> None:
        seeds = [0, 1, 2**32, 2**32 + 1, 2**53 - 1]
        pictures = [
            demo.call("sample", digit=2, count=1, seed=seed).samples[0].image for seed in seeds
        ]

        for place, one in enumerate(pictures):
            assert all(farthest(one, other) > 50 for other in pictures[:place])

    def test_without_a_seed_is_another_every_time(self, demo: Demo) -> None:
        one, other = (demo.call("sample", digit=2, count=1).samples[0] for _ in range(2))

        assert farthest(one.image, other.image) > 50

    def test_does_not_heed_or_change_global_random_state(self, demo: Demo) -> None:
        torch.random.default_generator.manual_seed(1)
        before = torch.get_rng_state()
        one = demo.call("sample", count=3, seed=5)
        assert torch.get_rng_state().equal(before)
        torch.rand(10)

        assert demo.call("sample", count=3, seed=5) == one

    @pytest.mark.parametrize("digit", range(10))
    def test_shows_the_digit_that_was_asked_for(self, demo: Demo, digit: int) -> None:
        drawn = demo.call("sample", digit=digit, count=100, seed=digit, scored=True)

        seen = [sample.opinion.digit == digit for sample in drawn.samples]
        assert {sample.digit for sample in drawn.samples} == {digit}
        assert drawn.agreement == np.mean(seen)
        assert drawn.agreement >= 0.93

    def test_of_any_digit_shows_the_one_that_it_names(self, demo: Demo) -> None:
        drawn = demo.call("sample", count=100, seed=1, scored=True)

        assert {sample.digit for sample in drawn.samples} == set(range(10))
        assert drawn.agreement >= 0.97

    def test_has_no_opinion_unless_asked_for(self, demo: Demo) -> None:
        drawn = demo.call("sample", count=3, seed=1)

        assert drawn.agreement is None
        assert [sample.opinion for sample in drawn.samples] == [None] * 3

    def test_is_the_same_scored_or_not(self, demo: Demo) -> None:
        plain = demo.call("sample", count=3, seed=1).samples
        scored = demo.call("sample", count=3, seed=1, scored=True).samples

        assert max(farthest(a.image, b.image) for a, b in zip(plain, scored, strict=True)) == 0

    def test_with_truncation_0_is_the_middle_of_its_digit(self, demo: Demo) -> None:
        drawn = demo.call("sample", digit=3, count=4, truncation=0, seed=1).samples

        assert len({sample.image.tobytes() for sample in drawn}) == 1

    def test_differs_the_less_from_others_the_smaller_the_truncation(self, demo: Demo) -> None:
        def spread(truncation: float | None) -> float:
            drawn = demo.call("sample", digit=3, count=50, truncation=truncation, seed=1)
            return float(np.std([pixels(s.image) for s in drawn.samples], axis=0).mean())

        spreads = [spread(truncation) for truncation in (0.1, 0.3, 0.6, 1.0, 2.0, None)]
        assert spreads == sorted(spreads)
        assert spreads[0] < 0.3 * spreads[-1]

    def test_in_hundreds_shows_many_hands(self, demo: Demo) -> None:
        drawn = demo.call("sample", digit=4, count=100, seed=3).samples

        assert len({sample.image.tobytes() for sample in drawn}) == 100


def squares_of(image: Any) -> Any:
    """Rows, columns, 28, 28."""
    numbers = pixels(image)
    rows, columns = (side // 28 for side in numbers.shape)
    return numbers.reshape(rows, 28, columns, 28).swapaxes(1, 2)


class TestOfPlainFunctions:
    def test_the_networks_are_asked_with_the_samples_latents(
        self, small: Callable[..., Context], networks: Any, module: Callable[[str], ModuleType]
    ) -> None:
        drawn = module("actions").sample(small(seed=3), digit=6, count=4)

        latents, _ = module("latents").draw(3, range(4))
        images = networks["generator"](latents, torch.full((4,), 6))
        for sample, image in zip(drawn.samples, images, strict=True):
            difference = (to_model(sample.image)[0] - image).abs().max()
            assert difference <= 1 / 127.5

    def test_the_agreement_is_the_share_of_right_answers(
        self, small: Callable[..., Context], module: Callable[[str], ModuleType]
    ) -> None:
        drawn = module("actions").sample(small(seed=3), count=50, scored=True)

        right = sum(sample.opinion.digit == sample.digit for sample in drawn.samples)
        assert 0 < right < 50
        assert drawn.agreement == right / 50

    def test_a_plane_goes_through_the_latents_of_the_seeds_first_sample(
        self, small: Callable[..., Context], networks: Any, module: Callable[[str], ModuleType]
    ) -> None:
        latents = module("latents")
        right, down = latents.orthonormal(3, 2)
        (first,), _ = latents.draw(3, [0])
        x, y = first @ right, first @ down

        grid = module("actions").grid(small(seed=3), digit=6, side=3)

        # The middle of the grid is at 0 along both directions, its edges are at this quantile.
        edge = torch.special.ndtri(torch.tensor(0.98))
        middle = first - x * right - y * down
        expected = networks["generator"](
            torch.stack([middle, middle + edge * right, middle - edge * down]),
            torch.tensor([6] * 3),
        )
        squares = squares_of(grid.image) / 127.5 - 1
        shown = torch.from_numpy(np.stack([squares[1, 1], squares[1, 2], squares[0, 1]]))
        assert (shown - expected[:, 0]).abs().max() <= 1.01 / 127.5


class TestGrid:
    def test_has_a_column_for_every_digit_and_a_row_for_every_hand(self, demo: Demo) -> None:
        grid = demo.call("grid", side=4, seed=6)

        assert (grid.rows, grid.columns, grid.image.size) == (4, 10, (280, 112))
        assert grid.digits == (tuple(range(10)),) * 4
        squares = squares_of(grid.image)
        for digit in (0, 7):
            samples = demo.call("sample", digit=digit, count=4, seed=6).samples
            for row, sample in enumerate(samples):
                assert np.abs(squares[row, digit] - pixels(sample.image)).max() <= 1

    def test_of_one_digit_is_a_square_of_it(self, demo: Demo) -> None:
        grid = demo.call("grid", digit=8, side=6, seed=6)

        assert (grid.rows, grid.columns, grid.image.size) == (6, 6, (168, 168))
        assert grid.digits == ((8,) * 6,) * 6
        assert "from -2.1 to 2.1 standard deviations" in grid.explanation

    def test_of_one_digit_changes_step_by_step_in_both_directions(self, demo: Demo) -> None:
        squares = squares_of(demo.call("grid", digit=8, side=12, seed=6).image) / 255

        def apart(one: Any, other: Any) -> Any:
            return np.sqrt(np.square(one - other).mean((-1, -2))).mean()

        for along in (squares, squares.swapaxes(0, 1)):
            step, whole = apart(along[1:], along[:-1]), apart(along[-1:], along[:1])
            assert 0 < step < 0.5 * whole

    @pytest.mark.parametrize("digit", [None, 8])
    def test_is_the_same_for_the_same_seed_alone(self, demo: Demo, digit: int | None) -> None:
        one, same, other = (
            demo.call("grid", digit=digit, side=3, seed=seed).image for seed in (1, 1, 2)
        )

        assert farthest(one, same) == 0
        assert farthest(one, other) > 50

    def test_of_one_digit_keeps_within_the_truncation(self, demo: Demo) -> None:
        grid = demo.call("grid", digit=8, side=6, truncation=0.5, seed=6)

        assert "from -0.5 to 0.5 standard deviations" in grid.explanation

    def test_with_truncation_0_is_the_same_everywhere(self, demo: Demo) -> None:
        squares = squares_of(demo.call("grid", digit=8, side=3, truncation=0, seed=6).image)

        assert np.ptp(squares, axis=(0, 1)).max() <= 1

    @pytest.mark.parametrize("side", [2, 20])
    def test_may_be_as_small_or_as_large_as_it_says(self, demo: Demo, side: int) -> None:
        assert demo.call("grid", digit=1, side=side, seed=0).image.size == (28 * side,) * 2
        assert demo.call("grid", side=side, seed=0).image.size == (280, 28 * side)
