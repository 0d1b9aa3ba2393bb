"""Arithmetic, comparisons and conditions, with results that stay small."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .containers import attach, call_method
from .errors import Refusal, in_plain_words
from .running import Run
from .tensors import checked_result
from .trees import check_tree
from .values import SIMPLE, kind, members

MAX_EXPONENT = 64
"""Of a whole number: 10**18 to the 64th is soon computed, and then refused."""

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
}
_ORDERED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def binary(run: Run, node: ast.operator, left: Any, right: Any) -> Any:
    """``left + right`` and the like.

    Raises:
        Refusal: these two do not go together, or the result would be too large.
    """
    sign = SIGNS.get(type(node))
    if sign is None:
        raise Refusal("&, |, ^, << and >> are not part of this language. Use + - * / // % **.")
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _of_tensors(run, sign, left, right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _of_numbers(run, sign, left, right)
    if sign == "*" and isinstance(left, int):
        left, right = right, left
    if sign == "*" and isinstance(right, int) and isinstance(left, str | list | tuple):
        _check_length(run, left, len(left) * max(right, 0))
        return left * right
    if isinstance(left, nn.Sequential | nn.ModuleList):
        return _of_containers(run, sign, left, right)
    if sign == "+":
        types: tuple[type, ...] = (str, list, tuple)
        if any(isinstance(left, type_) and isinstance(right, type_) for type_ in types):
            _check_length(run, left, len(left) + len(right))
            return left + right
    if sign == "%" and isinstance(left, str):
        raise Refusal('% with text is not part of this language. Write an f-string: f"conv{i}".')
    raise Refusal(f"{sign} does not go between {kind(left)} and {kind(right)}.")


def in_place(run: Run, node: ast.operator, left: Any, right: Any) -> Any:
    """``left += right`` and the like, which changes lists and containers themselves.

    Raises:
        Refusal: as ``binary``.
    """
    sign = SIGNS.get(type(node))
    if isinstance(left, list) and sign == "+":
        added = list(right) if right is left else list(members(right, run))
        _check_length(run, left, len(left) + len(added))
        attach(run, left, added)
        left += added
        return left
    if isinstance(left, nn.Sequential) and sign == "*" and isinstance(right, int):
        grown = _of_containers(run, sign, left, right)
        return _natively("*=", lambda: left.__imul__(right)) if grown is not None else left
    if isinstance(left, nn.Sequential) and sign == "+" and isinstance(right, nn.Sequential):
        if right is left:
            raise Refusal("+= with itself never ends. Write net = net * 2.")
        attach(run, left, right.children())
        return _natively("+=", lambda: left.__iadd__(right))
    if isinstance(left, nn.ModuleList) and sign == "+":
        return call_method(run, left, "extend", [right], {})
    return binary(run, node, left, right)


def unary(node: ast.unaryop, value: Any) -> Any:
    """``-x``, ``+x`` and ``not x``.

    Raises:
        Refusal: there is no such thing of that value.
    """
    if isinstance(node, ast.Not):
        return not truth(value)
    if isinstance(node, ast.Invert):
        raise Refusal("~ is not part of this language.")
    if isinstance(value, int | float | Tensor):
        return -value if isinstance(node, ast.USub) else value
    raise Refusal(f"there is no minus of {kind(value)}.")


def truth(value: Any) -> bool:
    """Whether a value counts as true.

    Raises:
        Refusal: that is not known, since tensors have no numbers here.
    """
    if isinstance(value, Tensor):
        raise Refusal(
            "whether a tensor is true depends on its numbers, and none are computed here. Ask for "
            "its shape, or for an argument."
        )
    if isinstance(value, (*SIMPLE, list, tuple, dict, range)):
        return bool(value)
    if isinstance(value, nn.Sequential | nn.ModuleList | nn.ModuleDict):
        return len(value) > 0
    return True


def compare(run: Run, node: ast.cmpop, left: Any, right: Any) -> bool:
    """``left < right`` and the like.

    Raises:
        Refusal: these two cannot be compared.
    """
    if isinstance(node, ast.Is | ast.IsNot):
        return (left is right) == isinstance(node, ast.Is)
    if isinstance(node, ast.In | ast.NotIn):
        return _is_in(run, left, right) == isinstance(node, ast.In)
    if isinstance(node, ast.Eq | ast.NotEq):
        return _equal(left, right) == isinstance(node, ast.Eq)
    return _ORDERED[type(node)](compare_numbers(left, right), 0)


def compare_numbers(left: Any, right: Any) -> int:
    """-1, 0 or 1: whether the left number or text is smaller, equal or larger.

    Raises:
        Refusal: they cannot be compared.
    """
    both = (left, right)
    if all(isinstance(v, int | float) for v in both) or all(isinstance(v, str) for v in both):
        return int(left > right) - int(left < right)
    raise Refusal(f"{kind(left)} and {kind(right)} cannot be compared by size.")


def bounded(run: Run, value: Any) -> Any:
    """A number, if it is finite and within the limit.

    Raises:
        Refusal: it is not.
    """
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise Refusal("this is no finite number.")
    if isinstance(value, int) and abs(value) > run.limits.integer:
        raise Refusal("this number is larger than 10**18, which is the limit here.")
    return value


def _of_numbers(run: Run, sign: str, left: float, right: float) -> float:
    if sign == "@":
        raise Refusal("@ goes between two tensors, not between numbers. Write *.")
    if sign == "**" and abs(right) > MAX_EXPONENT:
        raise Refusal(f"the exponent may be {MAX_EXPONENT} at most here.")
    try:
        return bounded(run, _OPERATORS[sign](left, right))  # type: ignore[no-any-return]
    except ZeroDivisionError:
        raise Refusal("this divides by zero.") from None
    except OverflowError:
        raise Refusal("this is no finite number.") from None


def _of_tensors(run: Run, sign: str, left: Any, right: Any) -> Any:
    if not all(isinstance(value, Tensor | int | float) for value in (left, right)):
        raise Refusal(f"{sign} does not go between {kind(left)} and {kind(right)}.")
    return checked_result(run, _natively(sign, lambda: _OPERATORS[sign](left, right)))


def _of_containers(run: Run, sign: str, left: Any, right: Any) -> Any:
    if sign == "*" and isinstance(left, nn.Sequential) and isinstance(right, int):
        run.budget.length(len(left) * max(right, 1))
        made = _natively("*", lambda: left * right)
    elif sign == "+" and isinstance(left, nn.Sequential):
        if not isinstance(right, nn.Sequential):
            raise Refusal(
                f"only another Sequential can be added to one, and this is {kind(right)}."
            )
        made = _natively("+", lambda: left + right)
    elif sign == "+" and isinstance(left, nn.ModuleList):
        added = list(members(right, run))
        made = _natively("+", lambda: left + added)
    else:
        raise Refusal(f"{sign} does not go between {kind(left)} and {kind(right)}.")
    run.budget.modules(1)
    run.budget.step(check_tree(made, run.limits))
    run.note_made(made)
    return made


def _natively(sign: str, compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except (ValueError, TypeError, RuntimeError, IndexError, KeyError) as error:
        raise Refusal(in_plain_words(error, sign)) from error


def _check_length(run: Run, value: Any, length: int) -> None:
    if not isinstance(value, str):
        run.budget.length(length)
    elif length > run.limits.text:
        raise Refusal(f"text may have {run.limits.text:,} characters here.")


def _is_in(run: Run, value: Any, holder: Any) -> bool:
    if isinstance(holder, str) and isinstance(value, str):
        return value in holder
    if isinstance(holder, range) and isinstance(value, int):
        return value in holder
    if isinstance(holder, nn.ModuleDict):
        return isinstance(value, str) and value in holder
    return any(member is value or _equal(member, value) for member in members(holder, run))


def _equal(left: Any, right: Any) -> bool:
    """Equality of what is flat; comparing lists of lists of lists could take for ever."""
    if left is right:
        return True
    if isinstance(left, nn.Module) or isinstance(right, nn.Module):
        return False
    flat = (*SIMPLE, torch.dtype, torch.device)
    if isinstance(left, flat) and isinstance(right, flat):
        return bool(left == right)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        if all(isinstance(member, flat) for member in (*left, *right)):
            return bool(left == right)
        raise Refusal("lists can only be compared here if they hold numbers and text alone.")
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        raise Refusal("tensors cannot be compared: no numbers are computed here.")
    return False
