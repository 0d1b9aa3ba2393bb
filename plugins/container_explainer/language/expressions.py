"""What an expression means, computed by walking its syntax tree."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn

from .attributes import get_attribute
from .calling import call_module, start_instance
from .containers import call_method, get_item, has_method, hashable
from .errors import Refusal
from .grammar import is_super_init
from .namespaces import look_up
from .operators import binary, bounded, compare, truth, unary
from .running import Frame, Run, located
from .values import SIMPLE, Function, Namespace, kind, members
from .written import definition_of

FORMAT = re.compile(r"[<>^]?0?\d{0,2},?(\.\d{1,2})?[bdefgxs%]?")
"""What may stand after the colon in an f-string: a width of two digits at most."""


def evaluate(node: ast.expr, frame: Frame) -> Any:
    """The value of an expression.

    Raises:
        CodeError: it has none, with its place.
    """
    run = frame.run
    try:
        run.budget.enter()
        run.budget.step()
        return _HANDLERS[type(node)](node, frame)
    except Refusal as refusal:
        raise located(refusal, node, run) from refusal.__cause__
    finally:
        run.budget.leave()


def _constant(node: ast.Constant, frame: Frame) -> Any:
    if isinstance(node.value, str) and len(node.value) > frame.run.limits.text:
        raise Refusal(f"text may have {frame.run.limits.text:,} characters here.")
    return bounded(frame.run, node.value)


def _name(node: ast.Name, frame: Frame) -> Any:
    return look_up(node.id, frame)


def _attribute(node: ast.Attribute, frame: Frame) -> Any:
    if is_super_init(node):
        raise Refusal("super().__init__ is called: put ( ) after it.")
    return get_attribute(frame.run, evaluate(node.value, frame), node.attr)


def _subscript(node: ast.Subscript, frame: Frame) -> Any:
    holder, index = evaluate(node.value, frame), evaluate(node.slice, frame)
    frame.run.line = node.lineno
    return get_item(frame.run, holder, index)


def _slice(node: ast.Slice, frame: Frame) -> slice:
    ends = [evaluate(end, frame) if end else None for end in (node.lower, node.upper, node.step)]
    if not all(isinstance(end, int | None) for end in ends):
        raise Refusal("the ends of a slice are whole numbers.")
    return slice(*ends)


def _listed(nodes: list[ast.expr], frame: Frame) -> list[Any]:
    values: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            for value in members(evaluate(node.value, frame), frame.run):
                values.append(value)
                if len(values) > frame.run.limits.length:
                    frame.run.budget.length(len(values))
        else:
            values.append(evaluate(node, frame))
    frame.run.budget.length(len(values))
    return values


def _list(node: ast.List, frame: Frame) -> list[Any]:
    return _listed(node.elts, frame)


def _tuple(node: ast.Tuple, frame: Frame) -> tuple[Any, ...]:
    return tuple(_listed(node.elts, frame))


def _starred(node: ast.Starred, frame: Frame) -> Any:
    raise Refusal("* stands before a list in a call or in another list only.")


def _dict(node: ast.Dict, frame: Frame) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            merged = evaluate(value, frame)
            if not isinstance(merged, dict):
                raise Refusal(f"** stands before a dict, and this is {kind(merged)}.")
            found.update(merged)
        else:
            found[hashable(evaluate(key, frame))] = evaluate(value, frame)
    frame.run.budget.length(len(found))
    return found


def _comprehension(node: ast.ListComp | ast.GeneratorExp, frame: Frame) -> list[Any]:
    found: list[Any] = []
    for inner in _loops(node.generators, frame):
        found.append(evaluate(node.elt, inner))
        if len(found) > frame.run.limits.length:
            frame.run.budget.length(len(found))
    return found


def _dict_comprehension(node: ast.DictComp, frame: Frame) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for inner in _loops(node.generators, frame):
        found[hashable(evaluate(node.key, inner))] = evaluate(node.value, inner)
        if len(found) > frame.run.limits.length:
            frame.run.budget.length(len(found))
    return found


def _loops(loops: list[ast.comprehension], frame: Frame) -> Iterator[Frame]:
    """A frame for every round of the loops of a comprehension."""
    if not loops:
        yield frame
        return
    loop, *rest = loops
    for member in members(evaluate(loop.iter, frame), frame.run):
        inner = dataclasses.replace(frame, names={}, outer=(frame.names, *frame.outer))
        bind(loop.target, member, inner)
        if all(truth(evaluate(condition, inner)) for condition in loop.ifs):
            yield from _loops(rest, inner)


def bind(target: ast.expr, value: Any, frame: Frame) -> None:
    """Give names to a value, or to its members.

    Raises:
        Refusal: there are as many members as names.
    """
    if isinstance(target, ast.Name):
        frame.names[target.id] = value
        return
    if not isinstance(target, ast.Tuple | ast.List):
        raise Refusal("only names can be assigned here.")
    parts = list(members(value, frame.run))
    if len(parts) != len(target.elts):
        raise Refusal(
            f"there are {len(target.elts)} names for {len(parts)} values. Write one for each."
        )
    for element, part in zip(target.elts, parts, strict=True):
        bind(element, part, frame)


def _binary(node: ast.BinOp, frame: Frame) -> Any:
    left = evaluate(node.left, frame)
    return binary(frame.run, node.op, left, evaluate(node.right, frame))


def _unary(node: ast.UnaryOp, frame: Frame) -> Any:
    return unary(node.op, evaluate(node.operand, frame))


def _boolean(node: ast.BoolOp, frame: Frame) -> Any:
    value = None
    for part in node.values:
        value = evaluate(part, frame)
        if truth(value) == isinstance(node.op, ast.Or):
            return value
    return value


def _comparison(node: ast.Compare, frame: Frame) -> bool:
    left = evaluate(node.left, frame)
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(right_node, frame)
        if not compare(frame.run, operator, left, right):
            return False
        left = right
    return True


def _conditional(node: ast.IfExp, frame: Frame) -> Any:
    return evaluate(node.body if truth(evaluate(node.test, frame)) else node.orelse, frame)


def _f_string(node: ast.JoinedStr, frame: Frame) -> str:
    text = "".join(str(evaluate(part, frame)) for part in node.values)
    if len(text) > frame.run.limits.text:
        raise Refusal(f"text may have {frame.run.limits.text:,} characters here.")
    return text


def _formatted(node: ast.FormattedValue, frame: Frame) -> str:
    value = evaluate(node.value, frame)
    if not isinstance(value, SIMPLE):
        raise Refusal(f"an f-string shows numbers and text here, and this is {kind(value)}.")
    if node.conversion == ord("r"):
        value = repr(value)
    if node.format_spec is None:
        return str(value)
    spec = evaluate(node.format_spec, frame)
    if not FORMAT.fullmatch(spec):
        raise Refusal("after the colon stand a width and a kind at most here: {i:02d}, {x:.2f}.")
    try:
        return format(value, spec)
    except (ValueError, TypeError):
        raise Refusal(f"{kind(value)} cannot be shown as {spec!r}.") from None


def _call(node: ast.Call, frame: Frame) -> Any:
    run = frame.run
    if is_super_init(node.func):
        args, kwargs = _arguments(node, frame)
        return start_instance(frame, args, kwargs)
    if isinstance(node.func, ast.Attribute):
        holder = evaluate(node.func.value, frame)
        return _call_attribute(node, holder, node.func.attr, frame)
    called = evaluate(node.func, frame)
    args, kwargs = _arguments(node, frame)
    run.line = node.lineno
    return _call_value(run, called, args, kwargs)


def _call_attribute(node: ast.Call, holder: Any, name: str, frame: Frame) -> Any:
    run = frame.run
    if isinstance(holder, Namespace | Function):
        called = get_attribute(run, holder, name)
    elif isinstance(holder, nn.Module) and name in definition_of(holder).methods:
        args, kwargs = _arguments(node, frame)
        return definition_of(holder).methods[name].call(run, [holder, *args], kwargs)
    elif isinstance(holder, nn.Module) and name == "forward":
        called = holder
    elif isinstance(holder, nn.Module) and not has_method(holder, name):
        called = get_attribute(run, holder, name)
    else:
        called = None
    args, kwargs = _arguments(node, frame)
    run.line = node.lineno
    if called is None:
        return call_method(run, holder, name, args, kwargs)
    return _call_value(run, called, args, kwargs)


def _call_value(run: Run, called: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if isinstance(called, Function):
        return called.call(run, args, kwargs)
    if isinstance(called, nn.Module):
        return call_module(run, called, args, kwargs)
    if isinstance(called, Tensor):
        raise Refusal("a tensor cannot be called.")
    raise Refusal(f"{kind(called)} cannot be called: leave the parentheses after it out.")


def _arguments(node: ast.Call, frame: Frame) -> tuple[list[Any], dict[str, Any]]:
    args = _listed(node.args, frame)
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(keyword.value, frame)
        given = {keyword.arg: value} if keyword.arg is not None else value
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            raise Refusal(f"** stands before a dict with text as keys, and this is {kind(value)}.")
        twice = next((key for key in given if key in kwargs), None)
        if twice is not None:
            raise Refusal(f"{twice[:60]} is given twice.")
        kwargs.update(given)
    return args, kwargs


_HANDLERS: dict[type[ast.expr], Callable[[Any, Frame], Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute,
    ast.Subscript: _subscript, ast.Slice: _slice, ast.List: _list, ast.Tuple: _tuple,
    ast.Starred: _starred, ast.Dict: _dict, ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension, ast.DictComp: _dict_comprehension, ast.BinOp: _binary,
    ast.UnaryOp: _unary, ast.BoolOp: _boolean, ast.Compare: _comparison, ast.IfExp: _conditional,
    ast.JoinedStr: _f_string, ast.FormattedValue: _formatted, ast.Call: _call,
}  # fmt: skip
