"""What the files that ship state about themselves, as ``demo-app evaluate`` measured it."""

from typing import Any

import pytest

from demo_app import Demo


@pytest.fixture(scope="module")
def metrics(demo: Demo) -> Any:
    metadata = demo.metadata("gan")
    assert metadata is not None
    return metadata.metrics


@pytest.mark.parametrize("name", ["gan", "training_digits", "replay"])
def test_every_metric_was_measured_by_the_command(demo: Demo, name: str) -> None:
    metadata = demo.metadata(name)

    assert metadata is not None
    assert metadata.metrics
    for metric in metadata.metrics.values():
        assert metric["source"] == f"demo-app evaluate mnist_gan --model {name}"
        assert metric["split"]
        assert metric["measured"]


def test_the_judge_reads_99_2_percent_of_the_test_split(metrics: Any) -> None:
    assert metrics["judge_accuracy"]["value"] >= 0.992
    assert "MNIST test, 10,000 digits" in metrics["judge_accuracy"]["split"]


def test_99_percent_of_samples_show_the_digit_that_was_asked_for(metrics: Any) -> None:
    assert metrics["agreement"]["value"] >= 0.99
    assert "10,000 samples" in metrics["agreement"]["split"]
    assert "without truncation" in metrics["agreement"]["split"]


def test_no_digit_is_below_98_percent(metrics: Any) -> None:
    assert metrics["agreement_of_worst_digit"]["value"] >= 0.98
    assert metrics["agreement_of_worst_digit"]["value"] == min(metrics["agreement"]["by_digit"])


def test_the_frechet_distance_is_at_most_1_8_times_that_of_real_digits(metrics: Any) -> None:
    distance, floor = metrics["frechet_distance"], metrics["frechet_floor"]

    assert metrics["frechet_ratio"]["value"] <= 1.8
    assert metrics["frechet_ratio"]["value"] == pytest.approx(distance["value"] / floor["value"])
    for metric in (distance, floor):
        low, high = metric["interval"]
        assert low < metric["value"] < high
        assert "bootstrap" in metric["measured"]
        assert "features of the checkpoint's judge" in metric["measured"]


def test_samples_are_no_nearer_to_training_digits_than_real_ones(metrics: Any) -> None:
    assert metrics["nearest_ratio"]["value"] >= 1
    assert metrics["suspiciously_near"]["value"] <= 0.01


def test_every_digit_is_drawn_in_many_ways(metrics: Any) -> None:
    assert min(metrics["diversity"]["by_digit"]) > 0.8
    assert min(metrics["recall"]["by_digit"]) > 0.5


def test_the_trade_off_goes_from_the_alike_to_the_various(metrics: Any) -> None:
    points = metrics["frechet_distance_of_best_truncation"]["trade_off"]

    diversities = [point["diversity"] for point in points]
    assert diversities == sorted(diversities)
    assert points[-1]["truncation"] is None
    assert points[0]["agreement"] >= points[-1]["agreement"]


def test_pictures_are_compared_with_real_digits(demo: Demo) -> None:
    drawn = demo.call("sample", count=100, seed=0, scored=True).samples

    shares = [sample.opinion.more_real_than for sample in drawn]
    assert all(0 <= share <= 1 for share in shares)
    assert 0.2 < sum(shares) / 100 < 0.8


def test_nearness_is_compared_with_that_of_real_digits(demo: Demo) -> None:
    drawn = demo.call("sample", count=8, seed=0).samples

    shares = [demo.call("nearest", image=sample.image, count=1).farther_than for sample in drawn]
    assert all(0 <= share <= 1 for share in shares)
    assert max(shares) > 0.1


def test_the_training_digits_are_mnists(demo: Demo) -> None:
    metadata = demo.metadata("training_digits")

    assert metadata is not None
    assert metadata.metrics["wrong_labels"]["value"] == 0
    assert metadata.metrics["largest_difference"]["value"] <= 8 / 255


def test_the_replay_is_of_the_training_that_made_the_generator(demo: Demo) -> None:
    pair, replay = demo.metadata("gan"), demo.metadata("replay")

    assert pair is not None
    assert replay is not None
    assert replay.training["recipe"] == pair.training["recipe"]
    assert [step for step, *_ in replay.training["curve"]] == [
        step for step, *_ in pair.training["curve"]
    ]
    assert replay.training["curve"][-1][0] == pair.training["recipe"]["steps"]
    assert replay.metrics["likeness_of_last_moment"]["value"] > 0.8


def test_the_last_moment_of_the_replay_is_what_the_generator_draws(demo: Demo) -> None:
    moment = demo.call("replay")

    # The agreement at the end of the training, on other samples than the metric's.
    assert moment.agreement == pytest.approx(
        demo.metadata("gan").metrics["agreement"]["value"],  # type: ignore[union-attr]
        abs=0.01,
    )
