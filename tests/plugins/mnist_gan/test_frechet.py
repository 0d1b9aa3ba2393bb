"""The Fréchet distance against what is known of it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor


@pytest.fixture(scope="session")
def frechet(module: Callable[[str], ModuleType]) -> Any:
    return module("frechet")


def normal(*shape: int, seed: int = 0) -> Tensor:
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draws, dtype=torch.float64)


def test_a_set_is_at_no_distance_from_itself(frechet: Any) -> None:
    features = normal(200, 12) @ normal(12, 12, seed=1)

    assert frechet.frechet_distance(features, features) == pytest.approx(0, abs=1e-9)


def test_the_order_of_a_set_does_not_matter(frechet: Any) -> None:
    features, other = normal(200, 12), normal(150, 12, seed=1)

    assert frechet.frechet_distance(features.flip(0), other) == pytest.approx(
        frechet.frechet_distance(features, other), rel=1e-9
    )


def test_a_shifted_set_is_as_far_as_the_square_of_the_shift(frechet: Any) -> None:
    features = normal(200, 12)
    shift = normal(12, seed=1)

    distance = frechet.frechet_distance(features, features + shift)

    assert distance == pytest.approx(shift.square().sum().item())


def test_a_wider_set_is_as_far_as_its_deviations_differ(frechet: Any) -> None:
    features = normal(200, 12)

    distance = frechet.frechet_distance(features, 3 * features)

    # Tr(C + 9 C − 2 · 3 C) and the square of the means' difference.
    expected = 4 * torch.cov(features.T).trace() + (2 * features.mean(0)).square().sum()
    assert distance == pytest.approx(expected.item())


def test_it_is_the_closed_form_for_normal_distributions(frechet: Any) -> None:
    one = normal(300, 6) @ normal(6, 6, seed=1)
    other = normal(250, 6, seed=2) @ normal(6, 6, seed=3) + 0.5

    first, second = torch.cov(one.T), torch.cov(other.T)
    # The square root of C₁ C₂ by its own eigenvalues, which are real and not negative.
    values = torch.linalg.eigvals(first @ second)
    overlap = values.sqrt().real.sum()
    shift = (one.mean(0) - other.mean(0)).square().sum()
    expected = shift + first.trace() + second.trace() - 2 * overlap
    assert frechet.frechet_distance(one, other) == pytest.approx(expected.item(), rel=1e-8)


def test_it_is_the_same_both_ways(frechet: Any) -> None:
    one = normal(300, 6) @ normal(6, 6, seed=1)
    other = normal(250, 6, seed=2) + 0.5

    assert frechet.frechet_distance(one, other) == pytest.approx(
        frechet.frechet_distance(other, one), rel=1e-9
    )


def test_features_that_never_vary_do_no_harm(frechet: Any) -> None:
    one, other = normal(50, 6), normal(50, 6, seed=1)
    one[:, 2] = other[:, 2] = 0.0

    both = [0, 1, 3, 4, 5]
    assert frechet.frechet_distance(one, other) == pytest.approx(
        frechet.frechet_distance(one[:, both], other[:, both]), rel=1e-6
    )


def test_fewer_pictures_than_features_do_no_harm(frechet: Any) -> None:
    distance = frechet.frechet_distance(normal(10, 40), normal(10, 40, seed=1))

    assert 0 < distance < 100


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_the_judges_features_and_answers_do_not_depend_on_the_batch(
    frechet: Any, networks: Any, batch: int
) -> None:
    judge = networks["judge"]
    images = normal(7, 1, 28, 28).float().clamp(-1, 1)

    features, answers = frechet.judged(judge, images, batch)

    assert features.dtype == torch.float64
    torch.testing.assert_close(features, judge.features(images).double(), atol=1e-5, rtol=1e-5)
    assert answers.tolist() == judge(images).argmax(1).tolist()
