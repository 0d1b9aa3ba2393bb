"""What a model holds, counted for every module: each tensor once, wherever it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ..report import Role
from .trace import Trace


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


def size(tensor: Tensor) -> int:
    """How many numbers a tensor has; 0 if that is only known after the first forward pass."""
    return 0 if is_lazy(tensor) else tensor.numel()


def size_in_bytes(tensor: Tensor) -> int:
    """What they take in the tensor's dtype."""
    return 0 if is_lazy(tensor) else tensor.nbytes


def own_tensors(module: nn.Module) -> Iterator[tuple[Role, str, Tensor]]:
    """The parameters and buffers that a module holds itself, with their names."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield "parameter", name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None:
            yield "buffer", name, buffer


def counted_where_first_met(found: list[Place]) -> dict[str, int]:
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


def counts(model: nn.Module, trace: Trace) -> dict[nn.Module, tuple[int, int]]:
    """Multiply-adds and bytes of activations of every module.

    Those of a module that is not called itself are its children's together.
    """
    counts: dict[nn.Module, tuple[int, int]] = {}
    paths = {module: path for path, module in model.named_modules()}

    def count(module: nn.Module) -> tuple[int, int]:
        if module not in counts:
            below = [count(child) for child in module.children()]
            path = paths[module]
            counts[module] = (
                (trace.multiply_adds[path], trace.activation_bytes[path])
                if path in trace.calls
                else (sum(products for products, _ in below), sum(size for _, size in below))
            )
        return counts[module]

    count(model)
    return counts


def held(model: nn.Module) -> dict[nn.Module, tuple[list[Tensor], list[Tensor]]]:
    """The parameters and buffers of every module and those in it, each tensor once.

    As ``module.parameters()`` and ``module.buffers()`` give them, in one walk for all modules.
    """
    held: dict[nn.Module, tuple[dict[int, Tensor], dict[int, Tensor]]] = {}

    def walk(module: nn.Module) -> tuple[dict[int, Tensor], dict[int, Tensor]]:
        if module not in held:
            parameters: dict[int, Tensor] = {}
            buffers: dict[int, Tensor] = {}
            for role, _, tensor in own_tensors(module):
                (parameters if role == "parameter" else buffers)[id(tensor)] = tensor
            for child in module.children():
                below, buffers_below = walk(child)
                parameters |= below
                buffers |= buffers_below
            held[module] = parameters, buffers
        return held[module]

    walk(model)
    return {
        module: (list(parameters.values()), list(buffers.values()))
        for module, (parameters, buffers) in held.items()
    }


def used_modules(model: nn.Module, trace: Trace) -> set[nn.Module]:
    """Those that were called, or a tensor of theirs took part, or that hold such a module.

    ``nn.MultiheadAttention``, for one, takes the weights of its ``out_proj`` without calling it.
    """
    used: dict[nn.Module, bool] = {}
    paths = {module: path for path, module in model.named_modules()}

    def walk(module: nn.Module) -> bool:
        if module not in used:
            # Every child is walked, since each has an answer of its own.
            below = [walk(child) for child in module.children()]
            took_part = paths[module] in trace.calls or any(
                id(tensor) in trace.used for _, _, tensor in own_tensors(module)
            )
            used[module] = took_part or any(below)
        return used[module]

    walk(model)
    return {module for module in used if used[module]}
