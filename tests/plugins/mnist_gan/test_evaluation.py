"""What is measured of a checkpoint is what its name says, with small networks and few pictures."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import DemoError
from tests.datasets.idx_files import bars, write_split
from tests.plugins.mnist_gan.drawings import to_model


@pytest.fixture
def metrics(evaluate: Callable[..., Any], networks: Any, tiny_mnist: Path) -> Any:
    return evaluate("gan", networks, tiny_mnist)


class Exact(nn.Module):
    """Draws the bar of the digit that is asked for, its length by the latent."""

    def __init__(self, wrong: int | None = None) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.wrong = wrong

    def forward(self, latents: Tensor, digits: Tensor) -> Tensor:
        lengths = (14 + 3 * latents[:, 0]).clamp(8, 20)
        rows = torch.arange(28.0)
        images = torch.full((len(digits), 1, 28, 28), -1.0)
        for image, digit, length in zip(images, digits.tolist(), lengths, strict=True):
            column = 4 + 2 * (0 if digit == self.wrong else digit)
            ink = ((rows >= 4) & (rows < 4 + length)).float() * 2 - 1
            image[0, :, column : column + 2] = ink[:, None]
        return images


class Brightest(nn.Module):
    """Takes the brightest for the most real."""

    def __init__(self) -> None:
        super().__init__()
        self.realness = nn.Linear(1, 1)

    def forward(self, images: Tensor, digits: Tensor) -> Tensor:
        return images.amax((1, 2, 3))


class Reader(nn.Module):
    """Sees where the bar is."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(30, 10, bias=False)
        with torch.no_grad():
            self.classifier.weight.zero_()
            self.classifier.weight[:, :10] = torch.eye(10)

    def features(self, images: Tensor) -> Tensor:
        ink = (images[:, 0] + 1) / 2
        places = ink[:, :, 4:24].view(-1, 28, 10, 2).mean((1, 3))
        lengths = ink.sum((1, 2))[:, None] * torch.linspace(0.1, 2, 20)
        return torch.cat([places, lengths], 1)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(images))
        return logits


@pytest.fixture
def exact(networks: Any) -> Callable[..., nn.ModuleDict]:
    """Networks that make no mistake, or always take one digit for another."""
    return lambda wrong=None: nn.ModuleDict(
        {
            "generator": Exact(wrong),
            "discriminator": networks["discriminator"],
            "judge": Reader(),
        }
    )


class TestPair:
    def test_every_metric_has_a_value_and_says_how_it_was_measured(self, metrics: Any) -> None:
        assert set(metrics) == {
            "agreement",
            "agreement_of_worst_digit",
            "judge_accuracy",
            "frechet_distance",
            "frechet_floor",
            "frechet_ratio",
            "precision",
            "recall",
            "diversity",
            "nearest_distance",
            "nearest_ratio",
            "suspiciously_near",
            "more_real_than",
            "frechet_distance_of_best_truncation",
        }
        for metric in metrics.values():
            assert torch.tensor(metric["value"]).isfinite()
            assert metric["split"]
            assert metric["measured"]

    def test_is_measured_the_same_every_time(
        self, metrics: Any, evaluate: Callable[..., Any], networks: Any, tiny_mnist: Path
    ) -> None:
        torch.rand(5)

        assert evaluate("gan", networks, tiny_mnist) == metrics

    def test_is_measured_on_the_samples_that_the_action_draws(
        self,
        metrics: Any,
        small: Callable[..., Any],
        networks: Any,
        module: Callable[[str], ModuleType],
    ) -> None:
        # The evaluation asks for the digits in turn.
        drawn = {
            digit: module("actions").sample(small(seed=0), digit=digit, count=100).samples
            for digit in range(10)
        }
        digits = torch.arange(100) % 10
        images = torch.cat([to_model(drawn[n % 10][n].image) for n in range(100)])
        answers = networks["judge"](images).argmax(1)
        realness = networks["discriminator"](images, answers)

        right = (answers == digits).double()
        assert metrics["agreement"]["value"] == pytest.approx(right.mean().item(), abs=0.021)
        quantiles = metrics["more_real_than"]["drawn_quantiles"]
        assert quantiles[0] == pytest.approx(realness.min().item(), rel=0.02)
        assert quantiles[50] == pytest.approx(realness.median().item(), rel=0.05)
        assert quantiles[100] == pytest.approx(realness.max().item(), rel=0.02)

    def test_agreement_of_exact_networks_is_whole(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tiny_mnist: Path
    ) -> None:
        metrics = evaluate("gan", exact(), tiny_mnist)

        assert metrics["agreement"]["value"] == metrics["judge_accuracy"]["value"] == 1
        assert metrics["agreement"]["by_digit"] == [1] * 10
        assert metrics["agreement_of_worst_digit"]["value"] == 1

    def test_a_digit_that_is_always_wrong_is_named(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tiny_mnist: Path
    ) -> None:
        metrics = evaluate("gan", exact(wrong=6), tiny_mnist)

        assert metrics["agreement"]["value"] == pytest.approx(0.9)
        worst = metrics["agreement_of_worst_digit"]
        assert (worst["value"], worst["measured"]) == (0, "the same for 6, where it is lowest")
        assert metrics["judge_accuracy"]["value"] == 1

    def test_a_good_generator_is_nearer_than_a_bad_one(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tiny_mnist: Path
    ) -> None:
        good = evaluate("gan", exact(), tiny_mnist)
        bad = evaluate("gan", exact(wrong=6), tiny_mnist)

        assert good["frechet_distance"]["value"] < bad["frechet_distance"]["value"]
        assert good["frechet_ratio"]["value"] < bad["frechet_ratio"]["value"]

    def test_the_ratio_is_the_distance_over_its_floor(self, metrics: Any) -> None:
        distance, floor = metrics["frechet_distance"], metrics["frechet_floor"]

        assert metrics["frechet_ratio"]["value"] == distance["value"] / floor["value"]

    @pytest.mark.parametrize("name", ["frechet_distance", "frechet_floor"])
    def test_an_interval_surrounds_its_value(self, metrics: Any, name: str) -> None:
        low, high = metrics[name]["interval"]

        assert 0 <= low < metrics[name]["value"] < high

    @pytest.mark.parametrize("name", ["precision", "recall", "diversity"])
    def test_a_mean_over_digits_is_theirs(self, metrics: Any, name: str) -> None:
        by_digit = metrics[name]["by_digit"]

        assert len(by_digit) == 10
        assert metrics[name]["value"] == pytest.approx(sum(by_digit) / 10)

    def test_other_real_digits_are_about_as_various_as_real_ones(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tiny_mnist: Path
    ) -> None:
        metrics = evaluate("gan", exact(), tiny_mnist)

        assert metrics["diversity"]["of_other_real_digits"] == pytest.approx(1, abs=0.3)
        assert metrics["precision"]["of_other_real_digits"] > 0.7
        assert metrics["recall"]["of_other_real_digits"] > 0.7

    def test_quantiles_are_the_percentiles_of_real_and_drawn(self, metrics: Any) -> None:
        for name in ("nearest_distance", "more_real_than"):
            for kind in ("real_quantiles", "drawn_quantiles"):
                quantiles = metrics[name][kind]
                assert len(quantiles) == 101
                assert quantiles == sorted(quantiles)
        nearest = metrics["nearest_distance"]
        assert nearest["value"] == pytest.approx(nearest["drawn_quantiles"][50], rel=0.05)
        assert nearest["of_real_digits"] == pytest.approx(nearest["real_quantiles"][50], rel=0.05)

    def test_copies_of_training_digits_are_suspicious(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tmp_path: Path
    ) -> None:
        drawn = Exact()(torch.randn(400, 64), torch.arange(400) % 10)[:, 0]
        copied = ((drawn + 1) * 127.5).round().to(torch.uint8)
        write_split(tmp_path, "train", copied, torch.arange(400) % 10)
        write_split(tmp_path, "t10k", *bars(100, seed=1))

        metrics = evaluate("gan", exact(), tmp_path)

        assert metrics["nearest_ratio"]["value"] < 0.2
        assert metrics["suspiciously_near"]["value"] > 0.8

    def test_samples_that_look_more_real_than_most_real_digits_are_told(
        self, evaluate: Callable[..., Any], exact: Callable[..., Any], tiny_mnist: Path
    ) -> None:
        networks = exact()
        # The samples have full ink, the real bars hardly ever.
        networks["discriminator"] = Brightest()

        metric = evaluate("gan", networks, tiny_mnist)["more_real_than"]

        assert metric["value"] > 0.95
        assert metric["drawn_quantiles"] == [1.0] * 101
        assert metric["real_quantiles"][50] == pytest.approx(0.5, abs=0.2)


class TestTradeOff:
    def test_has_a_point_for_every_truncation_and_for_none(self, metrics: Any) -> None:
        points = metrics["frechet_distance_of_best_truncation"]["trade_off"]

        assert [point["truncation"] for point in points] == [0.5, 2.0, None]
        assert points[-1]["agreement"] == metrics["agreement"]["value"]
        assert points[-1]["diversity"] == metrics["diversity"]["value"]
        assert points[-1]["frechet_distance"] == metrics["frechet_distance"]["value"]

    def test_names_the_best(self, metrics: Any) -> None:
        best = metrics["frechet_distance_of_best_truncation"]
        point = min(best["trade_off"], key=lambda point: point["frechet_distance"])

        assert best["value"] == point["frechet_distance"]
        assert f"at the truncation {point['truncation'] or 'none'}," in best["measured"]

    def test_diversity_grows_with_the_truncation(self, metrics: Any) -> None:
        points = metrics["frechet_distance_of_best_truncation"]["trade_off"]

        diversities = [point["diversity"] for point in points]
        assert diversities == sorted(diversities)


def test_missing_data_is_refused(
    evaluate: Callable[..., Any], networks: Any, tmp_path: Path
) -> None:
    with pytest.raises(DemoError, match="There is no train-images-idx3-ubyte"):
        evaluate("gan", networks, tmp_path)
