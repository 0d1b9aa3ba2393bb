"""EfficientNet-Lite0 is the published network, not one that resembles it."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

EXAMPLES = ["cat.jpg", "espresso.jpg", "rocket.jpg", "tripod.jpg"]


def largest_difference(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().max().item()


def test_timm_computes_the_same_logits_for_random_images(
    network: nn.Module, timm_network: nn.Module, random_images: Tensor
) -> None:
    assert largest_difference(network(random_images), timm_network(random_images)) < 1e-4


@pytest.mark.parametrize("name", EXAMPLES)
def test_timm_computes_the_same_logits_for_photos(
    network: nn.Module,
    timm_network: nn.Module,
    module: Callable[[str], ModuleType],
    examples: Path,
    name: str,
) -> None:
    preprocessing = module("architectures.conversion").PREPROCESSING
    image = preprocessing.to_tensor(preprocessing.crop_picture(Image.open(examples / name)))

    assert largest_difference(network(image), timm_network(image)) < 1e-4


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (2, 3), (33, 47), (225, 223), (256, 192), (1, 300)]
)
def test_timm_computes_the_same_features_for_any_size(
    network: nn.Module, timm_network: nn.Module, height: int, width: int
) -> None:
    images = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(1))

    features = network.forward_features(images)  # type: ignore[operator]

    assert features.shape == (1, 1280, -(-height // 32), -(-width // 32))
    reference = timm_network.forward_features(images)  # type: ignore[operator]
    assert largest_difference(features, reference) < 1e-4


def test_symmetric_padding_would_give_other_logits(
    network: nn.Module,
    random_images: Tensor,
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = network(random_images)

    monkeypatch.setattr(
        module("models"), "same_padding", lambda size, kernel_size, stride: 2 * (kernel_size // 2)
    )
    displaced = network(random_images)

    assert displaced.shape == expected.shape
    assert largest_difference(displaced, expected) > 0.5


def test_the_usual_batchnorm_epsilon_would_give_other_logits(
    network: nn.Module, random_images: Tensor
) -> None:
    expected = network(random_images)

    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 1e-5

    assert largest_difference(network(random_images), expected) > 0.5


@pytest.mark.parametrize("size", [1, 2, 7, 8, 224])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_same_padding_puts_the_odd_row_at_the_bottom_and_the_odd_column_at_the_right(
    module: Callable[[str], ModuleType], size: int, stride: int, kernel_size: int
) -> None:
    convolution = module("models").SamePadConv2d(2, 3, kernel_size, stride=stride)
    images = torch.randn(1, 2, size, size + 1, generator=torch.Generator().manual_seed(2))

    def split(length: int) -> tuple[int, int]:
        total = max((-(-length // stride) - 1) * stride + kernel_size - length, 0)
        return total // 2, total - total // 2

    padded = pad(images, (*split(size + 1), *split(size)))
    expected = conv2d(padded, convolution.weight, stride=stride)

    torch.testing.assert_close(convolution(images), expected)
    assert expected.shape[-2:] == (-(-size // stride), -(-(size + 1) // stride))


def test_the_network_has_the_published_number_of_parameters(network: nn.Module) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008


def test_features_and_head_make_up_the_forward_pass(
    network: nn.Module, random_images: Tensor
) -> None:
    features = network.forward_features(random_images)  # type: ignore[operator]

    torch.testing.assert_close(
        network.forward_head(features),  # type: ignore[operator]
        network(random_images),
    )


def test_the_classifier_is_the_linear_layer_on_the_pooled_features(
    network: nn.Module, random_images: Tensor
) -> None:
    pooled = network.forward_features(random_images).mean(dim=(2, 3))  # type: ignore[operator]

    classifier = network.get_classifier()  # type: ignore[operator]

    torch.testing.assert_close(classifier(pooled), network(random_images))


def test_an_unknown_architecture_is_a_key_error(module: Callable[[str], ModuleType]) -> None:
    with pytest.raises(KeyError, match="efficientnet_lite9"):
        module("models").build_model("efficientnet_lite9")
