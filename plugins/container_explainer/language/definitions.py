"""What ``def`` and ``class`` make: functions and modules whose bodies are interpreted."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from .attributes import NAMES_OF_MODULES
from .calling import start_instance
from .errors import Refusal
from .expressions import evaluate
from .layers import count
from .running import Frame, Run, located
from .values import Function, kind
from .written import Definition, class_for

Execute = Callable[[Sequence[ast.stmt], Frame], Any]
"""Runs statements and gives what they return, or None."""
CALLED_BY_PYTORCH = ("forward", "extra_repr")
STEPS_OF_A_CLASS = 100
BASES = (nn.Module, nn.Sequential, nn.ModuleList, nn.ModuleDict)


def define_function(
    node: ast.FunctionDef, frame: Frame, execute: Execute, base: type[nn.Module] | None = None
) -> Function:
    """A function of the visitor's.

    Args:
        node: its syntax.
        frame: where it is defined; its defaults are computed there, now.
        execute: runs its body.
        base: what the class extends, if it is a method; its first argument is the instance then.
    """
    given = node.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    defaults: dict[str, Any] = {}
    for name, default in zip(names[::-1], given.defaults[::-1], strict=False):
        defaults[name] = evaluate(default, frame)
    for argument, default_or_none in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if default_or_none is not None:
            defaults[argument.arg] = evaluate(default_or_none, frame)
    by_name = [argument.arg for argument in given.kwonlyargs]

    def call(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
        bound = _bound(node.name, names, by_name, defaults, args, kwargs)
        instance = args[0] if base is not None and args else None
        inner = Frame(
            run=run, names=bound, outer=(frame.names, *frame.outer), instance=instance, base=base
        )
        try:
            run.budget.enter()
            return execute(node.body, inner)
        finally:
            run.budget.leave()

    return Function(name=node.name, call=call)


def define_class(node: ast.ClassDef, frame: Frame, execute: Execute) -> Function:
    """A class of the visitor's, which makes modules when it is called.

    Raises:
        Refusal: it extends something else than a module, or holds what a class cannot hold here.
    """
    base = _base(node, frame)
    methods: dict[str, Function] = {}
    constants: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            if statement.name in NAMES_OF_MODULES - {"__init__", *CALLED_BY_PYTORCH}:
                reason = f"every module has a method {statement.name}. Take another name."
                raise located(Refusal(reason), statement, frame.run)
            methods[statement.name] = define_function(statement, frame, execute, base)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            constants.update(_constants(statement, frame))
        elif not isinstance(statement, ast.Pass | ast.Expr):
            raise located(Refusal("a class holds defs and constants here."), statement, frame.run)
    definition = Definition(
        name=node.name, base=base, methods=methods, constants=constants, line=node.lineno
    )
    run = frame.run
    run.budget.step(STEPS_OF_A_CLASS)
    class_ = class_for(
        definition,
        {n: _as_method(run, node, methods[n]) for n in CALLED_BY_PYTORCH if n in methods},
    )

    def call(run: Run, args: list[Any], kwargs: dict[str, Any]) -> nn.Module:
        line = run.line
        made = class_.__new__(class_)
        if "__init__" in methods:
            methods["__init__"].call(run, [made, *args], kwargs)
        else:
            start_instance(Frame(run=run, names={}, instance=made, base=base), args, kwargs)
        if "_modules" not in vars(made):
            raise Refusal(
                f"{node.name} never calls super().__init__(). Write it as the first line of "
                "__init__."
            )
        run.line = line
        run.made.setdefault(made, line)
        count(run, made)
        return made

    return Function(name=node.name, call=call, layer=class_, members=constants)


def _base(node: ast.ClassDef, frame: Frame) -> type[nn.Module]:
    bases = [evaluate(base, frame) for base in node.bases]
    if len(bases) == 1 and isinstance(bases[0], Function) and bases[0].layer in BASES:
        return bases[0].layer
    if len(bases) == 1 and isinstance(bases[0], Function) and bases[0].layer is not None:
        raise Refusal(
            f"a class cannot extend {bases[0].name} here. Extend nn.Module and hold one in an "
            f"attribute: self.inner = {bases[0].name}(...)."
        )
    raise Refusal(f"a class extends nn.Module here: class {node.name[:60]}(nn.Module).")


def _constants(node: ast.Assign | ast.AnnAssign, frame: Frame) -> dict[str, Any]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None:
        return {}
    value = evaluate(node.value, frame)
    if isinstance(value, nn.Module | Tensor | list | dict):
        raise located(
            Refusal(f"{kind(value)} belongs into __init__: self.name = ..."), node, frame.run
        )
    return {target.id: value for target in targets if isinstance(target, ast.Name)}


def _as_method(run: Run, node: ast.ClassDef, function: Function) -> Callable[..., Any]:
    """A method that PyTorch can call, during the run and after it."""

    def method(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        is_outermost = run.forwards == 0
        if is_outermost and run.ended:
            run.budget.start_pass()
            run.device = next((a.device for a in args if isinstance(a, Tensor)), run.device)
        run.forwards += 1
        try:
            returned = function.call(run, [self, *args], kwargs)
            if function.name == "extra_repr" and not isinstance(returned, str):
                raise Refusal(f"extra_repr returns text, and this is {kind(returned)}.")
            return returned
        except Refusal as refusal:
            if not run.ended or not is_outermost:
                raise
            raise located(refusal, node, run) from refusal.__cause__
        except RecursionError:
            raise located(Refusal("too much is nested here."), node, run) from None
        finally:
            run.forwards -= 1

    return method


def _bound(
    function: str,
    names: list[str],
    by_name: list[str],
    defaults: dict[str, Any],
    args: list[Any],
    kwargs: dict[str, Any],
) -> dict[str, Any]:
    """Every parameter's value.

    Raises:
        Refusal: one is missing, given twice or not known.
    """
    if len(args) > len(names):
        raise Refusal(f"{function} takes {len(names)} arguments, and gets {len(args)}.")
    bound = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in (*names, *by_name):
            raise Refusal(f"{function} has no argument {name[:60]}. It takes {', '.join(names)}.")
        if name in bound:
            raise Refusal(f"{function} gets {name[:60]} twice: by its place and by its name.")
        bound[name] = value
    missing = [n for n in (*names, *by_name) if n not in bound and n not in defaults]
    if missing:
        raise Refusal(f"{function} also needs {' and '.join(missing)}.")
    return {**{n: v for n, v in defaults.items() if n not in bound}, **bound}
