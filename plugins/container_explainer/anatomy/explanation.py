"""A model taken apart: run once on the meta device, then told module by module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from demo_app import TensorSpec

from ..report import Explanation
from .counting import size, size_in_bytes
from .failures import explain_failure
from .shapes import describe_arguments
from .trace import Trace, trace
from .tree import module_rows, tensor_rows

NO_INPUTS = (
    "This model names no example inputs, so it was not run: there are no shapes and no "
    "multiply-adds. Its author can add example_inputs to its ModelSpec."
)
VALUES_READ = (
    "Its forward pass looks at values ({count}×). None are computed here, and each was taken as 0 "
    "or False: with real values it may go another way, with other shapes and multiply-adds."
)


def explain_module(
    module: nn.Module,
    inputs: Mapping[str, Sequence[TensorSpec]],
    *,
    model: str,
    title: str,
    depth: int | None = None,
) -> Explanation:
    """Take a module apart.

    Args:
        module: on the meta device; it is changed to evaluation mode.
        inputs: the positional arguments of ``forward``, by the path of the module that takes them,
            which is empty for the whole; if there are none, it is not run.
        model: its name, for the result.
        title: its title, for the result.
        depth: levels of modules to list below the whole model, with their own tensors; all, if
            left out. Numbers of a module hold those of its children, listed or not.
    """
    notes: list[str] = []
    seen, given = _run(module, inputs, notes)
    # After the run, in which lazy modules find out how large they are.
    tensors = tensor_rows(module)
    rows = module_rows(module, seen, tensors)
    listed = {row.path for row in rows if depth is None or row.depth <= depth}
    parameters, buffers = list(module.parameters()), list(module.buffers())
    return Explanation(
        model=model,
        title=title,
        class_name=type(module).__name__,
        input=given,
        output=rows[0].output,
        parameters=sum(map(size, parameters)),
        trainable=sum(size(parameter) for parameter in parameters if parameter.requires_grad),
        buffers=sum(map(size, buffers)),
        bytes=sum(map(size_in_bytes, [*parameters, *buffers])),
        multiply_adds=rows[0].multiply_adds,
        activation_bytes=rows[0].activation_bytes,
        module_count=sum(row.same_as is None for row in rows),
        depth=max(row.depth for row in rows),
        stopped_in=seen.stopped_in if seen is not None else None,
        notes=notes,
        modules=[row for row in rows if row.path in listed],
        tensors=[row for row in tensors if row.module in listed],
    )


def _run(
    module: nn.Module, inputs: Mapping[str, Sequence[TensorSpec]], notes: list[str]
) -> tuple[Trace | None, str]:
    """One forward pass, if there is something to run it with; ``notes`` gets what went wrong."""
    if not inputs:
        notes.append(NO_INPUTS)
        return None, ""
    try:
        tensors = example_tensors(inputs)
    except (TypeError, RuntimeError) as error:
        notes.append(f"Its example inputs cannot be made: {error}")
        return None, ""
    seen = trace(module, tensors)
    if seen.error is not None:
        path = seen.stopped_in or ""
        class_name = type(module.get_submodule(path)).__name__
        notes.append(explain_failure(seen.error, path, class_name, seen.stopped_with))
    elif seen.values_read:
        notes.append(VALUES_READ.format(count=seen.values_read))
    return seen, "; ".join(_described(path, given) for path, given in tensors.items())


def example_tensors(inputs: Mapping[str, Sequence[TensorSpec]]) -> dict[str, list[Tensor]]:
    """The example inputs on the meta device.

    Raises:
        TypeError: torch has no such dtype.
        RuntimeError: there is no such shape.
    """
    return {path: [_tensor(spec) for spec in specs] for path, specs in inputs.items()}


def _described(path: str, given: Sequence[Tensor]) -> str:
    shapes = describe_arguments(given, {})
    return f"{path}: {shapes}" if path else shapes


def _tensor(spec: TensorSpec) -> Tensor:
    dtype = getattr(torch, spec.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise TypeError(f"torch has no dtype {spec.dtype!r}.")
    return torch.empty(spec.shape, dtype=dtype, device="meta")
