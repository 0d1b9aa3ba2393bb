"""A tutorial says that five stages of ConvBlock and IdentityBlock equal ResNet-18. They do not."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from demo_app.checkpoints import build, build_untrained
from demo_app.meta import build_on_meta


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.five_stage_resnet")


@pytest.fixture(scope="module")
def compared(room: Any) -> dict[str, Any]:
    return {measured.name: measured for measured in room.compare()}


def test_it_is_another_network_than_resnet18(compared: dict[str, Any]) -> None:
    five_stage, resnet18 = compared["five-stage ResNet"], compared["ResNet-18"]

    assert (five_stage.parameters, resnet18.parameters) == (25_557_032, 11_689_512)
    assert (five_stage.depth, resnet18.depth) == (50, 18)
    assert (five_stage.blocks, resnet18.blocks) == (16, 8)
    assert (five_stage.convolutions_per_block, resnet18.convolutions_per_block) == (3, 2)


def test_it_needs_twice_the_multiply_adds_of_resnet18(compared: dict[str, Any]) -> None:
    billions = {name: measured.multiply_adds / 1e9 for name, measured in compared.items()}

    # The paper's Table 1 has 3.8 and 1.8, torchvision 4.09 for its own ResNet-50.
    assert billions["five-stage ResNet"] == pytest.approx(3.86, abs=0.005)
    assert billions["ResNet-18"] == pytest.approx(1.81, abs=0.005)
    assert billions["ResNet-50 (v1.5)"] == pytest.approx(4.09, abs=0.005)


@pytest.mark.parametrize("name", ["FiveStageResNet", "resnet18", "resnet50"])
def test_they_are_counted_as_torch_counts_them(room: Any, name: str) -> None:
    model = build_on_meta(getattr(room, name)).eval()
    images = torch.empty(1, 3, 224, 224, device="meta")
    with FlopCounterMode(display=False) as counter:
        model(images)

    assert room.multiply_adds(model, images) == counter.get_total_flops() / 2


def test_a_picture_becomes_maps_of_a_32nd_of_its_side(room: Any) -> None:
    model: Any = build_on_meta(room.FiveStageResNet).eval()

    features = model.forward_features(torch.empty(1, 3, 224, 224, device="meta"))

    assert features.shape == (1, 2048, 7, 7)


def test_resnet50s_weights_fit_and_give_other_answers_since_the_strides_are_elsewhere(
    room: Any, small_photos: Tensor
) -> None:
    theirs: Any = build_untrained(torchvision.models.resnet50).eval()
    ours: Any = build(room.FiveStageResNet).eval()
    # Both register the same tensors, but for the shortcuts, in the same order.
    shortcuts = [name for name in ours.state_dict() if "shortcut" in name]
    their_shortcuts = [name for name in theirs.state_dict() if "downsample" in name]
    names = [name for name in ours.state_dict() if name not in shortcuts]
    their_names = [name for name in theirs.state_dict() if name not in their_shortcuts]
    pairs = dict(zip([*names, *shortcuts], [*their_names, *their_shortcuts], strict=True))
    state = theirs.state_dict()

    ours.load_state_dict({name: state[other] for name, other in pairs.items()}, strict=True)

    with torch.no_grad():
        assert (ours(small_photos) - theirs(small_photos)).abs().max() > 0.01
        for block in ("layer2.0", "layer3.0", "layer4.0"):
            theirs.get_submodule(block).conv1.stride = (2, 2)
            theirs.get_submodule(block).conv2.stride = (1, 1)
        torch.testing.assert_close(ours(small_photos), theirs(small_photos))
