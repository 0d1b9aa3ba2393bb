"""The functions that are there from the start: ``len``, ``range``, ``print`` and a few more."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from .containers import hashable
from .errors import Refusal
from .operators import bounded, compare_numbers, truth
from .running import Run
from .values import Function, Once, kind, members, text_of


def _len(run: Run, value: Any) -> int:
    if isinstance(value, Once | int | float | None | Function) or not hasattr(value, "__len__"):
        raise Refusal(f"{kind(value)} has no length.")
    return len(value)


def _range(run: Run, *values: Any) -> range:
    if not all(isinstance(value, int) for value in values):
        wrong = next(value for value in values if not isinstance(value, int))
        raise Refusal(f"range takes whole numbers, and this is {kind(wrong)}. Divide with //.")
    try:
        return range(*values)
    except (TypeError, ValueError):
        raise Refusal("range takes one to three numbers, and its step is not 0.") from None


def _zip(run: Run, *values: Any) -> Once:
    loops = [members(value, run) for value in values]
    rows = []
    for row in zip(*loops, strict=False):
        rows.append(row)
        run.budget.length(len(rows) if len(rows) > run.limits.length else 1)
    return Once(name="zip", members=rows)


def _enumerate(run: Run, value: Any, start: int = 0) -> Once:
    if not isinstance(start, int):
        raise Refusal("enumerate starts at a whole number.")
    return Once(name="enumerate", members=list(enumerate(_listed(run, value), start)))


def _reversed(run: Run, value: Any) -> Once:
    return Once(name="reversed", members=_listed(run, value)[::-1])


def _list(run: Run, value: Any = ()) -> list[Any]:
    return _listed(run, value)


def _tuple(run: Run, value: Any = ()) -> tuple[Any, ...]:
    return tuple(_listed(run, value))


def _listed(run: Run, value: Any) -> list[Any]:
    found = []
    for member in members(value, run):
        found.append(member)
        if len(found) > run.limits.length:
            run.budget.length(len(found))
    return found


def _dict(run: Run, value: Any = (), **named: Any) -> dict[Any, Any]:
    return {**_pairs(run, value), **named}


def _ordered_dict(run: Run, value: Any = (), **named: Any) -> OrderedDict[Any, Any]:
    return OrderedDict({**_pairs(run, value), **named})


def _pairs(run: Run, value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        run.budget.length(len(value))
        return dict(value)
    if isinstance(value, nn.ModuleDict):
        return dict(value.items())
    pairs = _listed(run, value)
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise Refusal('it takes a list of pairs: [("conv", nn.Conv2d(1, 6, 5)), ...].')
    return {hashable(key): member for key, member in pairs}


def _str(run: Run, value: Any = "") -> str:
    text = text_of(value, run)
    if len(text) > run.limits.text:
        raise Refusal(f"text may have {run.limits.text:,} characters here.")
    return text


def _int(run: Run, value: Any = 0) -> int:
    if isinstance(value, int | float):
        return int(bounded(run, int(value)))
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    raise Refusal(f"int takes a number or its digits, and this is {kind(value)}.")


def _float(run: Run, value: Any = 0.0) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise Refusal(f"float takes a number, and this is {kind(value)}.")


def _bool(run: Run, value: Any = False) -> bool:
    return truth(value)


def _abs(run: Run, value: Any) -> Any:
    if isinstance(value, int | float):
        return abs(value)
    raise Refusal(f"abs takes a number here, and this is {kind(value)}.")


def _round(run: Run, value: Any, digits: Any = None) -> Any:
    if isinstance(value, int | float) and (digits is None or isinstance(digits, int)):
        return bounded(run, round(value, None if digits is None else max(-20, min(digits, 20))))
    raise Refusal(f"round takes a number, and this is {kind(value)}.")


def _sum(run: Run, value: Any, start: Any = 0) -> Any:
    total = start
    for member in members(value, run):
        if not isinstance(member, int | float) or not isinstance(total, int | float):
            raise Refusal(f"sum adds numbers here, and this is {kind(member)}.")
        total = bounded(run, total + member)
    return total


def _extreme(name: str, first: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def extreme(run: Run, *values: Any) -> Any:
        listed = _listed(run, values[0]) if len(values) == 1 else list(values)
        if not listed:
            raise Refusal(f"{name} of nothing is not known.")
        best = listed[0]
        for member in listed[1:]:
            best = member if first(member, best) else best
        return best

    return extreme


def _isinstance(run: Run, value: Any, classes: Any) -> bool:
    for class_ in classes if isinstance(classes, tuple) else (classes,):
        if not isinstance(class_, Function) or class_.layer is None:
            raise Refusal("isinstance takes a class of nn or of your own here.")
        if isinstance(value, class_.layer):
            return True
    return False


def _print(run: Run, *values: Any, sep: Any = " ", end: Any = "\n") -> None:
    if not all(isinstance(text, str | None) for text in (sep, end)):
        raise Refusal("sep and end of print are text.")
    if run.ended:
        # In a forward pass that somebody else started there is nobody to read it.
        return
    shown = [text_of(value, run) for value in values]
    text = (" " if sep is None else sep).join(shown) + ("\n" if end is None else end)
    run.printed_length += len(text)
    if run.printed_length > run.limits.printed:
        raise Refusal(f"{run.limits.printed:,} characters can be printed at most.")
    run.printed.append(text)
    for value in values:
        if isinstance(value, nn.Module):
            run.latest = value


_ALL: dict[str, Callable[..., Any]] = {
    "len": _len, "range": _range, "zip": _zip, "enumerate": _enumerate, "reversed": _reversed,
    "list": _list, "tuple": _tuple, "dict": _dict, "OrderedDict": _ordered_dict, "str": _str,
    "int": _int, "float": _float, "bool": _bool, "abs": _abs, "round": _round, "sum": _sum,
    "isinstance": _isinstance, "print": _print,
    "min": _extreme("min", lambda a, b: compare_numbers(a, b) < 0),
    "max": _extreme("max", lambda a, b: compare_numbers(a, b) > 0),
}  # fmt: skip

_MATH: dict[str, Callable[..., Any]] = {
    name: vars(math)[name] for name in ("sqrt", "floor", "ceil", "log2", "log", "exp")
}


def builtins() -> dict[str, Function]:
    """The functions by name."""
    return {name: _as_function(name, function) for name, function in _ALL.items()}


def math_member(name: str) -> Any:
    """``math.sqrt``; None if the language has no such thing."""
    if name == "pi":
        return math.pi
    function = _MATH.get(name)
    if function is None:
        return None

    def call(run: Run, *values: Any) -> Any:
        if not all(isinstance(value, int | float) for value in values):
            raise Refusal(f"math.{name} takes numbers.")
        try:
            return bounded(run, function(*values))
        except (ValueError, OverflowError, TypeError):
            raise Refusal(f"math.{name} is not known of this.") from None

    return _as_function(f"math.{name}", call)


def _as_function(name: str, function: Callable[..., Any]) -> Function:
    def call(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if any(isinstance(value, Tensor) for value in args) and name not in (
            "len",
            "print",
            "list",
            "tuple",
            "zip",
            "enumerate",
            "isinstance",
            "reversed",
        ):
            raise Refusal(f"{name} needs the numbers in a tensor, and none are computed here.")
        try:
            return function(run, *args, **kwargs)
        except TypeError as error:
            # Of binding the arguments; the functions themselves raise refusals.
            raise Refusal(f"{name} does not take these arguments.") from error

    return Function(name=name, call=call)
