"""The nearest training digits are the nearest of all 60,000, and named by their place."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from demo_app import Context, Demo
from tests.datasets.idx_files import bars
from tests.plugins.mnist_gan.drawings import drawn, farthest


@pytest.fixture(scope="session")
def neighbours(module: Callable[[str], ModuleType]) -> Any:
    return module("neighbours")


def picture(digit: Tensor) -> Image.Image:
    return Image.fromarray(digit.numpy())


@pytest.mark.parametrize("place", [0, 1, 9_999, 10_000, 34_567, 59_999])
def test_a_training_digit_finds_itself(
    demo: Demo, handwritten: Tensor, training_digits: Any, place: int
) -> None:
    found = demo.call("nearest", image=picture(handwritten[place])).neighbours

    assert found[0].place == place
    assert found[0].label == int(training_digits.labels[place])
    assert found[0].distance < 0.02
    assert farthest(found[0].image, picture(handwritten[place])) == 0


def test_a_training_digit_as_it_was_before_16_shades_finds_itself(
    demo: Demo, handwritten: Tensor
) -> None:
    shades = torch.randint(-8, 9, (28, 28), generator=torch.Generator().manual_seed(0))
    paper = handwritten[123] == 0
    original = (handwritten[123].int() + shades).clamp(0, 255).masked_fill(paper, 0)

    (nearest,) = demo.call("nearest", image=picture(original.to(torch.uint8)), count=1).neighbours

    assert nearest.place == 123
    assert nearest.distance < 0.02


def test_labels_are_those_of_the_pictures(demo: Demo, handwritten: Tensor) -> None:
    # The first of MNIST's training split, as everybody knows them.
    known = [5, 0, 4, 1]

    found = [demo.call("nearest", image=picture(d), count=1).neighbours for d in handwritten[:4]]

    assert [nearest.label for (nearest,) in found] == known


@pytest.mark.parametrize("count", [1, 5, 20])
def test_as_many_are_found_as_asked_for_the_nearest_first(demo: Demo, count: int) -> None:
    found = demo.call("nearest", image=drawn(3), count=count).neighbours

    distances = [nearest.distance for nearest in found]
    assert len(found) == len({nearest.place for nearest in found}) == count
    assert distances == sorted(distances)


def test_the_neighbours_of_a_three_are_threes(demo: Demo) -> None:
    found = demo.call("nearest", image=drawn(3, width=16), count=10).neighbours

    assert sum(nearest.label == 3 for nearest in found) >= 8


def test_a_sample_is_no_copy(demo: Demo) -> None:
    for sample in demo.call("sample", count=4, seed=0).samples:
        (nearest,) = demo.call("nearest", image=sample.image, count=1).neighbours
        assert nearest.distance > 0.03


def test_distances_are_root_mean_squares_over_pixels(neighbours: Any, handwritten: Tensor) -> None:
    draws = torch.Generator().manual_seed(0)
    ink = torch.rand(28, 28, generator=draws)
    known = handwritten[:300]

    distances, places = neighbours.nearest_pictures(known, ink, 300)

    expected = (known.double() / 255 - ink.double()).square().mean((1, 2)).sqrt()
    torch.testing.assert_close(distances.double(), expected[places], atol=1e-5, rtol=0)
    assert distances.equal(distances.sort().values)
    assert sorted(places.tolist()) == list(range(300))


def test_the_nearest_is_found_in_every_chunk(
    neighbours: Any, handwritten: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = handwritten[:100]
    monkeypatch.setattr(neighbours, "CHUNK", 7)

    for place in (0, 6, 7, 50, 99):
        _, places = neighbours.nearest_pictures(known, known[place].float() / 255, 3)
        assert places[0] == place


def test_no_more_are_found_than_there_are(neighbours: Any, handwritten: Tensor) -> None:
    distances, _ = neighbours.nearest_pictures(handwritten[:3], torch.zeros(28, 28), 20)

    assert len(distances) == 3


def test_an_archive_is_unpacked_once(neighbours: Any, small_archive: Any) -> None:
    assert neighbours.unpacked(small_archive) is neighbours.unpacked(small_archive)


def test_as_a_plain_function_it_looks_through_the_given_archive(
    small: Callable[..., Context], module: Callable[[str], ModuleType]
) -> None:
    pictures, labels = bars(40)

    for place in (0, 13, 39):
        found = module("actions").nearest(small(), image=picture(pictures[place]), count=2)
        assert found.neighbours[0].place == place
        assert found.neighbours[0].label == labels[place]
        assert found.neighbours[0].distance < 0.02
        assert found.farther_than is None


@pytest.mark.parametrize(
    ("quantiles", "share"), [([0.0, 0.5, 1.0], 0.0), ([-2.0, -1.0, 1e-9], 1.0)]
)
def test_a_distance_is_compared_with_those_of_real_digits(
    small: Callable[..., Context],
    module: Callable[[str], ModuleType],
    quantiles: list[float],
    share: float,
) -> None:
    metrics = {"nearest_distance": {"value": 0.2, "real_quantiles": quantiles}}
    pictures, _ = bars(40)

    found = module("actions").nearest(small(metrics=metrics), image=picture(pictures[3]))

    assert found.farther_than == pytest.approx(share, abs=0.02)


def test_the_picture_is_shown_as_it_was_compared(demo: Demo, handwritten: Tensor) -> None:
    shown = picture(handwritten[5])

    assert farthest(demo.call("nearest", image=shown).image, shown) == 0
