"""ResNet from scratch, with the variations that tutorials teach as parameters.

Names and shapes are torchvision's, so its published state dicts load strictly; a test shows that
the outputs are the same.

Sources:
    He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385
    (section 3.3, Table 1, Figure 5).
    torchvision.models.resnet, whose Bottleneck strides in its 3x3 convolution ("ResNet v1.5").
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from torch import Tensor, nn

Norm: TypeAlias = Callable[[int], nn.Module]


@dataclass(frozen=True, kw_only=True)
class Stem:
    """What comes before the first stage: a convolution, and a max-pooling that halves the maps.

    ImageNet's stem divides the side by four. Of a picture of 32 x 32 that leaves 8 x 8, and the
    three stages that follow halve it to a single cell.
    """

    kernel_size: int = 7
    stride: int = 2
    max_pool: bool = True


IMAGENET_STEM = Stem()
SMALL_IMAGE_STEM = Stem(kernel_size=3, stride=1, max_pool=False)
"""For CIFAR and its like, as He et al. 2016 have it in section 4.2."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, to whose output the input is added (Figure 5, left)."""

    expansion: ClassVar[int] = 1

    def __init__(self, in_channels: int, width: int, stride: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = convolution(in_channels, width, 3, stride=stride)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = convolution(width, width, 3)
        self.bn2 = norm(width)
        self.downsample = projection(in_channels, width, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to ``(B, width, ⌈H / stride⌉, ⌈W / stride⌉)``."""
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        activated: Tensor = self.relu(x + identity)
        return activated


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, the second of which widens it four times.

    (Figure 5, right.) The 3x3 convolution has the stride; in the paper the first one has it.
    """

    expansion: ClassVar[int] = 4

    def __init__(self, in_channels: int, width: int, stride: int, norm: Norm) -> None:
        super().__init__()
        out_channels = width * self.expansion
        self.conv1 = convolution(in_channels, width, 1)
        self.bn1 = norm(width)
        self.conv2 = convolution(width, width, 3, stride=stride)
        self.bn2 = norm(width)
        self.conv3 = convolution(width, out_channels, 1)
        self.bn3 = norm(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = projection(in_channels, out_channels, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to ``(B, 4 · width, ⌈H / stride⌉, ⌈W / stride⌉)``."""
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        activated: Tensor = self.relu(x + identity)
        return activated


class ResNet(nn.Module):
    """A stem, stages of residual blocks, the mean over all cells, and a linear layer.

    ``ResNet(BasicBlock, [2, 2, 2, 2])`` is ResNet-18, ``[3, 4, 6, 3]`` of them ResNet-34, and of
    ``Bottleneck`` ResNet-50.

    Args:
        block: of which the stages are made.
        layers: how many blocks each stage has; every stage but the first halves the maps.
        num_classes: width of the classifier.
        in_channels: of the pictures; 1 for grey ones.
        widths: channels inside the blocks of each stage; as many as ``layers``.
        stem: ``SMALL_IMAGE_STEM`` for pictures of about 32 x 32.
        norm_momentum: the share of the running statistics that each batch replaces.
        norm_eps: what is added to a variance before its root is taken.

    Raises:
        ValueError: there are not as many widths as stages.
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        widths: Sequence[int] = (64, 128, 256, 512),
        stem: Stem = IMAGENET_STEM,
        norm_momentum: float = 0.1,
        norm_eps: float = 1e-5,
    ) -> None:
        super().__init__()
        if len(widths) != len(layers):
            raise ValueError(f"{len(layers)} stages need as many widths, not {len(widths)}")
        norm = functools.partial(nn.BatchNorm2d, momentum=norm_momentum, eps=norm_eps)
        channels = widths[0]
        self.conv1 = convolution(in_channels, channels, stem.kernel_size, stride=stem.stride)
        self.bn1 = norm(channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if stem.max_pool else nn.Identity()
        self.stage_names = [f"layer{number}" for number in range(1, len(layers) + 1)]
        for name, width, count in zip(self.stage_names, widths, layers, strict=True):
            stage = nn.Sequential()
            for index in range(count):
                stride = 2 if index == 0 and name != "layer1" else 1
                stage.append(block(channels, width, stride, norm))
                channels = width * block.expansion
            self.add_module(name, stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward_features(self, images: Tensor) -> Tensor:
        """Images ``(B, in_channels, H, W)`` to feature maps ``(B, C, h, w)``.

        With ImageNet's stem and four stages ``h`` is H / 32, rounded up; ``C`` is the last width
        times the block's expansion.
        """
        x: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for name in self.stage_names:
            x = self.get_submodule(name)(x)
        return x

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, C, h, w)`` to logits ``(B, num_classes)``."""
        logits: Tensor = self.fc(self.avgpool(features).flatten(1))
        return logits

    def get_classifier(self) -> nn.Module:
        """The layer from pooled features to logits."""
        return self.fc

    def forward(self, images: Tensor) -> Tensor:
        """Preprocessed images ``(B, in_channels, H, W)`` to logits ``(B, num_classes)``."""
        return self.forward_head(self.forward_features(images))


def resnet18(num_classes: int = 1000) -> ResNet:
    """18 weighted layers, 11.69 million parameters (He et al. 2016, Table 1)."""
    return ResNet(BasicBlock, [2, 2, 2, 2], num_classes)


def resnet34(num_classes: int = 1000) -> ResNet:
    """34 weighted layers, 21.80 million parameters."""
    return ResNet(BasicBlock, [3, 4, 6, 3], num_classes)


def resnet50(num_classes: int = 1000) -> ResNet:
    """50 weighted layers, 25.56 million parameters."""
    return ResNet(Bottleneck, [3, 4, 6, 3], num_classes)


def convolution(
    in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution whose padding keeps the size, but for the stride; a norm has its bias."""
    padding = kernel_size // 2
    return nn.Conv2d(
        in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False
    )


def projection(
    in_channels: int, out_channels: int, stride: int, norm: Norm
) -> nn.Sequential | None:
    """What brings a block's input to the shape of its output; nothing where it has it already.

    Option B of He et al. 2016, section 3.3.
    """
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(
        convolution(in_channels, out_channels, 1, stride=stride), norm(out_channels)
    )
