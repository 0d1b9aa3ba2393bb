"""ResNet from scratch is torchvision's, and its variations are what they say."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from demo_app.checkpoints import build, build_untrained


@pytest.fixture(scope="session")
def resnet(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.resnet")


def with_random_statistics(model: nn.Module) -> nn.Module:
    """A norm that was just made does nothing; one with statistics shows where it stands."""
    generator = torch.Generator().manual_seed(1)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(generator=generator)
            part.running_var.uniform_(0.5, 1.5, generator=generator)
            nn.init.uniform_(part.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(part.bias, generator=generator)
    return model.eval()


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_torchvisions_weights_load_strictly_and_give_the_same_outputs(
    resnet: Any, small_photos: Tensor, name: str
) -> None:
    theirs = with_random_statistics(build_untrained(getattr(torchvision.models, name)))
    ours = build(getattr(resnet, name)).eval()

    ours.load_state_dict(theirs.state_dict(), strict=True)

    with torch.no_grad():
        assert torch.equal(ours(small_photos), theirs(small_photos))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032)],
)
def test_it_has_the_published_number_of_parameters(resnet: Any, name: str, parameters: int) -> None:
    model = build(getattr(resnet, name))

    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_initial_weights_are_spread_as_torchvisions(resnet: Any) -> None:
    theirs = build_untrained(torchvision.models.resnet18)
    ours = build_untrained(resnet.resnet18)

    for name, parameter in theirs.named_parameters():
        assert ours.get_parameter(name).std(correction=0).item() == pytest.approx(
            parameter.std(correction=0).item(), rel=0.1
        )


@pytest.mark.parametrize(
    ("stem", "side", "cells"),
    [
        ("IMAGENET_STEM", 224, 7),
        ("IMAGENET_STEM", 32, 1),
        ("SMALL_IMAGE_STEM", 32, 4),
    ],
)
def test_the_stem_decides_how_many_cells_are_left(
    resnet: Any, stem: str, side: int, cells: int
) -> None:
    model: Any = build_untrained(
        lambda: resnet.ResNet(
            resnet.BasicBlock,
            [1, 1, 1, 1],
            widths=(4, 4, 8, 8),
            stem=getattr(resnet, stem),
        )
    )

    assert model.eval().forward_features(torch.zeros(1, 3, side, side)).shape == (
        1,
        8,
        cells,
        cells,
    )


def test_momentum_and_epsilon_reach_every_norm(resnet: Any) -> None:
    model = resnet.ResNet(resnet.Bottleneck, [1, 2], widths=(4, 8), norm_momentum=0.3, norm_eps=0.5)

    norms = [part for part in model.modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 1 + 3 * 3 + 2
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.3, 0.5)}


def test_stages_and_widths_are_free(resnet: Any) -> None:
    model = resnet.ResNet(resnet.BasicBlock, [1, 2, 1], 10, in_channels=1, widths=(4, 8, 12))

    assert [len(getattr(model, f"layer{stage}")) for stage in (1, 2, 3)] == [1, 2, 1]
    assert not hasattr(model, "layer4")
    assert model.eval()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert model.get_classifier().in_features == 12


def test_widths_that_do_not_fit_the_stages_are_refused(resnet: Any) -> None:
    with pytest.raises(ValueError, match="3 stages need as many widths, not 4"):
        resnet.ResNet(resnet.BasicBlock, [1, 1, 1])


def test_features_and_head_make_up_the_forward_pass(resnet: Any, small_photos: Tensor) -> None:
    model: Any = build_untrained(resnet.resnet18).eval()

    assert torch.equal(
        model.forward_head(model.forward_features(small_photos)), model(small_photos)
    )
