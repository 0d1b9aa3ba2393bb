"""One set of weights in several places: by ``* n``, by a name given twice, by tied tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from torch import nn

from .findings import Finding
from .mending import expression, replaced
from .order import holds_parameters

ONE_SET = (
    "They learn together and stay equal: depth without the parameters that it seems to have. "
    "safetensors' save_file refuses to store them."
)
ALIAS = (
    "The state_dict has it under every name, parameters() once; safetensors' save_file refuses it "
    "(save_model stores one of the names)."
)
DEEPCOPY = "copy.deepcopy({layer})"


def find_shared(model: nn.Module, name: str = "self") -> Iterator[Finding]:
    """Modules with parameters that are held in several places, and tensors that are tied."""
    repeated: set[nn.Module] = set()
    for path, container in model.named_modules():
        if isinstance(container, nn.Sequential | nn.ModuleList):
            yield from _repeated(model, path, container, repeated, name)
    places: dict[nn.Module, list[str]] = defaultdict(list)
    for path, module in model.named_modules(remove_duplicate=False):
        places[module].append(path)
    for module, paths in places.items():
        if len(paths) > 1 and module not in repeated and holds_parameters(module):
            repeated.update(module.modules())
            yield Finding(
                rule="shared-module",
                severity="hint",
                path=paths[0],
                message=f"{paths[0]} ({type(module).__name__}) is also {', '.join(paths[1:])}: "
                "one module, one set of weights.",
                why=ALIAS,
                mend=_copied(model, paths[-1], name),
            )
    yield from _tied(model, repeated, name)


def _repeated(
    model: nn.Module,
    path: str,
    container: nn.Module,
    repeated: set[nn.Module],
    name: str,
) -> Iterator[Finding]:
    places: dict[nn.Module, list[str]] = defaultdict(list)
    for key, child in container._modules.items():
        if child is not None and holds_parameters(child):
            places[child].append(key)
    shared = {child: keys for child, keys in places.items() if len(keys) > 1}
    new = {child: keys for child, keys in shared.items() if child not in repeated}
    if not new:
        return
    for child in new:
        repeated.update(child.modules())
    total = sum(map(len, places.values()))
    reached = expression(model, path, name)
    parameters = {p for child in new for p in child.parameters() if not nn.parameter.is_lazy(p)}
    weights = sum(parameter.numel() for parameter in parameters)
    groups = ", ".join(f"{' = '.join(keys)} ({type(c).__name__})" for c, keys in new.items())
    yield Finding(
        rule="shared-weights",
        severity="warning",
        path=path,
        message=f"{path or 'The whole'} ({type(container).__name__}) has {total} layers with "
        f"parameters and {_sets(len(places))}: {groups}, {weights:,} parameters in all.",
        why=ONE_SET,
        mend=f"for number, layer in enumerate({reached}): {reached}[number] = copy.deepcopy(layer)",
    )


def _sets(count: int) -> str:
    return "one set of weights" if count == 1 else f"{count} sets of weights"


def _tied(model: nn.Module, repeated: set[nn.Module], name: str) -> Iterator[Finding]:
    first: dict[int, str] = {}
    for path, module in model.named_modules():
        for own_name, parameter in module.named_parameters(recurse=False):
            key = f"{path}.{own_name}" if path else own_name
            before = first.setdefault(id(parameter), key)
            if before == key or module in repeated:
                continue
            reached = expression(model, path, name)
            yield Finding(
                rule="tied-tensors",
                severity="hint",
                path=path,
                message=f"{key} is the same tensor as {before}.",
                why=ALIAS,
                mend=f"{reached}.{own_name} = nn.Parameter({reached}.{own_name}.detach().clone())",
            )


def _copied(model: nn.Module, path: str, name: str) -> str:
    return replaced(model, path, DEEPCOPY.format(layer=expression(model, path, name)), name)
