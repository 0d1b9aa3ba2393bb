"""The gallery: small networks that each show one thing about containers.

Sources:
    LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proceedings of the
    IEEE, 1998 (LeNet-5; here with ReLU and max-pooling, on three channels, as PyTorch's tutorials
    have it: https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html).
    PyTorch's reference of ``nn.ModuleList`` and ``nn.ModuleDict``, whose examples two networks are.
    He et al., "Delving Deep into Rectifiers", ICCV 2015, arXiv:1502.01852 (PReLU).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn


def lenet_numbered() -> nn.Sequential:
    """LeNet as one ``nn.Sequential``; its children are called by their numbers."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def lenet() -> nn.Sequential:
    """The same network with names: ``features`` see, the ``classifier`` decides.

    ``(B, 3, 32, 32)`` to logits ``(B, 10)``.
    """
    features = OrderedDict(
        conv1=nn.Conv2d(3, 6, 5),  # (B, 6, 28, 28)
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),  # (B, 6, 14, 14)
        conv2=nn.Conv2d(6, 16, 5),  # (B, 16, 10, 10)
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),  # (B, 16, 5, 5)
    )
    classifier = OrderedDict(
        flatten=nn.Flatten(),  # (B, 400)
        fc1=nn.Linear(16 * 5 * 5, 120),
        relu1=nn.ReLU(),
        fc2=nn.Linear(120, 84),
        relu2=nn.ReLU(),
        fc3=nn.Linear(84, 10),
    )
    return nn.Sequential(
        OrderedDict(features=nn.Sequential(features), classifier=nn.Sequential(classifier))
    )


class TwentyLinears(nn.Module):
    """Twenty layers in an ``nn.ModuleList``, which holds them and runs nothing by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(10, 10) for _ in range(20)])

    def forward(self, x: Tensor) -> Tensor:
        """``(B, 10)`` through one layer after the other, a ReLU behind each."""
        for linear in self.linears:
            x = linear(x).relu()
        return x


class Choices(nn.Module):
    """Layers to choose from by name, in two ``nn.ModuleDict``."""

    def __init__(self) -> None:
        super().__init__()
        self.choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
        self.activations = nn.ModuleDict({"relu": nn.ReLU(), "prelu": nn.PReLU()})

    def forward(self, x: Tensor, choice: str = "conv", act: str = "prelu") -> Tensor:
        """``(B, 10, H, W)`` through the chosen layer, then the chosen activation."""
        x = self.choices[choice](x)
        chosen: Tensor = self.activations[act](x)
        return chosen


class ConvReluPool(nn.Module):
    """Convolution, ReLU, max-pooling: the three steps that a convolutional network repeats."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, 8, H / 2, W / 2)``."""
        pooled: Tensor = self.pool(self.relu(self.conv(x)))
        return pooled


class PlainList(nn.Module):
    """The mistake: layers in a Python list, of which PyTorch knows nothing.

    ``parameters()`` is empty, so no optimiser trains them, ``to("cuda")`` leaves them behind, and
    ``state_dict()`` does not save them. ``nn.ModuleList`` in place of the brackets mends it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(10, 10), nn.Linear(10, 10)]

    def forward(self, x: Tensor) -> Tensor:
        """``(B, 10)`` through both layers."""
        for layer in self.layers:
            x = layer(x).relu()
        return x


ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "lenet": lenet,
    "lenet_numbered": lenet_numbered,
    "twenty_linears": TwentyLinears,
    "choices": Choices,
    "conv_relu_pool": ConvReluPool,
    "plain_list": PlainList,
}


def build_model(name: str) -> nn.Module:
    """The network of that name, with PyTorch's default initial weights.

    Raises:
        KeyError: there is none of that name.
    """
    return ARCHITECTURES[name]()
