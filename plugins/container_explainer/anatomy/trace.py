"""One forward pass on the meta device, where nothing is computed, and what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.hooks import RemovableHandle

from demo_app.meta import OnMeta

from .kernels import answer
from .products import multiply_adds
from .shapes import describe, describe_arguments, tensors_in

MAX_SHAPES = 4
"""Different shapes of one module that are kept; its calls are all counted."""
MAX_VALUES_READ = 1000


class TooManyValues(Exception):
    """The forward pass reads values in a loop that zeros may never end."""


@dataclass(kw_only=True)
class Calls:
    """The calls of one module: how many, and the different shapes in and out."""

    count: int = 0
    shapes: list[tuple[str, str]] = field(default_factory=list)

    def note(self, given: str, returned: str) -> None:
        """Count one call."""
        self.count += 1
        if (given, returned) not in self.shapes and len(self.shapes) < MAX_SHAPES:
            self.shapes.append((given, returned))


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What one forward pass showed; modules are named by their first path.

    Attributes:
        calls: of every module that was called and returned.
        multiply_adds: of all calls of a module, its children's included; where there were any.
        activation_bytes: of the tensors that a module and those inside it returned, each storage
            once: what a layer changed in place, or a view, takes no memory of its own. Parameters,
            buffers and inputs are not among them.
        used: the ids of the parameters and buffers that took part.
        values_read: how many values the model looked at, and got zero for.
        stopped_in: the module that was running when the pass failed.
        stopped_with: the shapes that this module was called with.
        error: why it failed; None if it did not.
    """

    calls: dict[str, Calls]
    multiply_adds: Counter[str]
    activation_bytes: Counter[str]
    used: frozenset[int]
    values_read: int
    stopped_in: str | None
    stopped_with: str
    error: Exception | None


def trace(module: nn.Module, inputs: Mapping[str, Sequence[Tensor]]) -> Trace:
    """Run a module that is on the meta device, in evaluation mode, and watch it.

    Args:
        module: is changed to evaluation mode.
        inputs: the positional arguments of ``forward``, on the meta device, by the path of the
            module that is called with them: the empty one for the whole, or those of its parts.
    """
    return observe(Observer(module, tensors_in(inputs)), module, inputs)


def observe(observer: Observer, module: nn.Module, inputs: Mapping[str, Sequence[Tensor]]) -> Trace:
    """The same with an observer that is there already and made for that module."""
    failure: Exception | None = None
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), OnMeta():
            module.eval()
            with observer:
                for path, arguments in inputs.items():
                    module.get_submodule(path)(*arguments)
    except Exception as error:
        failure = error
    stopped_in, stopped_with = observer.innermost
    return Trace(
        calls=observer.calls,
        multiply_adds=observer.multiply_adds,
        activation_bytes=observer.activation_bytes,
        used=frozenset(observer.used),
        values_read=observer.values_read,
        stopped_in=stopped_in if failure else None,
        stopped_with=stopped_with if failure else "",
        error=failure,
    )


def hook_calls(
    modules: Iterable[nn.Module], enter: Callable[..., Any], leave: Callable[..., Any]
) -> list[RemovableHandle]:
    """Tell two functions of every call of these modules: before it, and when it returned."""
    return [
        handle
        for module in modules
        for handle in (
            module.register_forward_pre_hook(enter, with_kwargs=True),
            module.register_forward_hook(leave, with_kwargs=True),
        )
    ]


class Observer(TorchDispatchMode):
    """Sees every call of a tree's modules, and every operation while it is entered.

    It counts by the formulas of torch's ``FlopCounterMode``. That one hooks every module of the
    process, so that the calls of other visitors would appear in the counts; this one hooks one
    tree, and modes of its kind see the operations of their own thread only.
    """

    supports_higher_order_operators = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would import its compiler, to tell it to leave this class alone."""
        return False

    def __init__(self, module: nn.Module, inputs: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.calls: dict[str, Calls] = {}
        self.multiply_adds: Counter[str] = Counter()
        self.activation_bytes: Counter[str] = Counter()
        self.used: set[int] = set()
        self.values_read = 0
        self._paths = {part: path for path, part in module.named_modules()}
        held = [*module.parameters(), *module.buffers()]
        self._tensors = set(map(id, held))
        # Kept alive, so that no other storage gets the address of one that was counted.
        self._storages = {s._cdata: s for s in map(_storage, (*held, *inputs)) if s is not None}
        self._running: list[tuple[str, str]] = []
        self._handles: list[Any] = []

    @property
    def innermost(self) -> tuple[str, str]:
        """The module that was called last and has not returned, and its input."""
        return self._running[-1] if self._running else ("", "")

    def __enter__(self) -> Observer:
        self._handles = hook_calls(self._paths, self._enter_module, self._leave_module)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for handle in self._handles:
            handle.remove()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        for argument in (*args, *kwargs.values()):
            members = argument if isinstance(argument, list | tuple) else (argument,)
            self.used.update(self._tensors.intersection(map(id, members)))
        if func is torch.ops.aten._local_scalar_dense.default and args[0].is_meta:
            return self._zero(args[0])
        result = answer(func, args, kwargs)
        if result is NotImplemented:
            result = func(*args, **kwargs)
        count = multiply_adds(func, args, kwargs, result)
        if count:
            for path in {"", *(path for path, _ in self._running)}:
                self.multiply_adds[path] += count
        return result

    def _zero(self, tensor: Tensor) -> bool | int | float:
        self.values_read += 1
        if self.values_read > MAX_VALUES_READ:
            raise TooManyValues
        if tensor.dtype is torch.bool:
            return False
        return 0.0 if tensor.is_floating_point() else 0

    def _enter_module(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._running.append((self._paths[module], describe_arguments(args, kwargs)))

    def _leave_module(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        path = self._paths[module]
        # More than one is taken off where a module caught the exception of another.
        while self._running:
            left, given = self._running.pop()
            if left == path:
                self.calls.setdefault(path, Calls()).note(given, describe(output))
                self._count_activations(path, output)
                return

    def _count_activations(self, path: str, output: Any) -> None:
        for tensor in tensors_in(output):
            storage = _storage(tensor)
            if storage is None or storage._cdata in self._storages:
                continue
            self._storages[storage._cdata] = storage
            for holder in {"", path, *(path for path, _ in self._running)}:
                self.activation_bytes[holder] += storage.nbytes()


def _storage(tensor: Tensor) -> torch.UntypedStorage | None:
    """Where its numbers would be; None for a tensor that has no size yet, or is sparse."""
    if is_lazy(tensor) or tensor.layout is not torch.strided:
        return None
    return tensor.untyped_storage()
