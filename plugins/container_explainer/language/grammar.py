"""What the language has, and what to write instead of what it has not: checked before a run.

A program is refused as a whole, even for a line that would never be reached: nothing of it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from .errors import CodeError
from .parsing import column_of

HAS: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.For, ast.If,
    ast.Pass, ast.Break, ast.Continue, ast.Return, ast.FunctionDef, ast.ClassDef, ast.Import,
    ast.ImportFrom, ast.alias, ast.arguments, ast.arg, ast.keyword, ast.Constant, ast.Name,
    ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.Call, ast.List, ast.Tuple, ast.Dict,
    ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.expr_context,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.With, ast.withitem, ast.Assert,
)  # fmt: skip
"""Every kind of node of the syntax tree that a program may have."""

INSTEAD: dict[type[ast.AST], str] = {
    ast.While: "while is not part of this language, since it may never end. Write a for loop over "
    "range(...).",
    ast.Lambda: "lambda is not part of this language. Write the value itself, or a def above.",
    ast.NamedExpr: ":= is not part of this language. Assign on a line of its own.",
    ast.Set: "sets are not part of this language. Write a list: [...].",
    ast.SetComp: "sets are not part of this language. Write a list: [... for ...].",
    ast.Try: "try is not part of this language: errors are shown where they happen.",
    ast.Raise: "raise is not part of this language. Leave it out.",
    ast.Global: "global is not part of this language. Hand the value over as an argument.",
    ast.Nonlocal: "nonlocal is not part of this language. Hand the value over as an argument.",
    ast.Yield: "yield is not part of this language. Return a list.",
    ast.YieldFrom: "yield is not part of this language. Return a list.",
    ast.Await: "await is not part of this language: nothing here takes time to wait for.",
    ast.AsyncFunctionDef: "async is not part of this language. Write def.",
    ast.AsyncFor: "async is not part of this language. Write for.",
    ast.AsyncWith: "async is not part of this language.",
    ast.Match: "match is not part of this language. Write if and elif.",
}

MAX_LOOPS = 4
"""``for`` parts of one comprehension, and comprehensions inside one another."""


def check(tree: ast.Module, lines: list[str]) -> None:
    """Refuse what is not part of the language.

    Args:
        tree: the program.
        lines: its text.

    Raises:
        CodeError: for the first such place, in the order of the text.
    """
    found = [
        (place, reason)
        for node in ast.walk(tree)
        if (reason := _refused(node)) is not None
        if (place := place_of(node, lines)) is not None
    ]
    found += [(place_of(node, lines), reason) for node, reason in _misplaced(tree)]
    if found:
        (line, column), reason = min(found)
        raise CodeError(reason, line=line, column=column)


def place_of(node: ast.AST, lines: list[str]) -> tuple[int, int]:
    """Line and column of a node, from 1."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        node = node.decorator_list[0]
    line = getattr(node, "lineno", 1)
    text = lines[line - 1] if line <= len(lines) else ""
    return line, column_of(text, getattr(node, "col_offset", 0))


def is_super_init(node: ast.AST) -> bool:
    """``super().__init__`` or ``super(Net, self).__init__``."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "__init__"
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    )


def _refused(node: ast.AST) -> str | None:
    """Why a node is no part of the language, or None if it is."""
    if not isinstance(node, HAS):
        name = type(node).__name__.casefold()
        return INSTEAD.get(type(node), f"{name} is not part of this language. Leave it out.")
    rule = _RULES.get(type(node))
    return rule(node) if rule else None


def _constant(node: ast.Constant) -> str | None:
    if isinstance(node.value, bytes | complex):
        return f"{type(node.value).__name__} values are not part of this language."
    return None


def _name(node: ast.Name) -> str | None:
    return _dunder(node.id)


def _attribute(node: ast.Attribute) -> str | None:
    return None if is_super_init(node) else _dunder(node.attr)


def _definition(node: ast.FunctionDef) -> str | None:
    given = node.args
    if node.decorator_list:
        return "decorators are not part of this language. Leave the line with @ out."
    if given.vararg or given.kwarg:
        return "* and ** among the parameters of a def are not part of this language. Name each."
    return None if node.name == "__init__" else _dunder(node.name)


def _class(node: ast.ClassDef) -> str | None:
    if node.decorator_list:
        return "decorators are not part of this language. Leave the line with @ out."
    if node.keywords:
        return "a class may only name the class that it extends here: class Net(nn.Module)."
    return _dunder(node.name)


def _parameter(node: ast.arg) -> str | None:
    return _dunder(node.arg)


def _keyword(node: ast.keyword) -> str | None:
    return _dunder(node.arg) if node.arg else None


def _alias(node: ast.alias) -> str | None:
    return _dunder(node.asname) if node.asname else None


def _comprehension(node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> str | None:
    if len(node.generators) > MAX_LOOPS:
        return f"a comprehension may have {MAX_LOOPS} for parts here. Write for loops."
    if any(loop.is_async for loop in node.generators):
        return "async is not part of this language. Write for."
    return None


def _dunder(name: str) -> str | None:
    if not name.startswith("__"):
        return None
    return (
        f"{name[:40]} cannot be used here: names that begin with two underscores are Python's own. "
        "Take another name."
    )


_RULES: dict[type[ast.AST], Callable[..., str | None]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.FunctionDef: _definition,
    ast.ClassDef: _class,
    ast.arg: _parameter,
    ast.keyword: _keyword,
    ast.alias: _alias,
    ast.ListComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}

_COMPREHENSIONS = (ast.ListComp, ast.DictComp, ast.GeneratorExp)


def _misplaced(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What is part of the language, but not there."""
    open_nodes: list[tuple[ast.AST, str, int, bool]] = [(tree, "program", 0, False)]
    while open_nodes:
        node, inside, comprehensions, in_loop = open_nodes.pop()
        if isinstance(node, ast.FunctionDef):
            if inside == "function":
                yield node, "a def inside a def is not part of this language. Move it out."
            inside, in_loop = "method" if inside == "class" else "function", False
        elif isinstance(node, ast.ClassDef):
            if inside != "program":
                yield (
                    node,
                    "a class inside something else is not part of this language. Move it out.",
                )
            inside, in_loop = "class", False
        elif isinstance(node, ast.Return) and inside in ("program", "class"):
            yield node, "return only stands inside a def."
        elif isinstance(node, ast.Break | ast.Continue) and not in_loop:
            yield node, "this only stands inside a for loop."
        elif isinstance(node, ast.Import | ast.ImportFrom) and inside != "program":
            yield node, "imports stand at the top here, outside of def and class."
        elif isinstance(node, ast.For):
            in_loop = True
        elif isinstance(node, _COMPREHENSIONS):
            comprehensions += 1
            if comprehensions > MAX_LOOPS:
                yield node, "too many comprehensions are inside one another. Write for loops."
        if inside == "method":
            inside = "function"
        for child in ast.iter_child_nodes(node):
            open_nodes.append((child, inside, comprehensions, in_loop))
