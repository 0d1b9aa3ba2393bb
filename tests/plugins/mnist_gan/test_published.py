"""The tutorial's generator really makes 4 x 4 pictures, and the mend really mends it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Demo


@pytest.fixture(scope="session")
def published(module: Callable[[str], ModuleType]) -> Any:
    return module("published")


LATENTS = torch.randn(3, 100, generator=torch.Generator().manual_seed(0))


def test_the_published_generator_makes_4_by_4(published: Any) -> None:
    assert published.PublishedGenerator()(LATENTS).shape == (3, 1, 4, 4)


def test_the_published_discriminator_cannot_see_that(published: Any) -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        published.PublishedDiscriminator()(torch.zeros(3, 1, 4, 4))


def test_the_mended_generator_makes_28_by_28(published: Any) -> None:
    images = published.PublishedGenerator(start=7)(LATENTS)

    assert images.shape == (3, 1, 28, 28)
    assert published.PublishedDiscriminator()(images).shape == (3, 1)


def test_the_discriminator_gives_probabilities(published: Any) -> None:
    images = torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    probabilities = published.PublishedDiscriminator()(images)

    assert probabilities.min() > 0
    assert probabilities.max() < 1


def test_the_action_tells_what_came_out(demo: Demo) -> None:
    (fault,) = demo.call("tutorial_faults")

    assert fault.published_shape == (1, 1, 4, 4)
    assert fault.mended_shape == fault.expected_shape == (1, 1, 28, 28)
    assert "cannot be multiplied (1x128 and 6272x1)" in fault.error


def test_trying_it_out_leaves_global_random_state_alone(demo: Demo) -> None:
    before = torch.get_rng_state()

    demo.call("tutorial_faults")

    assert torch.get_rng_state().equal(before)
