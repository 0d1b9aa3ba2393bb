"""Modules called with tensors, and modules of a visitor's class begun: PyTorch's part of both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .errors import CodeError, Refusal, in_plain_words
from .layers import CONTAINERS, check_contents
from .running import Frame, Run
from .tensors import checked_result
from .trees import check_tree
from .values import SIMPLE, kind

STEPS_OF_A_MODULE = 8


def call_module(run: Run, module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``module(x)``: PyTorch runs it, hooks and all.

    Raises:
        CodeError: an error in a class of the visitor's, with its own place.
        Refusal: it cannot be called with this.
    """
    for value in (*args, *kwargs.values()):
        _check_argument(value, module)
    run.budget.step(STEPS_OF_A_MODULE * check_tree(module, run.limits))
    run.budget.step(_time_steps(module, args))
    try:
        with torch.no_grad():
            returned = module(*args, **kwargs)
    except (CodeError, Refusal, RecursionError):
        raise
    except Exception as error:
        name = type(module).__name__
        raise Refusal(in_plain_words(error, f"{name} ({_shapes(args)})")) from error
    return checked_result(run, returned)


def start_instance(frame: Frame, args: list[Any], kwargs: dict[str, Any]) -> None:
    """``super().__init__(...)``.

    Raises:
        Refusal: it does not stand in an ``__init__``, or the arguments do not fit.
    """
    instance, base = frame.instance, frame.base
    if instance is None or base is None:
        raise Refusal("super() only stands in the __init__ of a class.")
    if base in CONTAINERS:
        args, kwargs = check_contents(frame.run, base, args, kwargs)
    elif args or kwargs:
        raise Refusal("super().__init__() of nn.Module takes no arguments.")
    try:
        base.__init__(instance, *args, **kwargs)
    except (TypeError, ValueError, KeyError) as error:
        raise Refusal(in_plain_words(error, f"nn.{base.__name__}")) from error


def _check_argument(value: Any, module: nn.Module, nesting: int = 0) -> None:
    if isinstance(value, list | tuple | dict) and nesting < 3 and len(value) <= 1000:
        for member in value.values() if isinstance(value, dict) else value:
            _check_argument(member, module, nesting + 1)
    elif not isinstance(value, (*SIMPLE, Tensor)):
        raise Refusal(f"{kind(module)} is called with tensors, and this is {kind(value)}.")


def _time_steps(module: nn.Module, args: list[Any]) -> int:
    """Steps of recurrent layers, which run through a sequence one element after the other."""
    recurrent = [part for part in module.modules() if isinstance(part, nn.RNNBase)]
    if not recurrent:
        return 0
    length = max(
        (max(arg.shape[:2], default=1) for arg in args if isinstance(arg, Tensor)), default=1
    )
    return sum(length * part.num_layers * (2 if part.bidirectional else 1) for part in recurrent)


def _shapes(args: list[Any]) -> str:
    return ", ".join(str(list(arg.shape)) for arg in args if isinstance(arg, Tensor)) or "no tensor"
