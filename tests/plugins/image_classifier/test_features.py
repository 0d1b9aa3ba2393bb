"""What the head gets: features that can be kept, and fed to it again."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor

from demo_app import DemoError
from demo_app.checkpoints import build_untrained
from demo_app.testing import context

SMALL = ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0", "googlenet"]


@pytest.mark.parametrize("name", [*SMALL, "efficientnet_lite0", "convnet"])
def test_the_head_makes_the_networks_logits_of_them(
    heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor, name: str
) -> None:
    model = untrained(name)

    logits = heads.forward_head(model, heads.backbone(model)(small_photos))

    torch.testing.assert_close(logits, model(small_photos))


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_averaging_before_squeezenets_head_changes_nothing(
    heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor, kind: str
) -> None:
    model = heads.replace_head(untrained("squeezenet1_1"), 5, kind)

    logits = heads.forward_head(model, heads.backbone(model)(small_photos))

    torch.testing.assert_close(logits, model(small_photos))


def test_squeezenets_own_head_cannot_be_fed_with_averages(
    heads: Any, untrained: Callable[[str], nn.Module]
) -> None:
    with pytest.raises(DemoError, match=r"SqueezeNet clips the logits .* replace_head"):
        heads.forward_head(untrained("squeezenet1_1"), torch.ones(1, 512))


@pytest.mark.parametrize(
    ("name", "node"), [("resnet18", "flatten"), ("shufflenet_v2_x0_5", "mean")]
)
def test_torchvision_extracts_the_same(
    heads: Any,
    untrained: Callable[[str], nn.Module],
    small_photos: Tensor,
    name: str,
    node: str,
) -> None:
    model = untrained(name)
    extractor = create_feature_extractor(model, {node: "features"})

    torch.testing.assert_close(
        heads.backbone(model)(small_photos), extractor(small_photos)["features"]
    )


def test_timm_makes_the_same(heads: Any, small_photos: Tensor) -> None:
    model: Any = build_untrained(lambda: timm.create_model("tf_efficientnet_lite0")).eval()

    expected = model.forward_head(model.forward_features(small_photos), pre_logits=True)

    torch.testing.assert_close(heads.backbone(model)(small_photos), expected)


def test_the_network_keeps_its_head(
    heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor
) -> None:
    model = untrained("mobilenet_v3_small")
    before, keys = model(small_photos), list(model.state_dict())

    heads.backbone(model)(small_photos)

    assert torch.equal(model(small_photos), before)
    assert list(model.state_dict()) == keys


def test_they_change_with_the_networks_weights(
    heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor
) -> None:
    model = untrained("mobilenet_v3_small")
    view = heads.backbone(model)
    before = view(small_photos)

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.5)

    assert not torch.equal(view(small_photos), before)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_they_are_one_tensor_also_in_train_mode(
    heads: Any, on_meta: Callable[[str], nn.Module], name: str
) -> None:
    model = on_meta(name).train()

    features = heads.backbone(model)(torch.empty(2, 3, 299, 299, device="meta"))

    assert features.shape == (2, heads.in_features(model))
    assert model.training


def test_a_session_keeps_the_newest_features_up_to_its_limit(
    module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms, visitor = module("photographs.session_features"), context()
    monkeypatch.setattr(rooms, "MAX_BYTES", 3 * 1280 * 4)

    rooms.Features(known={str(n): torch.full((1280,), float(n)) for n in range(5)}).keep(visitor)

    known = rooms.Features.of(visitor).known
    assert list(known) == ["2", "3", "4"]
    assert known["4"].equal(torch.full((1280,), 4.0))
