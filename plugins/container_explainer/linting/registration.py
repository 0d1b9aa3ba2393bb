"""Modules and tensors that PyTorch does not see, since they stand in plain Python containers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from torch import Tensor, nn

from .findings import Finding
from .mending import assigned, attribute, expression, quoted
from .plain import members, plain_values

Keys = tuple[Any, ...]
MAX_READABLE = 2
"""Comprehensions in one another, in a line that a reader is to understand."""
Member = TypeVar("Member", bound=nn.Module | Tensor, covariant=True)
Members = Sequence[tuple[Keys, Member]]
"""What was found in a plain attribute, and the keys and numbers that lead to it."""

NOT_TRAINED = (
    "PyTorch registers modules that are attributes themselves or stand in its own containers: "
    "these are missing from parameters(), so the optimiser does not train them, and from "
    "state_dict() and to(), so they are neither stored nor moved."
)
NOT_SWITCHED = (
    "They have no parameters, but train() and eval() do not reach them: a dropout in there goes "
    "on dropping when the model is evaluated."
)
NOT_LISTED = (
    "They have no parameters, so nothing is lost in training, but print(model), to() and hooks do "
    "not reach them."
)
NO_BUFFER = (
    "to() does not move it and state_dict() does not store it, so the model fails on another "
    "device."
)
REFUSED = (
    "They become attributes and parts of the state_dict's keys, where a dot divides the levels and "
    "the names of the container's own methods are taken."
)


def find_hidden(model: nn.Module, name: str = "self") -> Iterator[Finding]:
    """Modules, parameters and tensors in plain attributes of a module and those below it."""
    known = set(model.modules())
    tensors = {id(tensor) for tensor in (*model.parameters(), *model.buffers())}
    for path, part in model.named_modules():
        hidden: dict[str, list[tuple[Keys, nn.Module | Tensor]]] = defaultdict(list)
        for (own_name, keys), value in plain_values(part):
            if _is_computed(part, own_name):
                continue
            if value not in known if isinstance(value, nn.Module) else id(value) not in tensors:
                hidden[own_name].append((keys, value))
        for own_name, found in hidden.items():
            owner = expression(model, path, name)
            plain = vars(part)[own_name]
            place = f"{path}.{own_name}" if path else own_name
            yield from _findings(owner, own_name, plain, place, found)


def find_unregistered(model: nn.Module, values: Iterable[tuple[str, object]]) -> Iterator[Finding]:
    """Modules in plain lists and dictionaries that are no part of the model at all.

    Args:
        values: the variables of the code that made the model, by name.
    """
    known = set(model.modules())
    for own_name, plain in values:
        found = [
            (keys, value)
            for (_, keys), value in members(own_name, plain)
            if isinstance(value, nn.Module) and keys and value not in known
        ]
        yield from _findings("", own_name, plain, own_name, found)


def refused_key(key: object) -> str | None:
    """What nn.ModuleDict says to a key that it refuses; None if it takes it."""
    try:
        nn.ModuleDict().add_module(key, None)  # type: ignore[arg-type]
    except (KeyError, TypeError) as error:
        return str(error.args[0])
    return None


def accepted_key(key: object) -> str:
    """A key that nn.ModuleDict takes, as much like the given one as can be."""
    text = str(key).replace(".", "_") or "_"
    while refused_key(text) is not None:
        text += "_"
    return text


def _is_computed(module: nn.Module, name: str) -> bool:
    """Whether a hook of torch.nn.utils' older norms makes this attribute from parameters."""
    return any(f"{name}_{part}" in module._parameters for part in ("orig", "g"))


def _findings(
    owner: str,
    name: str,
    plain: object,
    place: str,
    found: Members[nn.Module | Tensor],
) -> Iterator[Finding]:
    """What is to be said of one attribute, of which ``found`` are the hidden members."""
    modules = [(keys, value) for keys, value in found if isinstance(value, nn.Module)]
    parameters = [(keys, value) for keys, value in found if isinstance(value, nn.Parameter)]
    if modules:
        yield _hidden_modules(owner, name, plain, place, modules)
        yield from _refused_keys(owner, name, plain, place)
    if parameters:
        whole = _reached(owner, name)
        yield Finding(
            rule="hidden-parameter",
            severity="error",
            path=place,
            message=f"{_count(len(parameters), 'parameter')} in a plain {_kind(plain)}: {place}.",
            why=NOT_TRAINED,
            mend=_assigned(owner, name, _registered_parameters(whole, plain, parameters)),
        )
    if isinstance(plain, Tensor) and owner and not isinstance(plain, nn.Parameter):
        yield Finding(
            rule="plain-tensor",
            severity="hint",
            path=place,
            message=f"{place} is a tensor of shape {list(plain.shape)} that is neither a "
            "parameter nor a buffer.",
            why=NO_BUFFER,
            mend=f"{owner}.register_buffer({quoted(name)}, {owner}.__dict__.pop({quoted(name)}))",
        )


def _hidden_modules(
    owner: str,
    name: str,
    plain: object,
    place: str,
    modules: Members[nn.Module],
) -> Finding:
    numbers = sum(tensor.numel() for tensor in _unique_parameters(modules))
    drops = any(
        isinstance(part, nn.modules.dropout._DropoutNd) for _, m in modules for part in m.modules()
    )
    classes = ", ".join(dict.fromkeys(type(module).__name__ for _, module in modules))
    with_numbers = f" with {numbers:,} parameters" if numbers else ""
    return Finding(
        rule="hidden-module",
        severity="error" if numbers else "warning" if drops else "hint",
        path=place,
        message=f"{_count(len(modules), 'module')} ({classes}){with_numbers} in a plain "
        f"{_kind(plain)}: {place}.",
        why=NOT_TRAINED if numbers else NOT_SWITCHED if drops else NOT_LISTED,
        mend=_mend(owner, name, plain, modules),
    )


def _refused_keys(owner: str, name: str, plain: object, place: str) -> Iterator[Finding]:
    if not isinstance(plain, Mapping):
        return
    refusals = {key: refused_key(key) for key in plain if isinstance(plain[key], nn.Module)}
    refused = [key for key, refusal in refusals.items() if refusal is not None]
    if refused:
        yield Finding(
            rule="module-dict-key",
            severity="warning",
            path=place,
            message=f"nn.ModuleDict would refuse {_count(len(refused), 'key')} of {place}: "
            + "; ".join(f"{key!r} ({refusals[key]})" for key in refused)
            + ".",
            why=REFUSED,
            mend=_assigned(owner, name, _registered_dict(_reached(owner, name), plain)),
        )


def _mend(owner: str, name: str, plain: object, modules: Members[nn.Module]) -> str:
    whole = _reached(owner, name)
    value = _registered(whole, plain)
    if value is not None:
        return _assigned(owner, name, value)
    # What also holds other things stays as it is, with its modules registered beside it.
    listed = ", ".join(_member(whole, keys) for keys, _ in modules)
    if any(key is None for keys, _ in modules for key in keys):
        listed = f"*{whole}"
    return _assigned(owner, f"{name}_modules", f"nn.ModuleList([{listed}])")


def _registered(whole: str, plain: object, nesting: int = 0) -> str | None:
    """The container of torch's for a plain one; None if it holds other things too."""
    if nesting > MAX_READABLE:
        return None
    if isinstance(plain, Mapping) and plain:
        if all(isinstance(value, nn.Module) for value in plain.values()):
            return _registered_dict(whole, plain)
        if all(refused_key(key) is None for key in plain):
            inner = [_registered("value", value, nesting + 1) for value in plain.values()]
            if len(set(inner)) == 1 and inner[0] is not None:
                return f"nn.ModuleDict({{key: {inner[0]} for key, value in {whole}.items()}})"
    if isinstance(plain, list | tuple) and plain:
        if all(isinstance(value, nn.Module) for value in plain):
            return f"nn.ModuleList({whole})"
        inner = [_registered("value", value, nesting + 1) for value in plain]
        if len(set(inner)) == 1 and inner[0] is not None:
            return f"nn.ModuleList({inner[0]} for value in {whole})"
    return None


def _registered_dict(whole: str, plain: Mapping[Any, Any]) -> str:
    if all(refused_key(key) is None for key in plain):
        return f"nn.ModuleDict({whole})"
    taken: dict[str, Any] = {}
    for key in plain:
        accepted = accepted_key(key)
        while accepted in taken:
            accepted += "_"
        taken[accepted] = key
    members = (f"{quoted(new)}: {_member(whole, (old,))}" for new, old in taken.items())
    return f"nn.ModuleDict({{{', '.join(members)}}})"


def _registered_parameters(whole: str, plain: object, parameters: Members[Tensor]) -> str:
    if isinstance(plain, Mapping) and len(parameters) == len(plain):
        return f"nn.ParameterDict({whole})"
    if isinstance(plain, list | tuple) and len(parameters) == len(plain):
        return f"nn.ParameterList({whole})"
    return f"nn.ParameterList([{', '.join(_member(whole, keys) for keys, _ in parameters)}])"


def _unique_parameters(modules: Members[nn.Module]) -> set[nn.Parameter]:
    return {
        parameter
        for _, module in modules
        for parameter in module.parameters()
        if not nn.parameter.is_lazy(parameter)
    }


def _reached(owner: str, name: str) -> str:
    return attribute(owner, name) if owner else name


def _assigned(owner: str, name: str, value: str) -> str:
    return assigned(owner, name, value) if owner else f"{name} = {value}"


def _member(whole: str, keys: Keys) -> str:
    inner = (quoted(key) if isinstance(key, str) else repr(key) for key in keys)
    return whole + "".join(f"[{key}]" for key in inner)


def _kind(plain: object) -> str:
    if isinstance(plain, Mapping):
        return "dictionary"
    return type(plain).__name__ if isinstance(plain, list | tuple) else "set"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
