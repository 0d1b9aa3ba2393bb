"""The first network of many tutorials, and the line that works for one size only."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app.checkpoints import build_untrained


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.convnet")


@pytest.fixture
def mended(room: Any) -> Any:
    return build_untrained(room.ConvNet).eval()


@pytest.fixture
def published(room: Any) -> Any:
    return build_untrained(room.PublishedConvNet).eval()


def digits(count: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 1, height, width, generator=generator)


def test_both_give_the_same_logits_for_28_x_28(mended: Any, published: Any) -> None:
    published.load_state_dict(mended.state_dict(), strict=True)

    assert torch.equal(mended(digits(3, 28, 28)), published(digits(3, 28, 28)))


@pytest.mark.parametrize(("height", "width"), [(4, 4), (16, 40), (32, 32), (56, 56), (224, 224)])
def test_mended_every_picture_has_one_answer(mended: Any, height: int, width: int) -> None:
    assert mended(digits(3, height, width)).shape == (3, 10)


def test_as_published_another_size_raises(published: Any) -> None:
    with pytest.raises(RuntimeError, match=r"shape '\[-1, 3136\]' is invalid"):
        published(digits(1, 32, 32))


@pytest.mark.parametrize(("count", "side", "answers"), [(1, 56, 4), (49, 32, 64)])
def test_as_published_some_sizes_have_more_answers_than_pictures(
    published: Any, count: int, side: int, answers: int
) -> None:
    assert published(digits(count, side, side)).shape == (answers, 10)


def test_its_convolutions_are_the_tutorials(mended: Any) -> None:
    shapes = [tuple(tensor.shape) for name, tensor in mended.named_parameters() if "weight" in name]

    assert shapes == [(32, 1, 5, 5), (64, 32, 5, 5), (1024, 3136), (10, 1024)]
    assert mended.forward_features(digits(1, 28, 28)).shape == (1, 64, 7, 7)


def test_colours_and_the_hidden_layer_are_free(room: Any) -> None:
    model = room.ConvNet(5, in_channels=3, hidden=16)

    assert model(torch.zeros(2, 3, 28, 28)).shape == (2, 5)
    assert model.get_classifier().in_features == 16
