"""The sections that Python writes as HTML: whole, escaped, and with the numbers of the actions."""

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo
from tests.plugins.mnist_gan.drawings import drawn, farthest
from tests.plugins.mnist_gan.page_values import decoded
from tests.plugins.text_generator.markup import Markup

HOSTILE = "<img src=x onerror=alert(1)>'\"&"


@pytest.fixture(scope="session")
def copies(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.copies")


@pytest.fixture(scope="session")
def quality(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.quality")


@pytest.fixture(scope="session")
def faults(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.faults")


def by_digit(value: float, **others: float) -> list[float]:
    """Ten values; ``others`` by the letter d and the digit."""
    return [others.get(f"d{digit}", value) for digit in range(10)]


@pytest.fixture
def metrics() -> dict[str, dict[str, Any]]:
    """What an evaluation states, made up."""
    trade_off = [
        {"truncation": 0.5, "agreement": 1.0, "diversity": 0.45, "frechet_distance": 61.5},
        {"truncation": None, "agreement": 0.9931, "diversity": 0.93, "frechet_distance": 4.25},
    ]
    return {
        "frechet_distance": {"value": 4.25, "interval": [3.5, 5.0], "split": "10,000 samples"},
        "frechet_floor": {"value": 2.0, "interval": [1.5, 2.5]},
        "frechet_ratio": {"value": 2.125},
        "agreement": {"value": 0.9931, "by_digit": by_digit(0.995, d8=0.975)},
        "judge_accuracy": {"value": 0.9962, "by_digit": by_digit(0.996, d6=0.99)},
        "precision": share(0.807, 0.81, d2=0.726),
        "recall": share(0.766, 0.8, d0=0.731),
        "diversity": share(0.93, 1.0, d7=0.9),
        "nearest_ratio": {"value": 1.07},
        "suspiciously_near": {"value": 0.0012},
        "more_real_than": {"value": 0.447},
        "frechet_distance_of_best_truncation": {"value": 4.0, "trade_off": trade_off},
    }


def share(value: float, real: float, **lowest: float) -> dict[str, Any]:
    return {
        "value": value,
        "of_other_real_digits": real,
        "by_digit": by_digit(value + 0.01, **lowest),
    }


def is_harmless(markup: Markup) -> bool:
    return not markup.all("img") and HOSTILE in markup.text


class TestCopies:
    @pytest.fixture
    def neighbours(self, module: Callable[[str], ModuleType]) -> Callable[..., Any]:
        """Makes two neighbours of a digit, which is farther from them than a share of real ones."""
        results = module("results")

        def make(farther_than: float | None) -> Any:
            image = drawn(7).resize((28, 28)).convert("L")
            near = tuple(
                results.Neighbour(image=image, label=label, place=place, distance=distance)
                for label, place, distance in ((7, 51_941, 0.1784), (9, 3, 0.2))
            )
            return results.Neighbours(image=image, neighbours=near, farther_than=farther_than)

        return make

    def test_each_neighbour_has_its_picture_distance_label_and_place(
        self, copies: ModuleType, demo: Demo
    ) -> None:
        found = demo.call("nearest", image=drawn(4), count=6)
        shown = Markup(copies.shown(found, {}))
        own, *others = shown.all("img")
        assert farthest(decoded(own["src"]), found.image) == 0
        for image, near in zip(others, found.neighbours, strict=True):
            assert farthest(decoded(image["src"]), near.image) == 0
            assert image["alt"] == f"training digit {near.place:,}, a {near.label}"
            assert f"{near.distance:.3f}a {near.label}, no. {near.place:,}" in shown.text

    @pytest.mark.parametrize(
        ("share", "said"),
        [
            (0.73, "27% of real test digits are farther from their nearest training digit than"),
            (0.01, "99% of real test digits are farther"),
            (1.0, "0% of real test digits are farther"),
        ],
    )
    def test_as_far_as_real_digits_are_it_is_no_copy(
        self, copies: ModuleType, neighbours: Callable[..., Any], share: float, said: str
    ) -> None:
        shown = Markup(copies.shown(neighbours(share), {}))
        assert said in shown.text
        assert "No sign of a copy" in shown.text

    @pytest.mark.parametrize("share", [0.0, 0.009])
    def test_nearer_than_nearly_all_of_them_it_may_be_one(
        self, copies: ModuleType, neighbours: Callable[..., Any], share: float
    ) -> None:
        shown = Markup(copies.shown(neighbours(share), {}))
        assert f"Only {share:.1%} of real test digits come as near" in shown.text
        assert "this may be a copy." in shown.text

    def test_before_the_checkpoint_was_measured_there_is_no_verdict(
        self, copies: ModuleType, neighbours: Callable[..., Any]
    ) -> None:
        shown = Markup(copies.shown(neighbours(None), {}))
        assert "has not been evaluated yet" in shown.text
        assert "copy." not in shown.text
        assert shown.all("svg") == []

    def test_the_scale_is_that_of_the_checkpoint(self, copies: ModuleType, demo: Demo) -> None:
        metadata = demo.metadata("gan")
        assert metadata is not None
        entry = metadata.metrics["nearest_distance"]
        known = copies.quantiles(demo)
        assert known == {
            "real test digits": entry["real_quantiles"],
            "samples": entry["drawn_quantiles"],
        }
        found = demo.call("nearest", image=drawn(4), count=6)
        shown = Markup(copies.shown(found, known))
        assert len(shown.all("path", "density")) == 2
        assert f"this one: {found.neighbours[0].distance:.3f}" in shown.text


class TestQuality:
    @pytest.mark.parametrize("measured", [{}, {"agreement": {"value": 0.99}}])
    def test_without_measurements_it_says_how_to_make_them(
        self, quality: ModuleType, measured: Mapping[str, Any]
    ) -> None:
        shown = Markup(quality.report(measured))
        assert "demo-app evaluate mnist_gan" in shown.text
        assert "%" not in shown.text

    def test_every_number_is_that_of_the_checkpoint(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]]
    ) -> None:
        text = Markup(quality.report(metrics)).text
        for told in (
            "at 2.12 times the floor",
            "4.25 3.50 … 5.00",
            "2.00 1.50 … 2.50",
            "10,000 samples",
            "The judge agrees in 99.31% of 10,000 samples",
            "it is right in 99.62%",
            "The hardest is the 8.",
            "Precision 80.7%",
            "Other real digits have 81.0%. Lowest for the 2: 72.6%.",
            "Recall 76.6%",
            "Lowest for the 0: 73.1%.",
            "Diversity 0.93",
            "Lowest for the 7: 0.90.",
            "is 1.07 times that of a real test digit",
            "are 0.1% of the samples",
            "more real than 45% of real digits",
        ):
            assert told in text

    @pytest.mark.parametrize(
        ("agreement", "said"), [(0.9981, "More often than on"), (0.99, "Less often than on")]
    )
    def test_the_judges_agreement_is_compared_with_its_own_accuracy(
        self,
        quality: ModuleType,
        metrics: dict[str, dict[str, Any]],
        agreement: float,
        said: str,
    ) -> None:
        metrics["agreement"]["value"] = agreement
        assert said in Markup(quality.report(metrics)).text

    @pytest.mark.parametrize(
        ("real", "said"), [(0.45, "can hardly tell them apart"), (0.2, "can still tell them apart")]
    )
    def test_a_fooled_discriminator_is_told_from_one_that_is_not(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]], real: float, said: str
    ) -> None:
        metrics["more_real_than"]["value"] = real
        assert said in Markup(quality.report(metrics)).text

    def test_the_tallest_column_is_the_digit_that_is_misread_most(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]]
    ) -> None:
        shown = Markup(quality.report(metrics))
        columns = [bar for bar in shown.all("i", "drawn-bar") if "style" in bar]
        heights = [float(re.findall(r"height:(\d+)%", bar["style"])[0]) for bar in columns]
        assert heights == pytest.approx(by_digit(20, d8=100))

    def test_a_judge_that_is_never_wrong_has_columns_too(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]]
    ) -> None:
        for name in ("agreement", "judge_accuracy"):
            metrics[name] |= {"value": 1.0, "by_digit": by_digit(1.0)}
        bars = Markup(quality.report(metrics)).all("i", "drawn-bar")
        assert [bar["style"] for bar in bars if "style" in bar] == ["height:0%"] * 10

    def test_without_a_trade_off_the_rest_is_there(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]]
    ) -> None:
        del metrics["frechet_distance_of_best_truncation"]
        assert Markup(quality.report(metrics)).all("svg") == []

    def test_texts_are_escaped(
        self, quality: ModuleType, metrics: dict[str, dict[str, Any]]
    ) -> None:
        metrics["frechet_distance"]["split"] = HOSTILE
        assert is_harmless(Markup(quality.report(metrics)))

    def test_the_shipped_checkpoint_is_reported(self, quality: ModuleType, demo: Demo) -> None:
        metadata = demo.metadata("gan")
        assert metadata is not None
        text = Markup(quality.report(metadata.metrics)).text
        assert f"{metadata.metrics['agreement']['value']:.2%} of 10,000 samples" in text
        assert f"{metadata.metrics['frechet_ratio']['value']:.2f} times the floor" in text


class TestFaults:
    def test_each_is_told_with_its_shapes_and_marked_as_untrained(
        self, faults: ModuleType, demo: Demo
    ) -> None:
        tried = demo.call("tutorial_faults")
        shown = Markup(faults.cards(tried))
        assert len(shown.all("article")) == shown.text.count("untrained") == len(tried)
        for fault in tried:
            for text in (fault.name, fault.published, fault.consequence, fault.mend, fault.error):
                assert text in shown.text
            for shape in (fault.published_shape, fault.expected_shape, fault.mended_shape):
                assert " × ".join(map(str, shape)) in shown.text

    def test_texts_are_escaped(
        self, faults: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        texts = dict.fromkeys(("name", "published", "consequence", "error", "mend"), HOSTILE)
        shapes = dict.fromkeys(("published_shape", "mended_shape", "expected_shape"), (1, 1, 4, 4))
        fault = module("results").Fault(**texts, **shapes)
        assert is_harmless(Markup(faults.cards([fault])))
