"""PyTorch's layers and containers, made on the meta device.

The classes are those of ``torch.nn`` that are modules, a table made once. Arguments are looked at
before anything is made, and what was made is counted.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from demo_app.meta import OnMeta

from .arguments import check_arguments
from .errors import Refusal, in_plain_words
from .running import Run
from .trees import check_tree
from .values import Function, Once, members, words

NOT_OFFERED = words("Module Container ParameterDict RNNBase RNNCellBase NLLLoss2d SyncBatchNorm")
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList)


@functools.cache
def layer_classes() -> Mapping[str, type[nn.Module]]:
    """The classes that a program can make modules of, by their names in ``nn``."""
    found = {name: vars(nn).get(name) for name in torch.nn.modules.__all__}
    return {
        name: class_
        for name, class_ in found.items()
        if name not in NOT_OFFERED and isinstance(class_, type) and issubclass(class_, nn.Module)
    }


@functools.cache
def layer(name: str) -> Function | None:
    """The layer of that name, to be called."""
    class_ = layer_classes().get(name)
    if class_ is None:
        return None
    return Function(
        name=f"nn.{name}",
        call=lambda run, args, kwargs: make(run, class_, args, kwargs),
        layer=class_,
    )


def make(run: Run, class_: type[nn.Module], args: list[Any], kwargs: dict[str, Any]) -> nn.Module:
    """Make a module of PyTorch's on the meta device.

    Raises:
        Refusal: the arguments do not fit, or it would be too large.
    """
    name = f"nn.{class_.__name__}"
    if class_ in CONTAINERS:
        args, kwargs = check_contents(run, class_, args, kwargs)
    else:
        check_arguments(run, class_, name, args, kwargs)
    module = _made(lambda: class_(*args, **kwargs), name)
    count(run, module)
    return module


def check_contents(
    run: Run, class_: type[nn.Module], args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """What a container is to be made of, as its class takes it.

    Raises:
        Refusal: something of it cannot be in one.
    """
    run.budget.length(len(args))
    if any(isinstance(value, nn.Module) and "_modules" not in vars(value) for value in args):
        raise Refusal("self can only be used after super().__init__().")
    if kwargs and class_ is nn.Sequential:
        raise Refusal(
            "nn.Sequential takes no names. To name its children, give it one OrderedDict: "
            'nn.Sequential(OrderedDict([("conv", nn.Conv2d(1, 6, 5))])).'
        )
    return (
        [_contents(run, class_, argument) for argument in args],
        {key: _contents(run, class_, value) for key, value in kwargs.items()},
    )


def _made(architecture: Callable[[], nn.Module], name: str) -> nn.Module:
    try:
        with OnMeta():
            return architecture()
    except Exception as error:
        raise Refusal(in_plain_words(error, name)) from error


def count(run: Run, module: nn.Module) -> None:
    """Take a module that was made, and all new ones in it, from the budget.

    Raises:
        Refusal: it is too large.
    """
    new = [part for part in module.modules() if part not in run.made]
    run.budget.modules(len(new))
    for part in new:
        own = part._parameters.values()
        run.budget.step(2 + len(own))
        run.budget.parameters(sum(p.numel() for p in own if p is not None and not is_lazy(p)))
    if isinstance(module, CONTAINERS):
        run.budget.step(check_tree(module, run.limits) // 16)
    run.note_made(module)


def _contents(run: Run, class_: type[nn.Module], value: Any) -> Any:
    """What a container is made of; only what can be in one."""
    if isinstance(value, Function):
        raise Refusal(
            f"this is {value.name} itself. Make a module of it with parentheses: {value.name}(...)."
        )
    if isinstance(value, nn.Sequential | nn.ModuleList) and class_ is nn.ModuleList:
        return list(value)
    if isinstance(value, Once) or (class_ is not nn.Sequential and isinstance(value, list)):
        value = list(members(value, run))
        if any(isinstance(member, Function) for member in value):
            raise Refusal("one of these is a class. Make a module of it with parentheses.")
    elif isinstance(value, dict):
        run.budget.length(len(value))
        if class_ is nn.Sequential and not isinstance(value, OrderedDict):
            raise Refusal(
                "nn.Sequential takes names from an OrderedDict only. Write "
                "nn.Sequential(OrderedDict([...])), or nn.ModuleDict({...})."
            )
        if any(not isinstance(key, str) for key in value):
            raise Refusal("the names of modules are text: write them in quotes.")
    elif class_ is nn.ParameterList and value is not None:
        raise Refusal("nn.ParameterList takes a list: nn.ParameterList([...]).")
    if class_ is nn.ParameterList and not all(isinstance(v, Tensor) for v in value or ()):
        raise Refusal("an nn.ParameterList holds parameters: nn.Parameter(torch.zeros(3)).")
    return value
