"""The replay shows the last kept moment before a step."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Context, Demo, InvalidInput
from demo_app.checkpoints import CheckpointMetadata, read_header
from demo_app.testing import context
from tests.plugins.mnist_gan.drawings import pixels

CURVE = [[0, 0.0, 0.0, 0.1, 90.0], [3, 0.5, 0.7, 0.4, 50.0], [10, 0.6, 0.8, 0.9, 8.0]]


@pytest.fixture
def small_replay(module: Callable[[str], ModuleType]) -> Context:
    """Three moments of a training of ten steps, their pictures of one shade each."""
    archive = module("archive").PictureArchive(3, 28, 280, capacity=2000, labelled=False)
    shades = torch.tensor([0, 17, 34], dtype=torch.uint8)
    archive.pack(shades[:, None, None].expand(3, 28, 280))
    metadata = CheckpointMetadata(
        architecture="small", license="CC0-1.0", source="", training={"curve": CURVE}
    )
    return context(models={"replay": archive}, metadata={"replay": metadata})


@pytest.mark.parametrize(
    ("step", "place"), [(0, 0), (1, 0), (2, 0), (3, 1), (9, 1), (10, 2), (None, 2)]
)
def test_a_step_shows_the_last_moment_that_is_not_after_it(
    module: Callable[[str], ModuleType], small_replay: Context, step: int | None, place: int
) -> None:
    moment = module("actions").replay(small_replay, step=step)

    assert [
        moment.step,
        moment.discriminator_loss,
        moment.generator_loss,
        moment.agreement,
        moment.distance,
    ] == CURVE[place]
    assert moment.steps == 10
    assert set(pixels(moment.image).flatten().tolist()) == {17 * place}


@pytest.mark.parametrize("step", [11, 10**9])
def test_a_step_beyond_the_end_is_refused_with_the_number_of_steps(
    module: Callable[[str], ModuleType], small_replay: Context, step: int
) -> None:
    with pytest.raises(InvalidInput, match=r"^step: the training had 10 steps$"):
        module("actions").replay(small_replay, step=step)


class TestShipped:
    @pytest.fixture
    def curve(self, checkpoints: Path) -> Any:
        return read_header(checkpoints / "replay.safetensors").metadata.training["curve"]

    def test_every_moment_of_the_curve_can_be_shown(self, demo: Demo, curve: Any) -> None:
        for step, *_ in curve[::6]:
            moment = demo.call("replay", step=step)
            assert moment.step == step
            assert moment.image.size == (280, 168)

    def test_it_begins_with_noise_and_ends_with_digits(self, demo: Demo, curve: Any) -> None:
        first, last = demo.call("replay", step=0), demo.call("replay")

        assert (first.step, last.step) == (0, curve[-1][0])
        assert last.agreement > 0.95 > 0.5 > first.agreement
        assert last.distance < 0.1 * first.distance

    def test_left_out_the_step_is_the_last(self, demo: Demo, curve: Any) -> None:
        assert demo.call("replay") == demo.call("replay", step=curve[-1][0])

    def test_beyond_the_end_is_refused(self, demo: Demo, curve: Any) -> None:
        with pytest.raises(InvalidInput, match=rf"^step: the training had {curve[-1][0]:,} steps"):
            demo.call("replay", step=curve[-1][0] + 1)
