"""The search for a drawing in the latents: it comes near, never goes back, and stops when told."""

import itertools
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from demo_app import Context, Demo, InvalidInput
from demo_app.datasets.drawn_digits import prepared
from tests.plugins.mnist_gan.drawings import drawn, farthest, pixels, to_model


@pytest.fixture(scope="module")
def generated(demo: Demo) -> Image.Image:
    """A seven that the generator can draw."""
    image: Image.Image = demo.call("sample", digit=7, count=3, seed=8).samples[2].image
    return image


@pytest.fixture(scope="module")
def found(demo: Demo, generated: Image.Image) -> list[Any]:
    """What a search for it yields."""
    return list(demo.stream("invert", drawing=generated, steps=100))


def rms(one: Image.Image, other: Image.Image) -> float:
    return float(np.sqrt(np.square((pixels(one) - pixels(other)) / 255).mean()))


def test_a_generated_digit_is_found_again(found: list[Any], generated: Image.Image) -> None:
    last = found[-1]

    assert last.digit == last.opinion.digit == 7
    assert last.error < 0.08
    assert last.explained > 0.93
    assert rms(last.image, generated) == pytest.approx(last.error, abs=0.004)


@pytest.mark.parametrize("digit", range(10))
def test_handwriting_is_approached(demo: Demo, digit: int) -> None:
    value = demo.call("invert", drawing=drawn(digit), steps=30)

    assert value.explained > 0.4
    assert value.error < 0.25


def test_errors_never_rise(found: list[Any]) -> None:
    errors = [value.error for value in found]

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.6 * errors[0]
    assert found[-1].errors == tuple(errors)
    assert all(value.errors == tuple(errors[: n + 1]) for n, value in enumerate(found))


def test_it_tells_how_far_it_is_from_the_beginning_to_the_end(found: list[Any]) -> None:
    steps = [value.step for value in found]

    assert steps[0] == 0
    assert steps[-1] == 100
    assert all(1 <= after - before <= 10 for before, after in itertools.pairwise(steps))
    assert {value.steps for value in found} == {100}
    assert [value.done for value in found] == [False] * (len(found) - 1) + [True]


def test_what_it_yields_is_the_generators_own(found: list[Any], shipped: Any) -> None:
    for value in (found[0], found[-1]):
        latent = torch.tensor([value.latent])
        image = shipped["generator"](latent, torch.tensor([value.digit]))

        assert (to_model(value.image) - image).abs().max() <= 1.01 / 127.5
        assert value.length == pytest.approx(latent.norm().item(), rel=1e-5)


def test_what_is_found_is_about_as_usual_as_a_draw(found: list[Any]) -> None:
    # The lengths of 99.9 % of all draws.
    assert 5 < found[-1].length < 10.5


def test_the_drawing_is_shown_as_it_was_compared(found: list[Any], generated: Image.Image) -> None:
    assert all(farthest(value.drawing, generated) == 0 for value in found)


def test_the_residual_shows_missing_ink_orange_and_surplus_blue(found: list[Any]) -> None:
    first = found[0]
    difference = pixels(first.drawing) - pixels(first.image)

    residual = pixels(first.residual)
    missing, surplus = residual[difference > 100], residual[difference < -100]
    assert len(missing)
    assert len(surplus)
    assert (missing[:, 0] > missing[:, 2]).all()
    assert (surplus[:, 2] > surplus[:, 0]).all()
    assert residual[np.abs(difference) < 1].max() <= 1


def test_the_same_drawing_is_found_in_the_same_way(demo: Demo, generated: Image.Image) -> None:
    one, other = (demo.call("invert", drawing=generated, steps=12) for _ in range(2))

    assert one == other


def test_global_random_state_is_left_alone(demo: Demo, generated: Image.Image) -> None:
    before = torch.get_rng_state()

    demo.call("invert", drawing=generated, steps=2)

    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_a_short_search_ends_too(demo: Demo, generated: Image.Image, steps: int) -> None:
    values = list(demo.stream("invert", drawing=generated, steps=steps))

    assert [value.step for value in values][-1] == steps
    assert [value.done for value in values] == [False] * (len(values) - 1) + [True]


@pytest.mark.parametrize("digit", [0, 4])
def test_a_digit_can_be_asked_for(demo: Demo, generated: Image.Image, digit: int) -> None:
    values = list(demo.stream("invert", drawing=generated, digit=digit, steps=16))

    assert {value.digit for value in values} == {digit}
    # A seven as a four or a nought stays farther away.
    assert values[-1].error > 0.08


def test_a_stopped_search_ends_with_its_best(demo: Demo, generated: Image.Image) -> None:
    stream = demo.stream("invert", drawing=generated, steps=1000)
    begun = [next(stream) for _ in range(3)]

    assert demo.stop("invert") == 1

    *_, last = stream
    assert last.done
    assert last.step < 50
    assert last.error <= begun[-1].error
    assert last.errors[:3] == tuple(value.error for value in begun)


def test_a_search_that_is_closed_is_over(demo: Demo, generated: Image.Image) -> None:
    stream = demo.stream("invert", drawing=generated, steps=1000)
    next(stream)

    stream.close()

    assert list(stream) == []
    assert demo.stop("invert") == 0


def test_stopped_before_it_began_it_gives_the_nearest_draw(
    small: Callable[..., Context], module: Callable[[str], ModuleType]
) -> None:
    stopped = threading.Event()
    stopped.set()

    (only,) = module("actions").invert(small(stopped=stopped), drawing=drawn(3))

    assert (only.step, only.done) == (0, True)
    assert only.errors == (only.error,)


def test_it_begins_with_the_nearest_of_what_it_draws(
    small: Callable[..., Context], networks: Any, module: Callable[[str], ModuleType]
) -> None:
    rooms = module("inversion")
    goal = prepared(drawn(3), "drawing")
    latents, _ = module("latents").draw(0, range(rooms.DRAWN))
    digits = torch.arange(10).repeat_interleave(rooms.DRAWN)
    images = networks["generator"](latents.repeat(10, 1), digits)
    errors = ((images - goal) / 2).square().mean((1, 2, 3)).sqrt()

    first = next(module("actions").invert(small(), drawing=drawn(3), steps=30))

    assert first.error == pytest.approx(errors.min().item(), rel=1e-4)
    assert first.digit == digits[errors.argmin()]


def test_random_networks_are_searched_too(
    small: Callable[..., Context], module: Callable[[str], ModuleType]
) -> None:
    values = list(module("actions").invert(small(), drawing=drawn(3), steps=40))

    assert values[-1].error < 0.97 * values[0].error


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (Image.new("RGB", (280, 280), "white"), "drawing: There is nothing on the paper"),
        (Image.effect_noise((300, 300), 200), "drawing: That does not look like a digit"),
    ],
)
def test_what_is_no_drawing_is_refused_before_anything_is_yielded(
    demo: Demo, picture: Image.Image, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        next(demo.stream("invert", drawing=picture))
