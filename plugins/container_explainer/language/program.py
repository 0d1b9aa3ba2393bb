"""Run what a visitor typed, and say what it made."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from demo_app.checkpoints import build

from .errors import CodeError, Refusal
from .grammar import check
from .limits import LIMITS, Limits
from .namespaces import names_at_first
from .parsing import parse
from .running import Frame, Run
from .statements import execute
from .trees import EVERY_MODULE_HAS, check_tree
from .values import Function, Namespace
from .written import Written

MAX_HELD = 100
"""Lists that are looked through for modules that are registered nowhere."""


@dataclass(frozen=True, kw_only=True)
class Unregistered:
    """Modules in a plain list, tuple or dict, which PyTorch does not see there.

    Attributes:
        owner: the module that has it as an attribute; None for a variable of the program.
        name: of the attribute or variable.
        kind: of what holds them.
        modules: those that are registered nowhere else in the owner or, for a variable, in any
            module that the program names.
        line: where the first of them was made.
    """

    owner: nn.Module | None
    name: str
    kind: Literal["list", "tuple", "dict"]
    modules: tuple[nn.Module, ...]
    line: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a program made.

    Attributes:
        names: its variables, without imports, functions and classes.
        modules: those that hold modules.
        result: the module that the last statement is about; None if none is.
        result_name: the variable that holds it; empty if none does.
        printed: what ``print`` would have printed.
        lines: of every module, the line that made it.
        unregistered: modules that PyTorch does not see where they are held.
    """

    names: Mapping[str, Any]
    modules: Mapping[str, nn.Module]
    result: nn.Module | None
    result_name: str
    printed: str
    lines: Mapping[nn.Module, int]
    unregistered: Sequence[Unregistered]


def run(code: str, *, limits: Limits = LIMITS) -> Program:
    """Run a program of the container language.

    Modules are PyTorch's own, on the meta device: they have shapes and no numbers. A class of the
    visitor's is a real module too, and its ``forward`` is interpreted whenever it is called, with
    tensors of any device. After the run all forward passes together have ``limits.later_steps``.

    If nothing is made but classes, the last one is made, provided that it needs no arguments.

    Raises:
        CodeError: with line, column and what to write instead.
    """
    tree = parse(code, limits)
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    check(tree, lines)
    running = Run(lines, limits)
    names: dict[str, Any] = {}
    frame = Frame(run=running, names=names, outer=(names_at_first(),))
    try:
        with torch.inference_mode(False):
            build(lambda: _run(tree, frame))
    except RecursionError:
        raise CodeError(
            "too much is nested here, or a function calls itself. Write it in smaller parts.",
            line=running.line,
            column=1,
        ) from None
    except CodeError:
        raise
    except Exception as error:
        raise CodeError(
            f"this cannot be run here ({type(error).__name__}). Write it in another way.",
            line=running.line,
            column=1,
        ) from error
    running.ended = True
    running.budget.end_run()
    return _program(running, names)


def _run(tree: ast.Module, frame: Frame) -> nn.Module:
    """The program itself, run where modules are built without being initialised."""
    execute(tree.body, frame)
    _make_last_class(frame.run, frame.names)
    return frame.run.latest or nn.Identity()


def _make_last_class(run: Run, names: Mapping[str, Any]) -> None:
    """A class that was written and never used is what the visitor wants to see."""
    classes = [v for v in names.values() if isinstance(v, Function) and v.layer is not None
               and issubclass(v.layer, Written)]  # fmt: skip
    if run.latest is not None or run.made or not classes:
        return
    last = classes[-1]
    run.line = last.layer._definition.line  # type: ignore[union-attr]
    try:
        run.latest = last.call(run, [], {})
    except Refusal as refusal:
        raise CodeError(
            f"nothing is made of {last.name} yet, and it cannot be made without arguments "
            f"({refusal}) Add a line: net = {last.name}(...).",
            line=run.line,
            column=1,
        ) from refusal


def _program(run: Run, names: Mapping[str, Any]) -> Program:
    values = {n: v for n, v in names.items() if not isinstance(v, Function | Namespace)}
    modules = {n: v for n, v in values.items() if isinstance(v, nn.Module)}
    for module in {*modules.values(), *([run.latest] if run.latest is not None else [])}:
        try:
            check_tree(module, run.limits)
        except Refusal as refusal:
            raise CodeError(str(refusal), line=run.made.get(module, 1), column=1) from None
    return Program(
        names=values,
        modules=modules,
        result=run.latest,
        result_name=next((n for n, v in modules.items() if v is run.latest), ""),
        printed="".join(run.printed),
        lines=run.made,
        unregistered=_unregistered(run, values, modules),
    )


def _unregistered(
    run: Run, values: Mapping[str, Any], modules: Mapping[str, nn.Module]
) -> list[Unregistered]:
    held: list[tuple[nn.Module | None, str, Any]] = [(None, n, v) for n, v in values.items()]
    for module in run.made:
        if isinstance(module, Written):
            held += [(module, n, v) for n, v in vars(module).items() if n not in EVERY_MODULE_HAS]
    known: dict[nn.Module | None, set[nn.Module]] = {
        None: {part for module in modules.values() for part in module.modules()}
    }
    if run.latest is not None:
        known[None].update(run.latest.modules())
    found: list[Unregistered] = []
    for owner, name, value in held:
        if not isinstance(value, list | tuple | dict) or len(found) >= MAX_HELD:
            continue
        if owner not in known:
            known[owner] = set(owner.modules()) if owner is not None else set()
        hidden = tuple(part for part in _modules_in(value) if part not in known[owner])
        if hidden:
            found.append(
                Unregistered(
                    owner=owner,
                    name=name,
                    kind="list" if isinstance(value, list) else
                    "tuple" if isinstance(value, tuple) else "dict",
                    modules=hidden,
                    line=run.made.get(hidden[0], 1),
                )
            )  # fmt: skip
    return found


def _modules_in(value: Any) -> list[nn.Module]:
    """The modules in a list, tuple or dict, and in those inside it, each once."""
    found: dict[nn.Module, None] = {}
    met: set[int] = set()
    open_values = [value]
    while open_values:
        current = open_values.pop(0)
        if isinstance(current, nn.Module):
            found[current] = None
        elif isinstance(current, list | tuple | dict) and id(current) not in met:
            met.add(id(current))
            open_values += current.values() if isinstance(current, dict) else current
    return list(found)
