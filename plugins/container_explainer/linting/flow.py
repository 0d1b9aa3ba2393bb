"""One forward pass on the meta device, watched for what goes where."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from demo_app.meta import OnMeta

from ..anatomy.trace import Observer, hook_calls
from .order import INPUT, Order, Step, is_torch_layer, tensors_in
from .plain import plain_values


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of a module that has not returned: what stood where a forward pass failed."""

    path: str
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one forward pass showed.

    Attributes:
        model: the copy on the meta device that was run.
        order: which step's result went into which; up to the failure, if it failed.
        called: the paths of the modules that were called and returned.
        used: the paths of the modules of which a parameter or buffer took part.
        values_read: how many values it looked at, and got zero for.
        error: why it failed; None if it did not.
        stopped: the calls that the failure ended, the outermost first.
        stopped_at: the function of torch's that failed, and the shapes it was given.
    """

    model: nn.Module
    order: Order
    called: frozenset[str]
    used: frozenset[str]
    values_read: int
    error: Exception | None
    stopped: list[Call]
    stopped_at: tuple[str, list[torch.Size]] | None


def copy_on_meta(model: nn.Module) -> nn.Module:
    """A copy without weights, so that nothing of the original changes when it is run.

    Tied tensors stay tied. What stands in plain lists and attributes moves as well, or a pass
    would fail for the device of those alone.
    """
    counterparts: dict[int, Any] = {}
    for tensor in _held(model):
        if id(tensor) not in counterparts:
            counterparts[id(tensor)] = _counterpart(tensor)
    return copy.deepcopy(model, counterparts)


def run(model: nn.Module, inputs: Mapping[str, Sequence[Tensor]], *, training: bool = False) -> Run:
    """Run a module that is on the meta device, and watch what goes where.

    Args:
        model: is changed to the mode that is asked for.
        inputs: the positional arguments of ``forward`` on the meta device, by the path of the
            module that is called with them.
        training: in training mode instead of evaluation mode.
    """
    observer, watch = Observer(model), Watch(model)
    failure: Exception | None = None
    outputs: list[Any] = []
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), OnMeta():
            model.train(training)
            with watch, observer:
                for path, arguments in inputs.items():
                    outputs.append(model.get_submodule(path)(*watch.begun_with(arguments)))
    except Exception as error:
        failure = error
    return Run(
        model=model,
        order=watch.order(outputs),
        called=frozenset(observer.calls),
        used=frozenset(_owners(model, observer.used)),
        values_read=observer.values_read,
        error=failure,
        stopped=watch.running if failure else [],
        stopped_at=watch.failed if failure else None,
    )


class Watch(TorchFunctionMode):
    """Sees every call of the layers of a tree and, outside of them, of torch's functions.

    Tensors are told apart by identity, so all are kept until the pass ends. A tensor that was
    written to comes, from then on, from the step that wrote.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.running: list[Call] = []
        self.failed: tuple[str, list[torch.Size]] | None = None
        self._model = model
        self._paths = {part: path for path, part in model.named_modules()}
        self._kept = {id(tensor): tensor for tensor in _held(model)}
        self._makers: dict[int, Step] = {}
        self._steps: list[Step] = []
        self._layers: list[tuple[Call, Step, list[int]]] = []
        self._handles: list[Any] = []
        self._is_whole = True

    def __enter__(self) -> Watch:
        self._handles = hook_calls(self._paths, self._enter_module, self._leave_module)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for handle in self._handles:
            handle.remove()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self._layers:
            return func(*args, **kwargs)
        given = list(tensors_in((args, kwargs)))
        versions = [tensor._version for tensor in given]
        name = getattr(func, "__name__", str(func))
        try:
            result = func(*args, **kwargs)
        except Exception:
            self.failed = name, [tensor.shape for tensor in given]
            raise
        made = list(tensors_in(result)) if not isinstance(result, torch.Size) else []
        made += [t for t, before in zip(given, versions, strict=True) if t._version != before]
        if made:
            path = self.running[-1].path if self.running else ""
            self._note(Step(name=name, path=path), given, made)
        return result

    def begun_with(self, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
        """The inputs, known as such."""
        for tensor in inputs:
            self._note(Step(name=INPUT), [], [tensor])
        return inputs

    def order(self, outputs: Sequence[Any]) -> Order:
        """What was seen. Tensors that a module keeps in an attribute count as returned."""
        returned = [*tensors_in(outputs), *_held(self._model)]
        made = {id(self._makers[id(t)]): self._makers[id(t)] for t in returned if self._made(t)}
        return Order(
            steps=self._steps,
            outputs=list(made.values()),
            is_observed=True,
            is_whole=self._is_whole and all(map(self._made, tensors_in(outputs))),
        )

    def _made(self, tensor: Tensor) -> bool:
        return id(tensor) in self._makers

    def _note(self, step: Step, given: Sequence[Tensor], made: Sequence[Tensor]) -> None:
        for tensor in given:
            if self._made(tensor):
                step.follow(self._makers[id(tensor)])
            elif id(tensor) not in self._kept:
                self._is_whole = False
        step.given = list(given)
        step.result = made[0] if made else None
        self._steps.append(step)
        for tensor in made:
            self._kept[id(tensor)] = tensor
            self._makers[id(tensor)] = step

    def _enter_module(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        call = Call(path=self._paths[module], module=module, args=args, kwargs=kwargs)
        self.running.append(call)
        if not self._layers and is_torch_layer(module):
            step = Step(name=type(module).__name__, path=call.path, module=module)
            step.given = list(tensors_in((args, kwargs)))
            self._layers.append((call, step, [tensor._version for tensor in step.given]))

    def _leave_module(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        # More than one is taken off where a module caught the exception of another.
        while self.running:
            call = self.running.pop()
            layer = self._layers.pop() if self._layers and self._layers[-1][0] is call else None
            if call.module is module:
                if layer is not None:
                    _, step, versions = layer
                    made = list(tensors_in(output))
                    made += [
                        tensor
                        for tensor, before in zip(step.given, versions, strict=True)
                        if tensor._version != before
                    ]
                    self._note(step, step.given, made)
                return


def _held(model: nn.Module) -> list[Tensor]:
    """Every tensor of a model: parameters, buffers, and those in plain attributes."""
    tensors = [*model.parameters(), *model.buffers()]
    for part in model.modules():
        for _, value in plain_values(part):
            if isinstance(value, nn.Module):
                tensors += [*value.parameters(), *value.buffers()]
            else:
                tensors.append(value)
    return tensors


def _counterpart(tensor: Tensor) -> Tensor:
    if is_lazy(tensor):
        kind: Any = type(tensor)
        lazy: Tensor = kind(tensor.requires_grad, device="meta")
        return lazy
    empty = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(empty, tensor.requires_grad)
    return empty


def _owners(model: nn.Module, used: set[int]) -> Iterator[str]:
    """The modules whose own tensors are among those with the given ids."""
    for path, module in model.named_modules():
        own = (*module.parameters(recurse=False), *module.buffers(recurse=False))
        if any(id(tensor) in used for tensor in own):
            yield path
