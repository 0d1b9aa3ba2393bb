"""Which module's output fed which, as one forward pass on the meta device showed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from ..anatomy.counting import size
from ..anatomy.shapes import describe, shape_of, tensors_in
from ..anatomy.trace import Observer, Trace, observe
from ..anatomy.tree import arguments, kind

MAX_CALLS = 20_000
"""Calls and operations that are kept of one forward pass."""

NAMES = {
    "addmm": "linear",
    "mm": "matmul",
    "bmm": "matmul",
    "baddbmm": "matmul",
    "cat": "concat",
    "_softmax": "softmax",
    "_safe_softmax": "softmax",
    "_log_softmax": "log_softmax",
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
    "_adaptive_avg_pool2d": "adaptive_avg_pool2d",
    "_adaptive_avg_pool3d": "adaptive_avg_pool3d",
    "native_layer_norm": "layer_norm",
    "native_batch_norm": "batch_norm",
    "native_group_norm": "group_norm",
    "constant_pad_nd": "pad",
    "hardtanh": "relu6 / hardtanh",
}
"""What people call an operation that torch has under another name."""

TOLD = frozenset(
    {
        *NAMES.values(),
        *(
            "relu",
            "gelu",
            "silu",
            "elu",
            "leaky_relu",
            "sigmoid",
            "tanh",
            "hardswish",
            "hardsigmoid",
        ),
        *("convolution", "embedding", "mean", "avg_pool2d", "avg_pool3d", "prelu", "roll"),
        *("upsample_nearest2d", "upsample_bilinear2d", "pixel_shuffle"),
    }
)
"""Operations that are told even if they take one tensor only. Views and copies are not."""

SYMBOLS = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}


class TooManyCalls(Exception):
    """The forward pass has more calls than a diagram could show."""


@dataclass(kw_only=True, eq=False)
class Step:
    """One call of a module, or one operation that no layer did.

    Attributes:
        path: of the module; empty for the whole model, and for an operation.
        name: the module's name, or the operation's.
        holder: the call inside which it happened; None for what is outside of all.
        takes: the shapes that it takes, by the step of the same holder that made them; None stands
            for what the holder itself was given.
        returns: the shapes that it returns, by the step inside it that made them; as in ``takes``.
        steps: what happened inside, in order; nothing for a layer.
    """

    path: str
    name: str
    class_name: str
    kind: str
    holder: Step | None
    arguments: str = ""
    parameters: int = 0
    given: str = ""
    returned: str = ""
    takes: dict[Step | None, str] = field(default_factory=dict)
    returns: dict[Step | None, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def flow(module: nn.Module, inputs: Mapping[str, Sequence[Tensor]]) -> tuple[list[Step], Trace]:
    """Run a module once and tell who fed whom.

    Args:
        module: on the meta device; it is changed to evaluation mode.
        inputs: as ``trace`` takes them.

    Returns:
        The calls made from outside, one for each of ``inputs``, and what else was seen; a pass
        that failed has the steps so far.
    """
    recorder = Recorder(module, tensors_in(inputs))
    seen = observe(recorder, module, inputs)
    return recorder.outside.steps, seen


class Recorder(Observer):
    """Marks every tensor with the step that made it, and asks the mark of those that are taken."""

    def __init__(self, module: nn.Module, inputs: Iterable[Tensor] = ()) -> None:
        given = list(inputs)
        super().__init__(module, given)
        self.outside = Step(path="", name="", class_name="", kind="outside", holder=None)
        self._within = [self.outside]
        self._names = {id(t): n for n, t in (*module.named_parameters(), *module.named_buffers())}
        self._count = 0
        entry = Step(path="", name="", class_name="", kind="input", holder=self.outside)
        for tensor in given:
            _mark(tensor, entry)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        self._note_operation(func, (args, kwargs or {}), result)
        return result

    def _enter_module(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        super()._enter_module(module, args, kwargs)
        path, given = self._running[-1]
        step = self._step(
            path=path,
            name=path.rpartition(".")[2],
            class_name=type(module).__name__,
            kind=kind(module),
            arguments=arguments(module),
            parameters=sum(map(size, module.parameters())),
            given=given,
        )
        for tensor in tensors_in((args, kwargs)):
            _take(step, tensor)
        self._within.append(step)

    def _leave_module(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        super()._leave_module(module, args, kwargs, output)
        path = self._paths[module]
        while len(self._within) > 1:
            step = self._within.pop()
            if step.path == path:
                self._note_results(step, output)
                return

    def _note_operation(self, func: Any, given: Any, result: Any) -> None:
        made = [t for t in tensors_in(result) if id(t) not in self._tensors]
        taken = list(tensors_in(given))
        makers = [maker for t in taken if (maker := _maker(t)) is not None]
        if not made or not makers:
            return
        name = getattr(getattr(func, "_overloadpacket", func), "__name__", "operation").rstrip("_")
        name = NAMES.get(name, name)
        held = [self._names[id(t)] for t in taken if id(t) in self._names]
        sources = {_at(maker, self._within[-1]) for maker in makers}
        if len(sources) > 1 or name in TOLD or (name in SYMBOLS and held):
            step = self._step(
                path="", name=SYMBOLS.get(name, name), class_name="", kind="operation"
            )
            step.arguments = ", ".join(held)
            step.returned = describe(made[0])
            for tensor in taken:
                _take(step, tensor)
            maker = step
        else:
            maker = makers[0]
        for tensor in made:
            _mark(tensor, maker)

    def _note_results(self, step: Step, output: Any) -> None:
        """Note what a call returns; what it only handed through counts as made by it."""
        step.returned = describe(output)
        for tensor in tensors_in(output):
            maker = _maker(tensor)
            source = _at(maker, step) if maker is not None else None
            if maker is not None:
                step.returns.setdefault(source, shape_of(tensor))
            if source is None and id(tensor) not in self._tensors:
                _mark(tensor, step)
        if step.path and all(inner.kind == "operation" for inner in step.steps):
            step.steps.clear()

    def _step(self, **facts: Any) -> Step:
        self._count += 1
        if self._count > MAX_CALLS:
            raise TooManyCalls
        step = Step(holder=self._within[-1], **facts)
        self._within[-1].steps.append(step)
        return step


def _take(step: Step, tensor: Tensor) -> None:
    """Note that a step takes a tensor, and every call around it that did not make it, too."""
    maker = _maker(tensor)
    current: Step | None = step
    while maker is not None and current is not None and current.holder is not None:
        source = _at(maker, current.holder)
        current.takes.setdefault(source, shape_of(tensor))
        current = current.holder if source is None else None


def _at(maker: Step, holder: Step) -> Step | None:
    """The step directly inside ``holder`` that made it; None if it was made outside of that."""
    step: Step | None = maker
    while step is not None and step.holder is not holder:
        step = step.holder
    return step


def _mark(tensor: Tensor, step: Step) -> None:
    tensor._made_by = step  # type: ignore[attr-defined]


def _maker(tensor: Tensor) -> Step | None:
    return getattr(tensor, "_made_by", None)


def inner_steps(step: Step) -> Iterator[Step]:
    """Those inside a step that lead somewhere: an operation whose result nobody takes is none."""
    taken = {source for inner in step.steps for source in inner.takes} | set(step.returns)
    return (inner for inner in step.steps if inner.kind != "operation" or inner in taken)
