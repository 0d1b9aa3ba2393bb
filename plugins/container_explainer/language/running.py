"""One run of a program: its account, what it printed, and where each of its modules was made."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from .errors import CodeError, Refusal
from .grammar import place_of
from .limits import Budget, Limits


class Run:
    """What all parts of a run share.

    Attributes:
        lines: the program's text.
        printed: what was printed, in pieces.
        made: every module that was made, with the line that made it.
        line: the line of the call that runs.
        latest: the module that the program was last about.
        device: where tensors are made.
        forwards: forward passes of classes of the visitor's that run, in one another.
        ended: the program has run; what runs now is a forward pass that somebody else started.
    """

    def __init__(self, lines: Sequence[str], limits: Limits) -> None:
        self.lines = list(lines)
        self.limits = limits
        self.budget = Budget(limits)
        self.printed: list[str] = []
        self.printed_length = 0
        self.made: dict[nn.Module, int] = {}
        self.line = 1
        self.latest: nn.Module | None = None
        self.device = torch.device("meta")
        self.forwards = 0
        self.ended = False

    @property
    def device_is_real(self) -> bool:
        """Whether tensors are computed with numbers, and not on the meta device."""
        return self.device.type != "meta"

    def note_made(self, module: nn.Module) -> None:
        """Remember the line of a module that was just made, and of those inside it."""
        for part in module.modules():
            self.made.setdefault(part, self.line)


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """The names that an expression sees.

    Attributes:
        names: those that it can assign: the program's, or a function's own.
        outer: the program's and, last, those that are there from the start.
        instance: the module whose method runs.
        base: the class of PyTorch's that the module's class extends.
    """

    run: Run
    names: dict[str, Any]
    outer: Sequence[dict[str, Any]] = field(default_factory=list)
    instance: nn.Module | None = None
    base: type[nn.Module] | None = None

    @property
    def is_program(self) -> bool:
        """Whether these are the program's own names, and not a function's or a loop's."""
        return len(self.outer) == 1


def located(refusal: Refusal, node: ast.AST, run: Run) -> CodeError:
    """A refusal with its place: of a call that of the name called, of ``a.b`` that of ``b``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        node = node.func
    line, column = place_of(node, run.lines)
    if isinstance(node, ast.Attribute):
        name = ast.Name(id=node.attr, lineno=node.end_lineno or line)
        name.col_offset = (node.end_col_offset or 0) - len(node.attr)
        line, column = place_of(name, run.lines)
    return CodeError(str(refusal), line=line, column=column)
