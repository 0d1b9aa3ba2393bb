"""What judge and discriminator think, and how that compares with real digits."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app import Context, Demo
from tests.plugins.mnist_gan.drawings import drawn, farthest

QUANTILES = [-5.0, -1.0, 0.0, 2.0, 10.0]


@pytest.fixture(scope="session")
def opinions(module: Callable[[str], ModuleType]) -> Any:
    return module("opinions")


@pytest.fixture(scope="session")
def images(networks: Any) -> Tensor:
    draws = torch.Generator().manual_seed(0)
    images: Tensor = networks["generator"](
        torch.randn(20, 64, generator=draws), torch.arange(20) % 10
    )
    return images


class TestOpinion:
    def test_names_what_the_judge_finds_likeliest(
        self, small: Callable[..., Context], networks: Any, opinions: Any, images: Tensor
    ) -> None:
        probabilities = networks["judge"](images).softmax(1)

        found = opinions.opinions(small(), images)
        for opinion, expected in zip(found, probabilities, strict=True):
            assert opinion.probabilities == pytest.approx(expected.tolist(), abs=1e-5)
            assert opinion.digit == max(range(10), key=opinion.probabilities.__getitem__)
            assert opinion.confidence == max(opinion.probabilities)

    def test_tells_how_real_it_looks_as_what_the_judge_sees(
        self, small: Callable[..., Context], networks: Any, opinions: Any, images: Tensor
    ) -> None:
        found = opinions.opinions(small(), images)

        seen = torch.tensor([opinion.digit for opinion in found])
        realness = networks["discriminator"](images, seen)
        assert [opinion.realness for opinion in found] == pytest.approx(
            realness.tolist(), rel=1e-4, abs=1e-4
        )

    def test_says_nothing_about_real_digits_before_they_were_measured(
        self, small: Callable[..., Context], opinions: Any, images: Tensor
    ) -> None:
        assert {o.more_real_than for o in opinions.opinions(small(), images)} == {None}

    def test_compares_with_real_digits_once_they_were_measured(
        self, small: Callable[..., Context], opinions: Any, images: Tensor
    ) -> None:
        plain = opinions.opinions(small(), images)
        values = sorted(opinion.realness for opinion in plain)
        metrics = {"more_real_than": {"value": 0.5, "real_quantiles": values}}

        found = opinions.opinions(small(metrics=metrics), images)

        ranks = [values.index(opinion.realness) / 19 for opinion in found]
        assert [opinion.more_real_than for opinion in found] == pytest.approx(ranks, abs=1e-3)


class TestShareBelow:
    @pytest.mark.parametrize(
        ("value", "share"),
        [
            (-9.0, 0.0),
            (-5.0, 0.0),
            (-3.0, 0.125),
            (-1.0, 0.25),
            (0.0, 0.5),
            (1.0, 0.625),
            (2.0, 0.75),
            (6.0, 0.875),
            (10.0, 1.0),
            (11.0, 1.0),
        ],
    )
    def test_is_between_the_quantiles_that_surround_it(
        self, opinions: Any, value: float, share: float
    ) -> None:
        assert opinions.share_below(value, QUANTILES) == pytest.approx(share)

    def test_never_falls(self, opinions: Any) -> None:
        shares = [opinions.share_below(v, QUANTILES) for v in torch.linspace(-6, 11, 200).tolist()]

        assert shares == sorted(shares)

    def test_of_quantiles_that_are_alike_is_a_share(self, opinions: Any) -> None:
        assert opinions.share_below(1.0, [1.0, 1.0, 1.0]) in (0.0, 1.0)
        assert 0 <= opinions.share_below(1.0, [0.0, 1.0, 1.0, 2.0]) <= 1

    @pytest.mark.parametrize("quantiles", [[], [1.0]])
    def test_is_unknown_without_quantiles(self, opinions: Any, quantiles: list[float]) -> None:
        assert opinions.share_below(0.0, quantiles) is None


@pytest.mark.parametrize(
    ("metrics", "known"),
    [
        ({}, []),
        ({"realness": {"value": 1.0}}, []),
        ({"realness": 1.0}, []),
        ({"realness": {"value": 1.0, "real_quantiles": [1, 2]}}, [1.0, 2.0]),
    ],
)
def test_quantiles_are_read_from_the_metrics_if_they_are_there(
    small: Callable[..., Context], opinions: Any, metrics: dict[str, Any], known: list[float]
) -> None:
    assert opinions.known_quantiles(small(metrics=metrics), "realness") == known


class TestScore:
    """With the networks that ship."""

    @pytest.mark.parametrize("digit", range(10))
    def test_reads_a_drawn_digit(self, demo: Demo, digit: int) -> None:
        opinion = demo.call("score", image=drawn(digit)).opinion

        assert opinion.digit == digit
        assert sum(opinion.probabilities) == pytest.approx(1, abs=1e-4)

    def test_agrees_with_what_was_said_of_a_sample(self, demo: Demo) -> None:
        for sample in demo.call("sample", count=20, seed=2, scored=True).samples:
            scored = demo.call("score", image=sample.image)

            assert farthest(scored.image, sample.image) == 0
            # The picture has 256 shades, what the networks saw before has more.
            assert scored.opinion.confidence == pytest.approx(sample.opinion.confidence, abs=0.05)
            assert scored.opinion.realness == pytest.approx(sample.opinion.realness, abs=0.5)
