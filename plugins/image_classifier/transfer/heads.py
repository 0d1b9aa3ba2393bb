"""The head of a classifier, its last layer: found in any network, replaced, and fed by itself.

The words are timm's, so that whoever knows them finds their way: ``get_classifier`` is the head,
``replace_head`` is ``reset_classifier``, ``backbone`` is the network after
``reset_classifier(0)``, and its outputs are what ``forward_head(…, pre_logits=True)`` gives. They
are also what ``torchvision.models.feature_extraction`` extracts at the head's input, without
tracing the network first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn

from demo_app import DemoError, InvalidInput
from demo_app.checkpoints import build

Kind = Literal["linear", "mlp", "binary"]
Layer: TypeAlias = nn.Linear | nn.Conv2d
NAMES = ("fc", "classifier", "heads", "head")
"""What torchvision, timm and most papers' code call the part of a network that ends in logits."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What kind of head a classifier has.

    Attributes:
        kind: ``linear``, one layer with a logit for each class; ``mlp``, a hidden layer with ReLU
            before it; ``binary``, one layer with one logit for two classes. The sigmoid of that
            logit belongs to the loss and to the prediction (``logits.py``), not to the network.
        hidden: width of the hidden layer; only ``mlp`` has one.
        dropout: share of the hidden units that is dropped in training; only ``mlp`` has it.
    """

    kind: Kind = "linear"
    hidden: int = 256
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InvalidInput(f"kind must be {' or '.join(get_args(Kind))}, not {self.kind!r}.")
        if self.hidden < 1:
            raise InvalidInput(f"hidden must be at least 1, not {self.hidden}.")
        if not 0 <= self.dropout < 1:
            raise InvalidInput(f"dropout must be at least 0 and below 1, not {self.dropout}.")

    def outputs(self, num_classes: int) -> int:
        """How many logits stand for so many classes.

        Raises:
            InvalidInput: fewer than two classes, or a binary head for more than two.
        """
        if num_classes < 2:
            raise InvalidInput(f"A classifier needs two classes or more, not {num_classes}.")
        if self.kind == "binary" and num_classes != 2:
            raise InvalidInput(
                f"A binary head tells two classes apart, not {num_classes}; for more than two "
                "take a linear head."
            )
        return 1 if self.kind == "binary" else num_classes


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the head of a network is.

    Attributes:
        name: of the module, ``"classifier.1"`` for instance.
        auxiliary: the heads of side branches that only training uses (Szegedy et al., "Going
            Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, section 5).
    """

    name: str
    auxiliary: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the main one first."""
        return (self.name, *self.auxiliary)


class MLP(nn.Sequential):
    """A head with a hidden layer, one module that is found and replaced as a whole.

    In place of a 1x1 convolution it averages the maps first, so that it classifies a picture as
    it does behind any other network, and not each cell by itself.
    """

    def __init__(self, first: Layer, last: Layer, dropout: float) -> None:
        super().__init__()
        if isinstance(first, nn.Conv2d):
            self.pool = nn.AdaptiveAvgPool2d(1)
        self.hidden = first
        self.act = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.output = last


def find_head(model: nn.Module) -> Place:
    """Where a network turns features into logits.

    It is what the network's own ``get_classifier`` returns, or else the last linear layer or 1x1
    convolution of the last child that is called ``fc``, ``classifier``, ``heads`` or ``head``.

    Raises:
        DemoError: there is none.
    """
    for name, candidate in _candidates(model):
        if (last := _last_layer(candidate, name)) is not None:
            return Place(name=last, auxiliary=_auxiliary_heads(model))
    raise DemoError(
        f"{type(model).__name__} has no head that can be found here. A head is a linear layer or "
        f"a 1x1 convolution at the end of a child called {', '.join(NAMES[:-1])} or {NAMES[-1]}; "
        "or give the network a method get_classifier that returns it."
    )


def get_classifier(model: nn.Module) -> nn.Module:
    """The head of a network: ``nn.Linear``, a 1x1 ``nn.Conv2d`` or ``MLP``.

    Raises:
        DemoError: it cannot be found.
    """
    return model.get_submodule(find_head(model).name)


def replace_head(
    model: nn.Module,
    num_classes: int,
    head: Head | Kind = "linear",
    *,
    generator: torch.Generator | None = None,
) -> nn.Module:
    """Give a network a new head for other classes; nothing else of it changes.

    Auxiliary heads are replaced by their like. A ReLU behind the old head (SqueezeNet has one) is
    removed, because no logit could be negative with it: a binary head could never say no.

    Args:
        model: changed in place.
        num_classes: how many classes, at least two.
        head: what kind of head; a word stands for the head of that kind with its defaults.
        generator: of the initial weights, on the CPU; one with the seed 0 if none is given. As
            PyTorch's own, they are uniform in ±1/√(inputs). The global one is not touched.

    Returns:
        The network. Its outputs are ``(B, num_classes)``, or ``(B, 1)`` of a binary head.

    Raises:
        InvalidInput: the number of classes does not fit the head.
        DemoError: the network's head cannot be found.
    """
    head = Head(kind=head) if isinstance(head, str) else head
    outputs = head.outputs(num_classes)
    generator = generator or torch.Generator().manual_seed(0)
    for name in find_head(model).names:
        old = model.get_submodule(name)
        parent, _, own_name = name.rpartition(".")
        setattr(model.get_submodule(parent), own_name, _new_head(old, outputs, head, generator))
        for clipping in _clipping(model, name):
            setattr(model.get_submodule(parent), clipping, nn.Identity())
    if "num_classes" in vars(model):  # SqueezeNet, ViT and timm's networks keep count.
        vars(model)["num_classes"] = outputs
    return model


def backbone(model: nn.Module) -> nn.Module:
    """A network without its head: ``(B, 3, H, W)`` to what the head gets, ``(B, in_features)``.

    It is a view: it shares every other module with the network, so it costs no memory, and what
    is trained or moved in one is so in the other. Nothing is hooked into the network, which may
    serve other threads meanwhile. Features are the same each time (and may be kept) as long as
    the network is in eval mode, or frozen by ``freezing.freeze``; its mode is the network's own.

    Raises:
        DemoError: the head cannot be found.
    """
    view = _view(model, find_head(model).name)
    # GoogLeNet and Inception return their auxiliary logits, too, while they are in train mode.
    view.training = False
    return view


def forward_head(model: nn.Module, features: Tensor) -> Tensor:
    """Logits ``(B, outputs)`` of what ``backbone(model)`` returned, ``(B, in_features)``.

    Raises:
        DemoError: the head cannot be found, or is SqueezeNet's own, whose ReLU comes before the
            average over the cells.
    """
    name = find_head(model).name
    if _clipping(model, name):
        raise DemoError(
            f"{type(model).__name__} clips the logits of each cell before it averages them; give "
            "it a head of your own with replace_head."
        )
    head = model.get_submodule(name)
    if _layers(head)[0].weight.ndim == 4:
        features = features[..., None, None]  # (B, in_features, 1, 1)
    logits: Tensor = head(features)
    return logits.flatten(1)


def in_features(model: nn.Module) -> int:
    """Width of what the head gets.

    Raises:
        DemoError: the head cannot be found.
    """
    return _layers(get_classifier(model))[0].weight.shape[1]


def _candidates(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    own = getattr(model, "get_classifier", None)
    if callable(own):
        classifier = own()
        yield from ((name, child) for name, child in model.named_modules() if child is classifier)
    for name, child in reversed(list(model.named_children())):
        if name in NAMES:
            yield name, child


def _last_layer(module: nn.Module, name: str) -> str | None:
    """The name of the last layer that can be a head, the module itself or inside it."""
    if isinstance(module, nn.Linear | MLP):
        return name
    if isinstance(module, nn.Conv2d):
        return name if module.kernel_size == (1, 1) and module.groups == 1 else None
    for own_name, child in reversed(list(module.named_children())):
        if (last := _last_layer(child, f"{name}.{own_name}")) is not None:
            return last
    return None


def _auxiliary_heads(model: nn.Module) -> tuple[str, ...]:
    branches = [(n, child) for n, child in model.named_children() if n.lower().startswith("aux")]
    return tuple(last for n, child in branches if (last := _last_layer(child, n)) is not None)


def _layers(head: nn.Module) -> list[Layer]:
    return [layer for layer in head.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]


def _new_head(old: nn.Module, outputs: int, head: Head, generator: torch.Generator) -> Layer | MLP:
    """A head of the wanted kind with the inputs, the device, the dtype and the mode of the old."""
    weight = _layers(old)[0].weight

    def layer(inputs: int, outputs: int) -> Layer:
        made = build(
            lambda: (
                nn.Linear(inputs, outputs)
                if weight.ndim == 2
                else nn.Conv2d(inputs, outputs, kernel_size=1)
            )
        )
        for parameter in made.parameters():
            nn.init.uniform_(parameter, -(inputs**-0.5), inputs**-0.5, generator=generator)
        assert isinstance(made, nn.Linear | nn.Conv2d)
        return made

    inputs = weight.shape[1]
    new = (
        MLP(layer(inputs, head.hidden), layer(head.hidden, outputs), head.dropout)
        if head.kind == "mlp"
        else layer(inputs, outputs)
    )
    # Drawn on the CPU and moved, they are the same on every device.
    return new.to(device=weight.device, dtype=weight.dtype).train(old.training)


def _clipping(model: nn.Module, name: str) -> list[str]:
    """The ReLUs that follow a head in its ``nn.Sequential``, by their names in it."""
    parent_name, _, own_name = name.rpartition(".")
    parent = model.get_submodule(parent_name)
    if not isinstance(parent, nn.Sequential):
        return []
    siblings = dict(parent.named_children())
    following = list(siblings)[list(siblings).index(own_name) + 1 :]
    return [sibling for sibling in following if isinstance(siblings[sibling], nn.ReLU)]


def _view(module: nn.Module, head: str) -> nn.Module:
    """A copy of a module in which the identity stands for a head; all else is shared."""
    name, _, rest = head.partition(".")
    view = copy.copy(module)
    inner = _view(module.get_submodule(name), rest) if rest else nn.Identity()
    view._modules = {**module._modules, name: inner}
    return view
