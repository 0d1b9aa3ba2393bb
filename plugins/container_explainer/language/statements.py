"""What a statement does: names, members and attributes assigned, loops, conditions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from .attributes import delete_attribute, set_attribute
from .containers import delete_item, set_item
from .definitions import define_class, define_function
from .errors import Refusal
from .expressions import evaluate
from .namespaces import NOTHING_RECORDED, imported
from .operators import in_place, truth
from .running import Frame, located
from .values import members


class _Leave(Exception):
    """A statement that leaves the ones around it; it is always caught where it leads to."""


class _Break(_Leave):
    pass


class _Continue(_Leave):
    pass


class _Return(_Leave):
    def __init__(self, value: Any) -> None:
        self.value = value


def execute(body: Sequence[ast.stmt], frame: Frame) -> Any:
    """Run the statements of a program or a function.

    Returns:
        What ``return`` gives, or None.

    Raises:
        CodeError: one of them cannot be run, with its place.
    """
    try:
        _block(body, frame)
    except _Return as returned:
        return returned.value
    return None


def _block(body: Sequence[ast.stmt], frame: Frame) -> None:
    for statement in body:
        try:
            frame.run.budget.step()
            _HANDLERS[type(statement)](statement, frame)
        except Refusal as refusal:
            raise located(refusal, statement, frame.run) from refusal.__cause__


def _expression(node: ast.Expr, frame: Frame) -> None:
    value = evaluate(node.value, frame)
    if isinstance(node.value, ast.Call):
        root = _root(node.value, frame)
        value = root if isinstance(root, nn.Module) else value
    _note(value, frame)


def _assign(node: ast.Assign, frame: Frame) -> None:
    value = evaluate(node.value, frame)
    for target in node.targets:
        assign(target, value, frame)


def _annotated(node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        assign(node.target, evaluate(node.value, frame), frame)


def assign(target: ast.expr, value: Any, frame: Frame) -> None:
    """``target = value``.

    Raises:
        CodeError: it cannot be assigned, with its place.
    """
    run = frame.run
    try:
        if isinstance(target, ast.Name):
            frame.names[target.id] = value
            _note(value, frame)
        elif isinstance(target, ast.Attribute):
            set_attribute(run, evaluate(target.value, frame), target.attr, value)
            _note(_root(target, frame), frame)
        elif isinstance(target, ast.Subscript):
            index = evaluate(target.slice, frame)
            set_item(run, evaluate(target.value, frame), index, value)
            _note(_root(target, frame), frame)
        elif isinstance(target, ast.Tuple | ast.List):
            _unpack(target.elts, value, frame)
        else:
            raise Refusal("* on the left of = is not part of this language. Name each value.")
    except Refusal as refusal:
        raise located(refusal, target, run) from refusal.__cause__


def _unpack(targets: list[ast.expr], value: Any, frame: Frame) -> None:
    values = list(members(value, frame.run))
    if len(values) != len(targets):
        raise Refusal(
            f"there are {len(targets)} names for {len(values)} values. Write one for each."
        )
    for target, part in zip(targets, values, strict=True):
        assign(target, part, frame)


def _augmented(node: ast.AugAssign, frame: Frame) -> None:
    target = node.target
    if isinstance(target, ast.Subscript):
        holder, index = evaluate(target.value, frame), evaluate(target.slice, frame)
        old = evaluate(target, frame)
        set_item(frame.run, holder, index, in_place(frame.run, node.op, old, _right(node, frame)))
        _note(_root(target, frame), frame)
        return
    old = evaluate(target, frame)
    new = in_place(frame.run, node.op, old, _right(node, frame))
    if not (new is old and isinstance(target, ast.Attribute)):
        assign(target, new, frame)


def _right(node: ast.AugAssign, frame: Frame) -> Any:
    return evaluate(node.value, frame)


def _delete(node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            if target.id not in frame.names:
                raise Refusal(f"{target.id[:60]} is not known here.")
            if frame.names.pop(target.id) is frame.run.latest:
                frame.run.latest = None
        elif isinstance(target, ast.Attribute):
            delete_attribute(frame.run, evaluate(target.value, frame), target.attr)
            _note(_root(target, frame), frame)
        elif isinstance(target, ast.Subscript):
            holder = evaluate(target.value, frame)
            delete_item(frame.run, holder, evaluate(target.slice, frame))
            _note(_root(target, frame), frame)
        else:
            raise Refusal("this cannot be deleted.")


def _for(node: ast.For, frame: Frame) -> None:
    try:
        for member in members(evaluate(node.iter, frame), frame.run):
            assign(node.target, member, frame)
            try:
                _block(node.body, frame)
            except _Continue:
                continue
    except _Break:
        return
    _block(node.orelse, frame)


def _if(node: ast.If, frame: Frame) -> None:
    _block(node.body if truth(evaluate(node.test, frame)) else node.orelse, frame)


def _with(node: ast.With, frame: Frame) -> None:
    for item in node.items:
        if item.optional_vars or evaluate(item.context_expr, frame) is not NOTHING_RECORDED:
            raise Refusal("with only goes with torch.no_grad() here.")
    _block(node.body, frame)


def _assert(node: ast.Assert, frame: Frame) -> None:
    if not truth(evaluate(node.test, frame)):
        raise Refusal("this assert does not hold.")


def _return(node: ast.Return, frame: Frame) -> None:
    raise _Return(evaluate(node.value, frame) if node.value else None)


def _break(node: ast.Break, frame: Frame) -> None:
    raise _Break


def _continue(node: ast.Continue, frame: Frame) -> None:
    raise _Continue


def _pass(node: ast.Pass, frame: Frame) -> None:
    pass


def _function(node: ast.FunctionDef, frame: Frame) -> None:
    frame.names[node.name] = define_function(node, frame, execute)


def _class(node: ast.ClassDef, frame: Frame) -> None:
    frame.names[node.name] = define_class(node, frame, execute)


def _import(node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    frame.names.update(imported(node))


def _root(node: ast.expr, frame: Frame) -> Any:
    """The value of the name with which ``net.features[0].append(...)`` begins."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return frame.names.get(node.id) if isinstance(node, ast.Name) else None


def _note(value: Any, frame: Frame) -> None:
    """The program is about this module, if it is one and the program itself speaks of it."""
    if isinstance(value, nn.Module) and frame.is_program:
        frame.run.latest = value


_HANDLERS: dict[type[ast.stmt], Callable[[Any, Frame], None]] = {
    ast.Expr: _expression, ast.Assign: _assign, ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented, ast.Delete: _delete, ast.For: _for, ast.If: _if, ast.With: _with,
    ast.Assert: _assert, ast.Return: _return, ast.Break: _break, ast.Continue: _continue,
    ast.Pass: _pass, ast.FunctionDef: _function, ast.ClassDef: _class, ast.Import: _import,
    ast.ImportFrom: _import,
}  # fmt: skip
