"""The modules of a model and its tensors, each with its place and its numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ..report import Kind, ModuleRow, TensorRow, Trained
from .counting import (
    Place,
    counted_where_first_met,
    counts,
    held,
    own_tensors,
    places,
    size,
    size_in_bytes,
    used_modules,
)
from .shapes import dtype_name, shape_of
from .trace import Calls, Trace

CONTAINERS: tuple[tuple[Kind, type[nn.Module]], ...] = (
    ("Sequential", nn.Sequential),
    ("ModuleList", nn.ModuleList),
    ("ModuleDict", nn.ModuleDict),
)


def module_rows(
    model: nn.Module, trace: Trace | None, tensors: Sequence[TensorRow]
) -> list[ModuleRow]:
    """A row for every place; without a trace, those have no shapes, calls and multiply-adds.

    Args:
        model: the whole model.
        trace: what one forward pass showed.
        tensors: what ``tensor_rows`` says of the model.
    """
    found = places(model)
    counted = counted_where_first_met(found)
    total = sum(map(size, model.parameters()))
    whole = trace if trace is not None and trace.error is None else None
    used = used_modules(model, whole) if whole is not None else set(model.modules())
    counted_calls = counts(model, whole) if whole is not None else {}
    holdings = held(model)
    keys: dict[str, list[str]] = defaultdict(list)
    for tensor in tensors:
        if tensor.in_state_dict:
            keys[tensor.module].append(tensor.key)
    rows = []
    for place in found:
        parameters, buffers = holdings[place.module]
        calls, shapes = _observed(place, trace)
        multiply_adds, activation_bytes = counted_calls.get(place.module, (None, None))
        trainable = [tensor for tensor in parameters if tensor.requires_grad]
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
                trainable=sum(map(size, trainable)),
                trained=_trained(len(trainable), len(parameters)),
                dtype=", ".join(sorted({dtype_name(tensor) for tensor in parameters})),
                share=counted[place.path] / total if total else 0.0,
                buffers=sum(map(size, buffers)),
                bytes=sum(map(size_in_bytes, parameters)) + sum(map(size_in_bytes, buffers)),
                multiply_adds=multiply_adds,
                activation_bytes=activation_bytes,
                state_dict_keys=keys[place.path],
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
        for role, name, tensor in own_tensors(place.module):
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


def _observed(place: Place, trace: Trace | None) -> tuple[int | None, list[tuple[str, str]]]:
    """How often a module was called, and with which shapes in and out."""
    if trace is None:
        return None, []
    calls = trace.calls.get(place.first_path, Calls())
    stopped = [(trace.stopped_with, "–")] if place.first_path == trace.stopped_in else []
    return calls.count, calls.shapes + stopped


def _trained(trainable: int, parameters: int) -> Trained:
    if parameters == 0:
        return "no parameters"
    return "all" if trainable == parameters else "part" if trainable else "none"


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
