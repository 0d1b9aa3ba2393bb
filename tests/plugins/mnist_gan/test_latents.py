"""Latents: each sample has its own, whatever else is drawn; and the ways between two of them."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor


@pytest.fixture(scope="session")
def latents(module: Callable[[str], ModuleType]) -> Any:
    return module("latents")


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class TestDraw:
    def test_gives_a_latent_and_a_digit_for_every_number(self, latents: Any) -> None:
        drawn, digits = latents.draw(3, range(7))

        assert (drawn.shape, drawn.dtype) == ((7, 64), torch.float32)
        assert (digits.shape, digits.dtype) == ((7,), torch.int64)

    @pytest.mark.parametrize("truncation", [None, 0.7])
    def test_does_not_depend_on_what_else_is_drawn(
        self, latents: Any, truncation: float | None
    ) -> None:
        hundred, digits = latents.draw(3, range(100), truncation=truncation)

        for numbers in ([0], [99], [42, 7], range(20, 40)):
            some, of_some = latents.draw(3, numbers, truncation=truncation)
            assert some.equal(hundred[list(numbers)])
            assert of_some.equal(digits[list(numbers)])

    def test_of_nothing_is_nothing(self, latents: Any) -> None:
        drawn, digits = latents.draw(0, [])

        assert (drawn.shape, digits.shape) == ((0, 64), (0,))

    def test_differs_from_number_to_number_and_from_seed_to_seed(self, latents: Any) -> None:
        seeds = [0, 1, 2, 10, 11, 2**31, 2**32, 2**32 + 1, 2**33, 2**53 - 1, 2**64, 10**30, -1]

        drawn = torch.cat([latents.draw(seed, range(12))[0] for seed in seeds])

        distances = torch.pdist(drawn)
        # Independent draws are about sqrt(2 * 64) apart.
        assert distances.min() > 6
        assert distances.mean() == pytest.approx(math.sqrt(128), rel=0.03)

    def test_keeps_seed_and_number_apart(self, latents: Any) -> None:
        one, _ = latents.draw(1, [23])
        other, _ = latents.draw(12, [3])

        assert (one - other).norm() > 6

    def test_is_standard_normal(self, latents: Any) -> None:
        drawn, _ = latents.draw(5, range(2000))
        values = drawn.flatten().double().sort().values

        expected = torch.special.ndtri((torch.arange(len(values)) + 0.5).double() / len(values))
        assert values.mean().abs() < 0.01
        assert values.std().item() == pytest.approx(1, abs=0.01)
        middle = slice(len(values) // 1000, -len(values) // 1000)
        assert (values - expected)[middle].abs().max() < 0.1
        assert values[-1] > 4

    def test_has_members_that_know_nothing_of_each_other(self, latents: Any) -> None:
        drawn, _ = latents.draw(5, range(2000))

        correlations = torch.corrcoef(drawn.T) - torch.eye(64)

        assert correlations.abs().max() < 0.11

    def test_takes_every_digit_equally_often(self, latents: Any) -> None:
        _, digits = latents.draw(5, range(3000))

        counts = digits.bincount(minlength=10)
        assert len(counts) == 10
        assert counts.min() > 230
        assert counts.max() < 370

    @pytest.mark.parametrize("truncation", [0.01, 0.5, 1, 2, 5])
    def test_keeps_within_the_truncation_and_comes_near_it(
        self, latents: Any, truncation: float
    ) -> None:
        drawn, _ = latents.draw(1, range(500), truncation=truncation)

        assert drawn.abs().max() <= truncation * (1 + 1e-6)
        assert drawn.abs().max() > 0.7 * truncation

    def test_with_truncation_0_is_the_zero_latent(self, latents: Any) -> None:
        drawn, _ = latents.draw(1, range(5), truncation=0)

        assert drawn.equal(torch.zeros(5, 64))

    def test_asks_for_the_same_digits_at_every_truncation(self, latents: Any) -> None:
        _, free = latents.draw(1, range(50))
        _, truncated = latents.draw(1, range(50), truncation=0.3)

        assert free.equal(truncated)

    def test_changes_smoothly_with_the_truncation(self, latents: Any) -> None:
        steps = torch.linspace(0, 5, 501, dtype=torch.float64).tolist()

        way = torch.stack([latents.draw(1, range(8), truncation=t)[0] for t in steps])

        assert (way[1:].abs() >= way[:-1].abs() - 1e-6).all()
        assert (way[1:] - way[:-1]).abs().max() < 0.02
        # Beyond 5 there is almost nothing to cut off.
        torch.testing.assert_close(way[-1], latents.draw(1, range(8))[0], atol=2e-3, rtol=0)

    def test_when_truncated_has_the_distribution_of_drawing_again(self, latents: Any) -> None:
        drawn, _ = latents.draw(2, range(2000), truncation=1)
        again = randn(400_000)
        again = again[again.abs() <= 1]

        shares = torch.linspace(0.01, 0.99, 99)
        one, other = drawn.flatten()[: len(again)].quantile(shares), again.quantile(shares)
        assert (one - other).abs().max() < 0.02

    def test_leaves_global_random_state_alone(self, latents: Any) -> None:
        before = torch.get_rng_state()

        latents.draw(1, range(3))
        latents.orthonormal(1, 2)

        assert torch.get_rng_state().equal(before)

    def test_does_not_heed_global_random_state(self, latents: Any) -> None:
        one, _ = latents.draw(1, [0])
        torch.rand(3)
        other, _ = latents.draw(1, [0])

        assert one.equal(other)


class TestOrthonormal:
    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_directions_are_of_length_1_and_at_right_angles(self, latents: Any, count: int) -> None:
        directions = latents.orthonormal(3, count)

        assert directions.shape == (count, 64)
        torch.testing.assert_close(directions @ directions.T, torch.eye(count))

    def test_differ_from_seed_to_seed(self, latents: Any) -> None:
        one, other = latents.orthonormal(3, 2), latents.orthonormal(4, 2)

        assert (one @ other.T).abs().max() < 0.7
        assert one.equal(latents.orthonormal(3, 2))

    def test_have_nothing_to_do_with_the_samples(self, latents: Any) -> None:
        samples, _ = latents.draw(3, range(10))

        shares = (samples @ latents.orthonormal(3, 2).T).abs() / samples.norm(dim=1)[:, None]
        assert shares.max() < 0.6


class TestSpherical:
    SHARES = torch.linspace(0, 1, 21)

    def test_begins_and_ends_where_it_should(self, latents: Any) -> None:
        start, end = randn(2, 64)

        way = latents.spherical(start, end, self.SHARES)

        assert way.shape == (21, 64)
        torch.testing.assert_close(way[0], start)
        torch.testing.assert_close(way[-1], end)

    def test_lengths_go_straight_from_one_to_the_other(self, latents: Any) -> None:
        start, end = randn(2, 64)
        end = 3 * end

        lengths = latents.spherical(start, end, self.SHARES).norm(dim=1)

        torch.testing.assert_close(lengths, torch.lerp(start.norm(), end.norm(), self.SHARES))

    def test_turns_at_an_even_speed(self, latents: Any) -> None:
        start, end = randn(2, 64)

        way = latents.spherical(start, end, self.SHARES)

        unit = way / way.norm(dim=1, keepdim=True)
        angles = (unit[1:] * unit[:-1]).sum(1).clamp(-1, 1).acos()
        assert angles.max() - angles.min() < 2e-3

    def test_stays_farther_from_0_than_a_straight_line(self, latents: Any) -> None:
        start, end = randn(2, 64)

        way = latents.spherical(start, end, self.SHARES)

        straight = torch.lerp(start, end, self.SHARES[:, None])
        assert way[10].norm() > 1.2 * straight[10].norm()

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            pytest.param(torch.zeros(64), randn(64), id="from zero"),
            pytest.param(randn(64), torch.zeros(64), id="to zero"),
            pytest.param(torch.zeros(64), torch.zeros(64), id="nowhere"),
            pytest.param(randn(64), 2 * randn(64), id="parallel"),
            pytest.param(randn(64), randn(64), id="the same"),
            pytest.param(randn(64), -randn(64), id="opposite"),
        ],
    )
    def test_is_straight_where_there_is_nothing_to_turn(
        self, latents: Any, start: Tensor, end: Tensor
    ) -> None:
        way = latents.spherical(start, end, self.SHARES)

        assert way.isfinite().all()
        torch.testing.assert_close(way, torch.lerp(start, end, self.SHARES[:, None]))

    def test_between_nearly_opposite_latents_is_finite(self, latents: Any) -> None:
        start = randn(64)

        way = latents.spherical(start, -start + 1e-2 * randn(64, seed=1), self.SHARES)

        assert way.isfinite().all()
        assert way.norm(dim=1).max() < 2 * start.norm()
