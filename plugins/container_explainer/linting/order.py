"""Which layer's output goes into which: seen in one forward pass, or read off a Sequential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn

INPUT = "input"
RESHAPES = {
    *("view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel"),
    *("squeeze", "unsqueeze", "permute", "transpose", "t", "movedim", "moveaxis", "swapaxes"),
    *("swapdims", "contiguous", "clone", "detach", "expand", "expand_as"),
    *("to", "float", "type", "type_as", "half", "double", "bfloat16", "__get__"),
}
"""Functions that move numbers and compute none (``__get__`` is ``x.T`` or ``x.data``)."""
SELECTIONS = {"__getitem__", "select", "narrow", "chunk", "split", "unbind", "index_select"}
RESHAPERS = (nn.Identity, nn.Flatten, nn.Unflatten)
MAX_NESTING = 8
_ATOMS = (type(None), bool, int, float, str, bytes, nn.Module, torch.dtype, torch.device)
DROPOUTS = (
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d),
    *(nn.AlphaDropout, nn.FeatureAlphaDropout),
)


@dataclass(kw_only=True, eq=False)
class Step:
    """One call: of a layer of torch's, or of a function outside of those.

    Attributes:
        name: of the layer's class, or of the function: ``"Conv2d"``, ``"relu"``, ``"add"``.
        path: of the layer, or of the module whose ``forward`` calls the function.
        module: the layer; None for a function.
        sources: the steps whose results it was given, each once.
        users: the steps that were given its result.
        given: the tensors among its arguments.
        result: the first tensor of its result; None where it was not run.
    """

    name: str
    path: str = ""
    module: nn.Module | None = None
    sources: list[Step] = field(default_factory=list)
    users: list[Step] = field(default_factory=list)
    given: list[Tensor] = field(default_factory=list)
    result: Tensor | None = None

    @property
    def title(self) -> str:
        """As it is called in a sentence: ``features.0 (Conv2d)``, ``relu``."""
        return f"{self.path or 'the whole'} ({self.name})" if self.module else self.name

    def follow(self, source: Step) -> None:
        """Note that this step was given the result of another."""
        if source not in self.sources:
            self.sources.append(source)
            source.users.append(self)


@dataclass(frozen=True, kw_only=True)
class Order:
    """The steps of a module from its input to its output.

    Attributes:
        steps: in the order in which they ended.
        outputs: those whose results the module returns.
        is_observed: whether it was run; otherwise the order is that of the container.
        is_whole: whether every tensor that was used came from a step, an input or a parameter.
    """

    steps: list[Step]
    outputs: list[Step]
    is_observed: bool
    is_whole: bool

    def calls(self, module: nn.Module | None) -> int:
        """How often a layer was called."""
        return sum(step.module is module for step in self.steps)

    @property
    def note(self) -> str:
        """What a message has to add on where the order is from."""
        if self.is_observed:
            return ""
        return " (This is the order in the container.)"


def order_of_container(model: nn.Module) -> Order | None:
    """The order in which a Sequential calls its children; None for any other module."""
    if not _calls_in_order(model):
        return None
    steps = [Step(name=INPUT)]
    for path, child in _flat(model, ""):
        step = Step(name=type(child).__name__, path=path, module=child)
        step.follow(steps[-1])
        steps.append(step)
    return Order(steps=steps, outputs=[steps[-1]], is_observed=False, is_whole=False)


def moves_only(step: Step) -> bool:
    """Whether it hands on the numbers that it gets, in another shape at most."""
    if step.module is not None:
        return isinstance(step.module, RESHAPERS)
    return step.name in RESHAPES


def is_dropout(step: Step) -> bool:
    """Whether it drops numbers in training, and does nothing else."""
    if step.module is not None:
        return isinstance(step.module, DROPOUTS)
    return "dropout" in step.name


def selects_only(step: Step) -> bool:
    """Whether it hands on some of the numbers that it gets."""
    return moves_only(step) or (step.module is None and step.name in SELECTIONS)


def is_called(step: Step, kind: type[nn.Module] | tuple[type[nn.Module], ...]) -> bool:
    """Whether it is a layer of that kind, which does what torch's own does."""
    return isinstance(step.module, kind) and is_torch_layer(step.module)


def sole_source(step: Step, *through: Any) -> Step | None:
    """The step whose result, and nothing else, goes into this one and nowhere else.

    Args:
        through: tells of steps in between whether to look past them.
    """
    while len(step.sources) == 1:
        (source,) = step.sources
        if len(source.users) != 1:
            return None
        if not any(is_passed(source) for is_passed in through):
            return source
        step = source
    return None


def last_steps(order: Order) -> Iterator[Step]:
    """The steps that make what the module returns; what only moves or selects is looked past."""
    for step in order.outputs:
        while (selects_only(step) or is_dropout(step)) and len(step.sources) == 1:
            (step,) = step.sources
        yield step


def is_torch_layer(module: nn.Module | None) -> bool:
    """Whether a call of it does what torch's own class does, without calls of other modules.

    ``nn.MultiheadAttention`` uses the weights of its child and does not call it; a parametrisation
    makes a weight.
    """
    if module is None or not type(module).forward.__module__.startswith("torch.nn.modules."):
        return False
    children = set(module._modules) - {"parametrizations"}
    return not children or isinstance(module, nn.MultiheadAttention)


def holds_parameters(module: nn.Module) -> bool:
    """Whether there is anything to train in a module."""
    return next(module.parameters(), None) is not None


def tensors_in(value: Any, nesting: int = 0) -> Iterator[Tensor]:
    """The tensors in a result or an argument, however it holds them."""
    if isinstance(value, Tensor):
        yield value
    elif nesting > MAX_NESTING or isinstance(value, _ATOMS):
        return
    elif isinstance(value, list | tuple):
        for member in value:
            yield from tensors_in(member, nesting + 1)
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()), nesting + 1)
    elif isinstance(value, Sequence | set | frozenset):
        yield from tensors_in(list(value), nesting + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from tensors_in(vars(value), nesting + 1)


def shown(shape: Sequence[int]) -> str:
    """``[1, 3, 224, 224]``."""
    return str(list(shape))


def _calls_in_order(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward


def _flat(module: nn.Module, path: str) -> Iterator[tuple[str, nn.Module]]:
    for name, child in module._modules.items():
        if child is not None:
            child_path = f"{path}.{name}" if path else name
            if _calls_in_order(child):
                yield from _flat(child, child_path)
            else:
                yield child_path, child
