"""The networks of this demo, written from their papers.

Every classifier here shares one interface (``ImageClassifier``): feature maps, then a head that
pools and classifies them. Actions rely on that interface and on nothing else.

Sources:
    Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    ICML 2019, arXiv:1905.11946 (Table 1: the B0 stages).
    EfficientNet-Lite, 2020: tensorflow/tpu, models/official/efficientnet/lite (no
    squeeze-and-excite, ReLU6 for swish, BatchNorm momentum 0.99 and epsilon 1e-3, dropout 0.2).
    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018,
    arXiv:1801.04381 (the block); Tan et al., "MnasNet", CVPR 2019, arXiv:1807.11626 (the name
    MBConv and the search space it comes from).
"""

import functools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from .architectures.convnet import ConvNet
from .architectures.resnet import SMALL_IMAGE_STEM, BasicBlock, ResNet
from .shipped_heads import BACKBONE, FEATURES, SHIPPED_HEADS
from .shipped_networks import SHIPPED_NETWORKS


class ImageClassifier(Protocol):
    """What the actions expect of a network, whatever its architecture."""

    def forward_features(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` to feature maps ``(B, C', h, w)``."""
        ...

    def forward_head(self, features: Tensor) -> Tensor:
        """Feature maps ``(B, C, h, w)`` to logits ``(B, num_classes)``."""
        ...

    def get_classifier(self) -> nn.Module:
        """The last layer: from pooled features, or from hidden units, to logits."""
        ...


class SamePadConv2d(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding: ``⌈size / stride⌉`` outputs an axis.

    The padding depends on the input's size and, where its total is odd, the extra row goes to the
    bottom and the extra column to the right. PyTorch's symmetric ``padding=k // 2`` gives outputs
    of the same shape from windows shifted by one pixel, so weights trained in TensorFlow load
    into it without complaint and see every stride-2 layer displaced.

    Source: TensorFlow, ``tf.nn``, "Notes on padding".
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride=stride, groups=groups, bias=False
        )

    def forward(self, input: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to ``(B, out_channels, ⌈H / stride⌉, ⌈W / stride⌉)``."""
        rows = same_padding(input.shape[-2], self.kernel_size[0], self.stride[0])
        columns = same_padding(input.shape[-1], self.kernel_size[1], self.stride[1])
        padding = (rows // 2, columns // 2)
        if rows % 2 or columns % 2:
            # Only an uneven split has to be copied into a larger tensor; an even one the
            # convolution does on the fly.
            left, top = columns // 2, rows // 2
            input = pad(input, (left, columns - left, top, rows - top))
            padding = (0, 0)
        return conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        """As ``nn.Conv2d`` describes itself, with the padding it does not know of."""
        return f"{super().extra_repr()}, padding=SAME"


def same_padding(size: int, kernel_size: int, stride: int) -> int:
    """Rows (or columns) of zeros that "SAME" adds in total to an axis of ``size`` pixels."""
    outputs = -(-size // stride)
    return max((outputs - 1) * stride + kernel_size - size, 0)


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation and, unless it ends a linear bottleneck, ReLU6."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        activation: bool = True,
    ) -> None:
        conv = SamePadConv2d(in_channels, out_channels, kernel_size, stride=stride, groups=groups)
        # TensorFlow's momentum is the share that is kept, PyTorch's the share that is replaced.
        norm = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv, norm=norm)
        if activation:
            layers["act"] = nn.ReLU6()
        super().__init__(layers)


class MBConv(nn.Module):
    """Inverted residual: expand with 1x1, filter each channel with k x k, project with 1x1.

    The projection has no activation (a "linear bottleneck": ReLU would lose information in few
    channels). The input is added back where the shape allows. Published training also drops whole
    blocks at random (stochastic depth, survival probability 0.8); inference never does, and it is
    left out here.

    Source: Sandler et al. 2018, sections 3.2 and 3.3, Table 1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int,
        stride: int,
        expansion: int,
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand = ConvBlock(in_channels, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvBlock(hidden, hidden, kernel_size, stride=stride, groups=hidden)
        self.project = ConvBlock(hidden, out_channels, 1, activation=False)
        self.has_skip = stride == 1 and in_channels == out_channels

    def forward(self, input: Tensor) -> Tensor:
        """``(B, in_channels, H, W)`` to ``(B, out_channels, ⌈H / stride⌉, ⌈W / stride⌉)``."""
        output: Tensor = self.expand(input)  # (B, in_channels · expansion, H, W)
        output = self.depthwise(output)  # (B, in_channels · expansion, H / stride, W / stride)
        output = self.project(output)  # (B, out_channels, H / stride, W / stride)
        return input + output if self.has_skip else output


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A row of Table 1 in Tan & Le 2019: ``repeats`` blocks, of which the first may downsample."""

    expansion: int
    kernel_size: int
    stride: int
    channels: int
    repeats: int


LITE0_STAGES = (
    Stage(expansion=1, kernel_size=3, stride=1, channels=16, repeats=1),
    Stage(expansion=6, kernel_size=3, stride=2, channels=24, repeats=2),
    Stage(expansion=6, kernel_size=5, stride=2, channels=40, repeats=2),
    Stage(expansion=6, kernel_size=3, stride=2, channels=80, repeats=3),
    Stage(expansion=6, kernel_size=5, stride=1, channels=112, repeats=3),
    Stage(expansion=6, kernel_size=5, stride=2, channels=192, repeats=4),
    Stage(expansion=6, kernel_size=3, stride=1, channels=320, repeats=1),
)


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0: 4.65 million parameters, 407 million multiply-adds at 224x224.

    Args:
        num_classes: width of the classifier; 1000 for ImageNet-1k.
        dropout: share of pooled features dropped while training.
    """

    def __init__(self, num_classes: int = 1000, *, dropout: float = 0.2) -> None:
        super().__init__()
        stem_channels, feature_channels = 32, 1280
        self.stem = ConvBlock(3, stem_channels, 3, stride=2)
        self.stages = nn.Sequential()
        channels = stem_channels
        for stage in LITE0_STAGES:
            self.stages.append(build_stage(channels, stage))
            channels = stage.channels
        self.conv_head = ConvBlock(channels, feature_channels, 1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(feature_channels, num_classes)

    def forward_features(self, images: Tensor) -> Tensor:
        """The feature maps that the head pools.

        Args:
            images: ``(B, 3, H, W)``, preprocessed; any height and width from one pixel up.

        Returns:
            ``(B, 1280, ⌈H / 32⌉, ⌈W / 32⌉)``, each value in 0…6.
        """
        hidden = self.stem(images)  # (B, 32, H / 2, W / 2)
        hidden = self.stages(hidden)  # (B, 320, H / 32, W / 32)
        features: Tensor = self.conv_head(hidden)  # (B, 1280, H / 32, W / 32)
        return features

    def forward_head(self, features: Tensor) -> Tensor:
        """Pool ``(B, 1280, h, w)`` over its cells and classify: logits ``(B, num_classes)``."""
        pooled = features.mean(dim=(2, 3))  # (B, 1280)
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits

    def get_classifier(self) -> nn.Linear:
        """The linear layer from the 1280 pooled features to the logits."""
        return self.classifier

    def forward(self, images: Tensor) -> Tensor:
        """Preprocessed images ``(B, 3, H, W)`` to logits ``(B, num_classes)``."""
        return self.forward_head(self.forward_features(images))


def build_stage(in_channels: int, stage: Stage) -> nn.Sequential:
    """The blocks of one stage: the first changes size and width, the others keep them."""
    blocks = nn.Sequential()
    for index in range(stage.repeats):
        blocks.append(
            MBConv(
                in_channels if index == 0 else stage.channels,
                stage.channels,
                kernel_size=stage.kernel_size,
                stride=stage.stride if index == 0 else 1,
                expansion=stage.expansion,
            )
        )
    return blocks


def _shipped_head(name: str) -> nn.Module:
    # Heads are built by a room that needs the networks of this one.
    from .transfer.heads import Head
    from .transfer.trained_heads import build_head

    shipped = SHIPPED_HEADS[name]
    return build_head(Head(kind=shipped.kind), FEATURES, len(shipped.classes))


def _cifar_resnet() -> ResNet:
    """ResNet-18 for 32 x 32 pixels at half its width: 2.8 million parameters."""
    classes = len(SHIPPED_NETWORKS["resnet_cifar10"].classes)
    return ResNet(
        BasicBlock, [2, 2, 2, 2], classes, widths=(32, 64, 128, 256), stem=SMALL_IMAGE_STEM
    )


ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    BACKBONE: EfficientNetLite0,
    "convnet_mnist": ConvNet,
    "resnet_cifar10": _cifar_resnet,
    **{name: functools.partial(_shipped_head, name) for name in SHIPPED_HEADS},
}


def build_model(name: str) -> nn.Module:
    """The architecture called ``name``, with PyTorch's default initial weights.

    Raises:
        KeyError: there is none of that name.
    """
    return ARCHITECTURES[name]()
