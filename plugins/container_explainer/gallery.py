"""The networks of the gallery, what each shows, and where it comes from; nothing imports torch."""

from __future__ import annotations

from dataclasses import dataclass

LENET = "https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html"
REFERENCE = "https://docs.pytorch.org/docs/stable/generated/torch.nn.{name}.html"


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One network.

    Attributes:
        title: for people.
        shows: what it is there for, in a sentence.
        source: where it comes from, a page.
        shape: of its input.
        checkpoint: of its trained weights; None for those that are there for their architecture.
    """

    title: str
    shows: str
    source: str
    shape: tuple[int, ...]
    checkpoint: str | None = None


GALLERY = {
    "lenet": Exhibit(
        title="LeNet, Sequential of named parts",
        shows="Two Sequentials in a third, each child with a name, and so each key of the "
        "state_dict: features.conv1.weight. Trained on CIFAR-10; it runs on your photo.",
        source=LENET,
        shape=(1, 3, 32, 32),
        checkpoint="lenet.safetensors",
    ),
    "lenet_numbered": Exhibit(
        title="LeNet, one Sequential, numbered",
        shows="The same layers without names: their keys are numbers, and shift when one is "
        "inserted.",
        source=LENET,
        shape=(1, 3, 32, 32),
    ),
    "twenty_linears": Exhibit(
        title="Twenty layers in a ModuleList",
        shows="A ModuleList holds layers and runs none: the forward goes through it in a loop.",
        source=REFERENCE.format(name="ModuleList"),
        shape=(1, 10),
    ),
    "choices": Exhibit(
        title="Layers to choose from, in ModuleDicts",
        shows="A ModuleDict gives layers by name: forward(x, choice, act) picks conv or pool, then "
        "relu or prelu.",
        source=REFERENCE.format(name="ModuleDict"),
        shape=(1, 10, 12, 12),
    ),
    "conv_relu_pool": Exhibit(
        title="Convolution, ReLU, pooling",
        shows="The three steps that a convolutional network repeats, as attributes of a module of "
        "one's own.",
        source=LENET,
        shape=(1, 3, 32, 32),
    ),
    "plain_list": Exhibit(
        title="The mistake: a plain list",
        shows="Layers in Python's brackets: no parameters, nothing trained, nothing saved, and no "
        "error.",
        source=REFERENCE.format(name="ModuleList"),
        shape=(1, 10),
    ),
}
