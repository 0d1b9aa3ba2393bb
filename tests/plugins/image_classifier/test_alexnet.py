"""AlexNet from scratch is torchvision's; with local response normalisation it is the paper's."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from demo_app.checkpoints import build
from demo_app.meta import build_on_meta


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.alexnet")


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """torchvision's, with random weights in a part of it: 61 million numbers take a second."""
    model = build(lambda: torchvision.models.alexnet()).eval()
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        if name.startswith("features") or name.endswith("bias"):
            nn.init.normal_(parameter, std=0.05, generator=generator)
        else:
            # What is left of it holds whatever the memory held before.
            nn.init.zeros_(parameter)
            nn.init.normal_(parameter[:, :64], std=0.05, generator=generator)
    return model


@pytest.fixture
def photo() -> Tensor:
    return torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


def test_torchvisions_weights_load_strictly_and_give_the_same_outputs(
    room: Any, theirs: nn.Module, photo: Tensor
) -> None:
    ours = build(room.AlexNet).eval()

    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)

    with torch.no_grad():
        logits = ours(photo)
        assert logits.std() > 0.01
        assert torch.equal(logits, theirs(photo))


def test_the_same_weights_load_with_local_response_normalisation_and_give_others(
    room: Any, theirs: nn.Module, photo: Tensor
) -> None:
    ours: Any = build(lambda: room.AlexNet(local_response_norm=True)).eval()

    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)

    with torch.no_grad():
        assert not torch.allclose(ours(photo), theirs(photo))


def test_it_normalises_after_the_first_two_convolutions_and_before_their_poolings(
    room: Any,
) -> None:
    model: Any = build_on_meta(lambda: room.AlexNet(local_response_norm=True))

    names = [type(layer).__name__ for layer in model.features]
    assert names[:8] == ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"] * 2
    assert "LocalResponseNorm" not in names[8:]


def test_responses_are_normalised_as_the_paper_says(room: Any) -> None:
    activations = 100 * torch.rand(1, 9, 2, 2, generator=torch.Generator().manual_seed(0))
    squares = activations.square()

    normalised = room.response_norm()(activations)

    for channel in range(9):
        neighbours = squares[:, max(0, channel - 2) : channel + 3].sum(1)
        expected = activations[:, channel] / (2 + 1e-4 * neighbours) ** 0.75
        torch.testing.assert_close(normalised[:, channel], expected)


def test_it_has_the_published_number_of_parameters(room: Any) -> None:
    model = build_on_meta(room.AlexNet)

    assert sum(parameter.numel() for parameter in model.parameters()) == 61_100_840


def test_features_and_head_make_up_the_forward_pass(room: Any) -> None:
    model: Any = build_on_meta(room.AlexNet).eval()

    features = model.forward_features(torch.empty(2, 3, 224, 224, device="meta"))

    assert features.shape == (2, 256, 6, 6)
    assert model.forward_head(features).shape == (2, 1000)
