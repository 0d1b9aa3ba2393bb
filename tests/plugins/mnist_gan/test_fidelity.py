"""Precision, recall, diversity and nearest neighbours of sets that are known to be good or bad."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor


@pytest.fixture(scope="session")
def fidelity(module: Callable[[str], ModuleType]) -> Any:
    return module("fidelity")


def normal(*shape: int, seed: int = 0) -> Tensor:
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draws, dtype=torch.float64)


class TestPrecisionAndRecall:
    def test_of_a_set_and_itself_are_1(self, fidelity: Any) -> None:
        features = normal(100, 8)

        assert fidelity.precision_and_recall(features, features) == (1, 1)

    def test_of_two_sets_far_apart_are_0(self, fidelity: Any) -> None:
        assert fidelity.precision_and_recall(normal(100, 8) + 100, normal(100, 8, seed=1)) == (0, 0)

    def test_of_two_sets_of_one_distribution_are_high(self, fidelity: Any) -> None:
        precision, recall = fidelity.precision_and_recall(normal(300, 4), normal(300, 4, seed=1))

        assert precision > 0.8
        assert recall > 0.8

    def test_of_a_collapsed_set_are_high_and_low(self, fidelity: Any) -> None:
        real = normal(300, 4)
        collapsed = 0.05 * normal(300, 4, seed=1)

        precision, recall = fidelity.precision_and_recall(collapsed, real)

        assert precision > 0.95
        assert recall < 0.05

    def test_of_a_set_that_also_makes_what_is_not_real_are_low_and_high(
        self, fidelity: Any
    ) -> None:
        real = normal(300, 4)
        strewn = torch.cat([normal(300, 4, seed=1), 50 + normal(300, 4, seed=2)])

        precision, recall = fidelity.precision_and_recall(strewn, real)

        assert precision == pytest.approx(0.45, abs=0.07)
        assert recall > 0.8

    def test_reach_to_the_third_nearest_neighbour(self, fidelity: Any) -> None:
        real = torch.tensor([[0.0], [1.0], [3.0], [6.0]])
        # The third nearest neighbour of the one at 6 is the one at 0.
        inside, outside = (torch.full((4, 1), place) for place in (11.9, 12.1))

        assert fidelity.precision_and_recall(inside, real)[0] == 1
        assert fidelity.precision_and_recall(outside, real)[0] == 0


class TestDiversity:
    def test_is_the_mean_distance_between_two_members(self, fidelity: Any) -> None:
        features = normal(20, 5)

        pairs = [(features[i] - features[j]).norm().item() for i in range(20) for j in range(i)]
        assert fidelity.diversity(features) == pytest.approx(sum(pairs) / len(pairs), rel=1e-5)

    def test_of_a_set_of_copies_is_0(self, fidelity: Any) -> None:
        assert fidelity.diversity(normal(1, 5).expand(20, 5)) == pytest.approx(0, abs=1e-4)

    def test_grows_with_the_spread(self, fidelity: Any) -> None:
        features = normal(50, 5)

        assert fidelity.diversity(2 * features) == pytest.approx(
            2 * fidelity.diversity(features), rel=1e-5
        )


class TestBootstrapDeviation:
    def test_is_positive_and_the_same_every_time(self, fidelity: Any) -> None:
        one, other = normal(60, 3), normal(60, 3, seed=1)

        deviation = fidelity.bootstrap_deviation(one, other)

        assert deviation > 0
        assert fidelity.bootstrap_deviation(one, other) == deviation

    def test_is_the_smaller_the_more_there_are(self, fidelity: Any) -> None:
        few = fidelity.bootstrap_deviation(normal(50, 3), 1 + normal(50, 3, seed=1))
        many = fidelity.bootstrap_deviation(normal(2000, 3), 1 + normal(2000, 3, seed=1))

        # Forty times as many draws are about a sixth of the deviation.
        assert many < 0.35 * few

    def test_is_near_that_of_really_drawing_anew(
        self, fidelity: Any, module: Callable[[str], ModuleType]
    ) -> None:
        distance = module("frechet").frechet_distance
        anew = torch.tensor(
            [
                distance(normal(300, 3, seed=2 * n), 1 + normal(300, 3, seed=2 * n + 1))
                for n in range(150)
            ]
        )

        deviation = fidelity.bootstrap_deviation(normal(300, 3), 1 + normal(300, 3, seed=1))

        assert deviation == pytest.approx(anew.std().item(), rel=0.35)

    def test_leaves_global_random_state_alone(self, fidelity: Any) -> None:
        before = torch.get_rng_state()

        fidelity.bootstrap_deviation(normal(20, 2), normal(20, 2, seed=1))

        assert torch.get_rng_state().equal(before)

    def test_tells_how_far_it_is(self, fidelity: Any) -> None:
        lines: list[str] = []

        fidelity.bootstrap_deviation(normal(20, 2), normal(20, 2, seed=1), lines.append)

        assert lines[0] == "resampling 0/100 …"
        assert len(lines) == 4


class TestNearestDistances:
    @pytest.fixture
    def pictures(self) -> Tensor:
        draws = torch.Generator().manual_seed(1)
        return torch.randint(0, 256, (70, 28, 28), generator=draws, dtype=torch.uint8)

    @pytest.mark.parametrize("batch", [1, 4, 1000])
    def test_are_those_of_looking_at_every_pair(
        self, fidelity: Any, pictures: Tensor, batch: int
    ) -> None:
        ink = normal(30, 28, 28).float().sigmoid()

        distances = fidelity.nearest_distances(ink, pictures, batch)

        known = pictures.double() / 255
        pairs = (ink.double()[:, None] - known).square().mean((2, 3)).sqrt()
        torch.testing.assert_close(distances.double(), pairs.min(1).values, atol=1e-5, rtol=0)

    def test_of_pictures_that_are_among_them_are_0(self, fidelity: Any, pictures: Tensor) -> None:
        distances = fidelity.nearest_distances(pictures[10:20].float() / 255, pictures)

        # A root of what rounding leaves.
        assert distances.max() < 2e-3

    def test_are_those_that_the_action_finds(
        self, fidelity: Any, module: Callable[[str], ModuleType], pictures: Tensor
    ) -> None:
        ink = normal(5, 28, 28).float().sigmoid()

        distances = fidelity.nearest_distances(ink, pictures)

        for one, distance in zip(ink, distances, strict=True):
            (found,), _ = module("neighbours").nearest_pictures(pictures, one, 1)
            assert found.item() == pytest.approx(distance.item(), abs=1e-5)
