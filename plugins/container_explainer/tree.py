"""The modules of a model and its tensors, each with its place and its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from .report import Kind, ModuleRow, Role, TensorRow
from .shapes import dtype_name, shape_of
from .trace import Calls, Trace

CONTAINERS: tuple[tuple[Kind, type[nn.Module]], ...] = (
    ("Sequential", nn.Sequential),
    ("ModuleList", nn.ModuleList),
    ("ModuleDict", nn.ModuleDict),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a module stands; a module that is held twice has two places, one of them first."""

    module: nn.Module
    path: str
    name: str
    depth: int
    first_path: str

    @property
    def is_first(self) -> bool:
        """Whether the module was not met before."""
        return self.path == self.first_path


def places(model: nn.Module) -> list[Place]:
    """Every place in the order of ``print(model)``, the whole model first."""
    first_paths: dict[nn.Module, str] = {}

    def walk(module: nn.Module, path: str, name: str, depth: int) -> Iterator[Place]:
        first_path = first_paths.setdefault(module, path)
        yield Place(module=module, path=path, name=name, depth=depth, first_path=first_path)
        for child_name, child in module._modules.items():
            if child is not None:
                child_path = f"{path}.{child_name}" if path else child_name
                yield from walk(child, child_path, child_name, depth + 1)

    return list(walk(model, "", "", 0))


def module_rows(model: nn.Module, trace: Trace | None) -> list[ModuleRow]:
    """A row for every place; without a trace, those have no shapes, calls and multiply-adds."""
    found = places(model)
    counted = _counted_where_first_met(found)
    total = sum(map(size, model.parameters()))
    whole = trace if trace is not None and trace.error is None else None
    used = _used_modules(model, whole) if whole is not None else set(model.modules())
    multiply_adds = _multiply_adds(model, whole) if whole is not None else {}
    rows = []
    for place in found:
        parameters = list(place.module.parameters())
        buffers = list(place.module.buffers())
        calls, shapes = _observed(place, trace)
        rows.append(
            ModuleRow(
                path=place.path,
                name=place.name,
                depth=place.depth,
                class_name=type(place.module).__name__,
                kind=kind(place.module),
                own_forward=has_own_forward(place.module),
                arguments=arguments(place.module),
                input="; ".join(given for given, _ in shapes),
                output="; ".join(returned for _, returned in shapes),
                calls=calls,
                unused=place.module not in used,
                own_parameters=sum(map(size, place.module.parameters(recurse=False))),
                parameters=sum(map(size, parameters)),
                trainable=sum(size(tensor) for tensor in parameters if tensor.requires_grad),
                share=counted[place.path] / total if total else 0.0,
                buffers=sum(map(size, buffers)),
                bytes=sum(map(size_in_bytes, [*parameters, *buffers])),
                multiply_adds=multiply_adds.get(place.module),
                same_as=None if place.is_first else place.first_path,
            )
        )
    return rows


def tensor_rows(model: nn.Module) -> list[TensorRow]:
    """A row for every name of a parameter or buffer, and for what else is in the state dict."""
    state_dict = model.state_dict(keep_vars=True)
    first_keys: dict[int, str] = {}
    rows = []
    for place in places(model):
        for role, name, tensor in _own_tensors(place.module):
            key = f"{place.path}.{name}" if place.path else name
            first_key = first_keys.setdefault(id(tensor), key)
            rows.append(
                TensorRow(
                    key=key,
                    module=place.path,
                    name=name,
                    role=role,
                    shape="" if is_lazy(tensor) else shape_of(tensor),
                    dtype=dtype_name(tensor),
                    count=size(tensor),
                    bytes=size_in_bytes(tensor),
                    trainable=role == "parameter" and tensor.requires_grad,
                    in_state_dict=key in state_dict,
                    tied_to=None if first_key == key else first_key,
                )
            )
    known = {row.key for row in rows}
    return rows + [_extra_row(key, state_dict[key]) for key in state_dict if key not in known]


def kind(module: nn.Module) -> Kind:
    """How a module holds its children."""
    for name, container in CONTAINERS:
        if isinstance(module, container):
            return name
    return "module" if any(child is not None for child in module._modules.values()) else "layer"


def has_own_forward(module: nn.Module) -> bool:
    """Whether it is one of the containers, of a class that says itself what a call does."""
    return any(
        isinstance(module, container) and type(module).forward is not container.forward
        for _, container in CONTAINERS
    )


def arguments(module: nn.Module) -> str:
    """What ``print`` shows between the parentheses of the module itself."""
    try:
        return as_off_meta(module.extra_repr())
    except Exception as error:
        return f"extra_repr() raised {type(error).__name__}"


def as_off_meta(text: str) -> str:
    """What a model prints, without the device that it is on only here (``nn.ParameterDict``)."""
    return text.replace("torch.meta.", "torch.")


def size(tensor: Tensor) -> int:
    """How many numbers a tensor has; 0 if that is only known after the first forward pass."""
    return 0 if is_lazy(tensor) else tensor.numel()


def size_in_bytes(tensor: Tensor) -> int:
    """What they take in the tensor's dtype."""
    return 0 if is_lazy(tensor) else tensor.nbytes


def _own_tensors(module: nn.Module) -> Iterator[tuple[Role, str, Tensor]]:
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield "parameter", name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None:
            yield "buffer", name, buffer


def _observed(place: Place, trace: Trace | None) -> tuple[int | None, list[tuple[str, str]]]:
    """How often a module was called, and with which shapes in and out."""
    if trace is None:
        return None, []
    calls = trace.calls.get(place.first_path, Calls())
    stopped = [(trace.stopped_with, "–")] if place.first_path == trace.stopped_in else []
    return calls.count, calls.shapes + stopped


def _counted_where_first_met(found: list[Place]) -> dict[str, int]:
    """Numbers in the parameters of every place, each tensor at the first of its places only."""
    counted = {place.path: 0 for place in found}
    met: set[int] = set()
    for place in found:
        for parameter in place.module.parameters(recurse=False):
            if id(parameter) in met:
                continue
            met.add(id(parameter))
            path = place.path
            while path:
                counted[path] += size(parameter)
                path = path.rpartition(".")[0]
            counted[""] += size(parameter)
    return counted


def _multiply_adds(model: nn.Module, trace: Trace) -> dict[nn.Module, int]:
    """Those of every module; of one that is not called itself, its children's together."""
    counts: dict[nn.Module, int] = {}
    paths = {module: path for path, module in model.named_modules()}

    def count(module: nn.Module) -> int:
        if module not in counts:
            below = sum(map(count, module.children()))
            path = paths[module]
            counts[module] = trace.multiply_adds[path] if path in trace.calls else below
        return counts[module]

    count(model)
    return counts


def _used_modules(model: nn.Module, trace: Trace) -> set[nn.Module]:
    """Those that were called, or a tensor of theirs took part, or that hold such a module.

    ``nn.MultiheadAttention``, for one, takes the weights of its ``out_proj`` without calling it.
    """
    took_part = {
        module
        for path, module in model.named_modules()
        if path in trace.calls or any(id(t) in trace.used for _, _, t in _own_tensors(module))
    }
    return {module for module in model.modules() if took_part.intersection(module.modules())}


def _extra_row(key: str, value: Any) -> TensorRow:
    module, _, name = key.rpartition(".")
    tensor = value if isinstance(value, Tensor) else None
    return TensorRow(
        key=key,
        module=module,
        name=name,
        role="extra state",
        shape=shape_of(tensor) if tensor is not None else "",
        dtype=dtype_name(tensor) if tensor is not None else type(value).__name__,
        count=0,
        bytes=0,
        trainable=False,
        in_state_dict=True,
        tied_to=None,
    )
