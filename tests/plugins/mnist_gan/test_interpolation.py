"""The way from one sample to another begins and ends with them, and moves."""

import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from demo_app import Context, Demo
from tests.plugins.mnist_gan.drawings import farthest, pixels

SEVEN = {"digit": 7, "seed": 3}
NINE = {"digit": 9, "seed": 4, "number": 2}


def sample(demo: Demo, *, digit: int, seed: int, number: int = 0) -> Image.Image:
    image: Image.Image = (
        demo.call("sample", digit=digit, seed=seed, count=number + 1).samples[number].image
    )
    return image


def opened(file: Any) -> Image.Image:
    return Image.open(io.BytesIO(file.data))


@pytest.mark.parametrize("spherical", [True, False])
def test_the_first_and_last_frame_are_the_two_samples(demo: Demo, spherical: bool) -> None:
    frames = demo.call("interpolate", start=SEVEN, end=NINE, steps=5, spherical=spherical).frames

    assert farthest(frames[0].image, sample(demo, **SEVEN)) <= 1
    assert farthest(frames[-1].image, sample(demo, **NINE)) <= 1
    assert frames[0].opinion.digit == 7
    assert frames[-1].opinion.digit == 9


def test_a_truncated_sample_is_where_it_should_be(demo: Demo) -> None:
    (drawn,) = demo.call("sample", digit=7, seed=3, count=1, truncation=0.5).samples

    frames = demo.call("interpolate", start=SEVEN | {"truncation": 0.5}, end=NINE, steps=2).frames

    assert farthest(frames[0].image, drawn.image) <= 1


@pytest.mark.parametrize("steps", [2, 3, 24, 60])
def test_there_are_as_many_frames_as_steps(demo: Demo, steps: int) -> None:
    result = demo.call("interpolate", start=SEVEN, end=NINE, steps=steps)

    assert [frame.share for frame in result.frames] == pytest.approx(np.linspace(0, 1, steps))
    assert len(result.distances) == steps - 1


def test_the_distances_are_those_of_frames_that_follow_each_other(demo: Demo) -> None:
    result = demo.call("interpolate", start=SEVEN, end=NINE, steps=6)

    shades = np.stack([pixels(frame.image) for frame in result.frames]) / 255
    apart = np.sqrt(np.square(np.diff(shades, axis=0)).mean((1, 2)))
    assert result.distances == pytest.approx(apart, abs=0.003)


def test_the_way_has_no_jumps(demo: Demo) -> None:
    coarse, fine = (
        max(demo.call("interpolate", start=SEVEN, end=NINE, steps=steps).distances)
        for steps in (6, 51)
    )

    assert fine < 0.25 * coarse


def test_turning_and_going_straight_are_two_ways(demo: Demo) -> None:
    turning, straight = (
        demo.call("interpolate", start=SEVEN, end=NINE, steps=3, spherical=spherical).frames
        for spherical in (True, False)
    )

    assert farthest(turning[0].image, straight[0].image) == 0
    assert farthest(turning[1].image, straight[1].image) > 10


@pytest.mark.parametrize("spherical", [True, False])
def test_the_generator_is_given_shares_of_both_digits(
    small: Callable[..., Context],
    networks: Any,
    module: Callable[[str], ModuleType],
    spherical: bool,
) -> None:
    actions, latents = module("actions"), module("latents")
    start, end = actions.Point(digit=7, seed=3), actions.Point(digit=9, seed=4)

    result = actions.interpolate(small(), start=start, end=end, steps=3, spherical=spherical)

    one, other = (latents.draw(seed, [0])[0][0] for seed in (3, 4))
    half = torch.tensor([0.5])
    middle = latents.spherical(one, other, half) if spherical else (one + other)[None] / 2
    shares = torch.zeros(1, 10)
    shares[0, [7, 9]] = 0.5
    expected = networks["generator"](middle, shares)[0, 0]
    seen = torch.from_numpy(pixels(result.frames[1].image)) / 127.5 - 1
    assert (seen - expected).abs().max() <= 1 / 127.5


@pytest.mark.parametrize("format", ["webp", "gif"])
@pytest.mark.parametrize("steps", [2, 3, 24])
class TestAnimation:
    def test_goes_there_and_back_for_ever(self, demo: Demo, format: str, steps: int) -> None:
        file = demo.call("interpolate", start=SEVEN, end=NINE, steps=steps, format=format).animation

        with opened(file) as film:
            assert (file.name, film.format) == (f"interpolation.{format}", format.upper())
            assert film.size == (224, 224)
            # Both ends once, what is between them twice.
            assert film.n_frames == 2 * steps - 2
            assert film.info["loop"] == 0

    def test_rests_at_both_ends(self, demo: Demo, format: str, steps: int) -> None:
        file = demo.call("interpolate", start=SEVEN, end=NINE, steps=steps, format=format).animation

        with opened(file) as film:
            lengths = []
            for number in range(film.n_frames):
                film.seek(number)
                film.load()
                lengths.append(film.info["duration"])
        assert lengths[0] == lengths[steps - 1] == 500
        assert all(20 <= length < 1300 for length in lengths)
        assert len(set(lengths[1 : steps - 1] + lengths[steps:])) <= 1

    def test_shows_the_frames_enlarged(self, demo: Demo, format: str, steps: int) -> None:
        result = demo.call("interpolate", start=SEVEN, end=NINE, steps=steps, format=format)

        with opened(result.animation) as film:
            shown = [frame.convert("L") for frame in ImageSequence.Iterator(film)]
        for frame, large in zip(result.frames, shown, strict=False):
            expected = frame.image.resize((224, 224), Image.Resampling.BICUBIC)
            assert np.abs(pixels(large) - pixels(expected)).mean() < 5


def test_the_animation_is_webp_unless_asked_otherwise(demo: Demo) -> None:
    result = demo.call("interpolate", start=SEVEN, end=NINE, steps=2)

    assert result.animation.name == "interpolation.webp"


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_a_way_to_where_it_began_is_a_still(demo: Demo, format: str) -> None:
    result = demo.call("interpolate", start=SEVEN, end=SEVEN, steps=4, format=format)

    assert max(result.distances) < 1e-3
    with opened(result.animation) as film:
        film.load()
        assert film.size == (224, 224)


class TestLatentOfOnesOwn:
    def test_is_where_the_way_begins(self, demo: Demo, module: Callable[[str], ModuleType]) -> None:
        (latent,), _ = module("latents").draw(3, [0])
        start = {"digit": 7, "latent": latent.tolist()}

        frames = demo.call("interpolate", start=start, end=NINE, steps=2).frames

        assert farthest(frames[0].image, sample(demo, **SEVEN)) <= 1

    def test_counts_before_seed_number_and_truncation(self, demo: Demo) -> None:
        latent = [0.0] * 64
        start = {"digit": 7, "latent": latent, "seed": 9, "number": 4, "truncation": 1.0}
        middle = demo.call("sample", digit=7, count=1, truncation=0, seed=0).samples[0].image

        frames = demo.call("interpolate", start=start, end=NINE, steps=2).frames

        assert farthest(frames[0].image, middle) <= 1

    def test_of_zeros_can_be_left_by_turning(self, demo: Demo) -> None:
        zero = {"digit": 7, "latent": [0.0] * 64}

        result = demo.call("interpolate", start=zero, end=zero | {"digit": 1}, steps=5)

        assert result.frames[-1].opinion.digit == 1
        assert all(np.isfinite(result.distances))

    def test_that_inversion_found_draws_what_it_found(self, demo: Demo) -> None:
        found = demo.call("invert", drawing=sample(demo, **SEVEN), digit=7, steps=20)
        start = {"digit": found.digit, "latent": found.latent}

        frames = demo.call("interpolate", start=start, end=NINE, steps=2).frames

        assert farthest(frames[0].image, found.image) <= 1

    @pytest.mark.parametrize("extreme", [-20, 20])
    def test_may_be_far_out(self, demo: Demo, extreme: float) -> None:
        far = {"digit": 7, "latent": [extreme] * 64}

        result = demo.call("interpolate", start=far, end=NINE, steps=3)

        assert all(np.isfinite(result.distances))
