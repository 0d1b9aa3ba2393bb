"""The five-stage ResNet of ``ConvBlock`` and ``IdentityBlock``, as a tutorial writes it.

The tutorial says that it equals ResNet-18. It does not: it is ResNet-50 as it was first published.
``measure`` has the numbers, and ``compare`` sets them beside those of ResNet-18 and ResNet-50.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385,
Table 1 (the stages) and Figure 5 (the block of three convolutions). The names of the blocks come
from Keras and the Deep Learning Specialization's programming exercise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from demo_app.meta import build_on_meta

from .resnet import resnet18, resnet50

Filters = tuple[int, int, int]
BLOCKS = {"BasicBlock", "Bottleneck", "ConvBlock", "IdentityBlock"}
SHORTCUTS = {"downsample", "shortcut"}


class IdentityBlock(nn.Module):
    """Convolutions of 1x1, 3x3 and 1x1, to whose output the input is added as it is.

    Args:
        in_channels: of the input, and of the output.
        filters: channels after each convolution; the last of them are ``in_channels``.
    """

    def __init__(self, in_channels: int, filters: Filters) -> None:
        super().__init__()
        self.main = main_path(in_channels, filters, stride=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to the same shape."""
        activated: Tensor = self.relu(self.main(x) + x)
        return activated


class ConvBlock(nn.Module):
    """The block with which a stage begins: its shortcut is a convolution, since the shape changes.

    Its first 1x1 convolution has the stride, so that it looks at every fourth cell only; later
    versions ("v1.5", ``resnet.Bottleneck``) let the 3x3 convolution have it.
    """

    def __init__(self, in_channels: int, filters: Filters, *, stride: int) -> None:
        super().__init__()
        self.main = main_path(in_channels, filters, stride=stride)
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_channels, filters[2], 1, stride=stride, bias=False),
            nn.BatchNorm2d(filters[2]),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to ``(B, filters[2], ⌈H / stride⌉, ⌈W / stride⌉)``."""
        activated: Tensor = self.relu(self.main(x) + self.shortcut(x))
        return activated


class FiveStageResNet(nn.Module):
    """A stem, four stages of one ``ConvBlock`` and several of ``IdentityBlock``, a linear layer.

    Args:
        num_classes: width of the classifier.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.stage1 = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stage2 = stage(64, (64, 64, 256), identities=2, stride=1)
        self.stage3 = stage(256, (128, 128, 512), identities=3)
        self.stage4 = stage(512, (256, 256, 1024), identities=5)
        self.stage5 = stage(1024, (512, 512, 2048), identities=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, num_classes)

    def forward_features(self, images: Tensor) -> Tensor:
        """Images ``(B, 3, H, W)`` to feature maps ``(B, 2048, ⌈H / 32⌉, ⌈W / 32⌉)``."""
        x: Tensor = self.stage3(self.stage2(self.stage1(images)))
        features: Tensor = self.stage5(self.stage4(x))
        return features

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, 2048, h, w)`` to logits ``(B, num_classes)``."""
        logits: Tensor = self.fc(self.avgpool(features).flatten(1))
        return logits

    def get_classifier(self) -> nn.Module:
        """The layer from pooled features to logits."""
        return self.fc

    def forward(self, images: Tensor) -> Tensor:
        """Preprocessed images ``(B, 3, H, W)`` to logits ``(B, num_classes)``."""
        return self.forward_head(self.forward_features(images))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What distinguishes one network from another, counted and not claimed.

    Attributes:
        name: of the network.
        parameters: how many it learns.
        multiply_adds: of one picture of 224 x 224.
        depth: weighted layers (convolutions and linear ones) from the picture to the logits,
            shortcuts left out, as He et al. count.
        blocks: residual blocks.
        convolutions_per_block: on the way through a block.
    """

    name: str
    parameters: int
    multiply_adds: int
    depth: int
    blocks: int
    convolutions_per_block: int


def compare() -> list[Measured]:
    """The five-stage network, ResNet-18, which it is said to equal, and ResNet-50."""
    networks: dict[str, Callable[[], nn.Module]] = {
        "five-stage ResNet": FiveStageResNet,
        "ResNet-18": resnet18,
        "ResNet-50 (v1.5)": resnet50,
    }
    return [measure(name, network) for name, network in networks.items()]


def measure(name: str, architecture: Callable[[], nn.Module]) -> Measured:
    """Count a residual network's parts on the meta device, where nothing is computed."""
    network = build_on_meta(architecture).eval()
    blocks = [module for module in network.modules() if type(module).__name__ in BLOCKS]
    (per_block,) = {weighted_layers(block) for block in blocks}
    return Measured(
        name=name,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        multiply_adds=multiply_adds(network, torch.empty(1, 3, 224, 224, device="meta")),
        depth=weighted_layers(network),
        blocks=len(blocks),
        convolutions_per_block=per_block,
    )


def multiply_adds(network: nn.Module, images: Tensor) -> int:
    """Of all convolutions and linear layers, shortcuts included, in one forward pass."""
    # torch's FlopCounterMode hooks into every module of the process; others may be running.
    counts: list[int] = []

    def count(layer: nn.Module, _: object, output: Tensor) -> None:
        counts.append(output.numel() * layer.get_parameter("weight")[0].numel())

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.no_grad():
        network(images)
    return sum(counts)


def weighted_layers(module: nn.Module) -> int:
    """Convolutions and linear layers that are not part of a shortcut."""
    return sum(
        isinstance(layer, nn.Conv2d | nn.Linear) and not SHORTCUTS & set(name.split("."))
        for name, layer in module.named_modules()
    )


def main_path(in_channels: int, filters: Filters, *, stride: int) -> nn.Sequential:
    """1x1, 3x3 and 1x1 convolution, each with BatchNorm, the first two with ReLU."""
    first, second, third = filters
    return nn.Sequential(
        nn.Conv2d(in_channels, first, 1, stride=stride, bias=False),
        nn.BatchNorm2d(first),
        nn.ReLU(inplace=True),
        nn.Conv2d(first, second, 3, padding=1, bias=False),
        nn.BatchNorm2d(second),
        nn.ReLU(inplace=True),
        nn.Conv2d(second, third, 1, bias=False),
        nn.BatchNorm2d(third),
    )


def stage(in_channels: int, filters: Filters, *, identities: int, stride: int = 2) -> nn.Sequential:
    """A ``ConvBlock`` and so many of ``IdentityBlock``."""
    blocks = [IdentityBlock(filters[2], filters) for _ in range(identities)]
    return nn.Sequential(ConvBlock(in_channels, filters, stride=stride), *blocks)
