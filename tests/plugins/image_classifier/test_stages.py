"""The last stage begins where the maps shrink for the last time."""

from collections.abc import Callable
from types import ModuleType

import pytest
from torch import nn


@pytest.fixture
def last_stage(module: Callable[[str], ModuleType]) -> Callable[[nn.Module], list[str]]:
    find: Callable[[nn.Module], list[str]] = module("transfer.stages").last_stage
    return find


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("resnet18", "layer4.0"),
        ("resnext50_32x4d", "layer4.0"),
        ("scratch_resnet50", "layer4.0"),
        ("five_stage_resnet", "stage5.0"),
        ("regnet_y_400mf", "trunk_output.block4.block4-0"),
        ("densenet121", "features.transition3.pool"),
        ("efficientnet_b0", "features.6.0"),
        ("efficientnet_v2_s", "features.6.0"),
        ("efficientnet_lite0", "stages.5.0"),
        ("mobilenet_v2", "features.14"),
        ("mobilenet_v3_large", "features.13"),
        ("mnasnet0_5", "layers.12.0"),
        ("shufflenet_v2_x0_5", "stage4.0"),
        ("convnext_tiny", "features.6.1"),
        ("swin_t", "features.6"),
        ("swin_v2_t", "features.6"),
        ("maxvit_t", "blocks.3"),
        ("googlenet", "maxpool4"),
        ("inception_v3", "Mixed_7a"),
        ("squeezenet1_0", "features.11"),
        ("squeezenet1_1", "features.8"),
        # Their last pooling ends a stage.
        ("vgg11", "features.15"),
        ("vgg16_bn", "features.33"),
        ("alexnet", "features.5"),
        ("scratch_alexnet", "features.5"),
        ("convnet", "features.2"),
        # One size throughout: a quarter of the blocks.
        ("vit_b_16", "encoder.layers.encoder_layer_9"),
        ("vit_l_16", "encoder.layers.encoder_layer_18"),
    ],
)
def test_it_begins_where_the_maps_shrink(
    last_stage: Callable[[nn.Module], list[str]],
    on_meta: Callable[[str], nn.Module],
    name: str,
    first: str,
) -> None:
    assert last_stage(on_meta(name))[0] == first


def test_it_goes_on_to_the_head(
    last_stage: Callable[[nn.Module], list[str]], on_meta: Callable[[str], nn.Module]
) -> None:
    assert last_stage(on_meta("vgg11"))[-3:] == ["classifier.3", "classifier.4", "classifier.5"]
    assert last_stage(on_meta("swin_t"))[-4:] == ["norm", "permute", "avgpool", "flatten"]


def test_auxiliary_branches_are_no_part_of_it(
    last_stage: Callable[[nn.Module], list[str]], on_meta: Callable[[str], nn.Module]
) -> None:
    assert not [name for name in last_stage(on_meta("googlenet")) if "aux" in name]
    assert not [name for name in last_stage(on_meta("inception_v3")) if "Aux" in name]


def test_a_network_that_is_all_head_has_none(
    last_stage: Callable[[nn.Module], list[str]],
) -> None:
    assert last_stage(nn.ModuleDict({"fc": nn.Linear(2, 2)})) == []
