"""Any module that somebody holds, taken apart where they work: ``explain(net, (1, 3, 224, 224))``.

The report prints as a table of plain text, and shows as HTML in a notebook. The module is looked at
through a twin on the meta device: nothing is computed, and nothing of it is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from demo_app import InvalidInput, TensorSpec
from demo_app.errors import shorten

from ..altering.twin import on_meta, twin
from ..anatomy.explanation import NO_INPUTS, explain_module
from ..report import Explanation
from .exports import Table, as_csv, as_json, as_markdown
from .html_table import as_html
from .text_table import WIDTH, as_text

GIVE_INPUTS = (
    "It was not run, so that there are no shapes and no multiply-adds. For those give example "
    "inputs: explain(net, (1, 3, 224, 224)), say."
)
MAX_DEPTH = 1_000


@dataclass(frozen=True, kw_only=True, repr=False)
class ModuleReport:
    """A module, taken apart; ``explanation`` has every number of it."""

    explanation: Explanation

    def __repr__(self) -> str:
        return as_text(self.explanation)

    def _repr_html_(self) -> str:
        return as_html(self.explanation)

    def text(self, width: int = WIDTH) -> str:
        """The table in lines of at most ``width`` characters."""
        return as_text(self.explanation, width)

    def csv(self, table: Table = "modules") -> str:
        """The modules, or the tensors, as CSV."""
        return as_csv(self.explanation, table)

    def markdown(self) -> str:
        """The modules as a table in Markdown."""
        return as_markdown(self.explanation)

    def json(self) -> str:
        """All of it as JSON."""
        return as_json(self.explanation)


def explain(
    module: nn.Module,
    *inputs: Tensor | TensorSpec | Sequence[int],
    depth: int | None = None,
) -> ModuleReport:
    """Take a module apart: its containers and layers, shapes, parameters and multiply-adds.

    Args:
        module: on any device, of any size; it keeps its mode, its hooks and its numbers. Its own
            hooks run, as in every forward pass, with tensors that have shapes and no numbers.
        inputs: the positional arguments of ``forward``, each a tensor, a ``TensorSpec``, or a
            shape such as ``(1, 3, 224, 224)`` with the dtype of the module's parameters. Without
            any it is not run.
        depth: how many levels of modules to list; all if left out.

    Raises:
        InvalidInput: an argument is something else.
    """
    given: Any = module
    if not isinstance(given, nn.Module):
        hint = " Call it first: it is a class." if isinstance(given, type) else ""
        raise InvalidInput(f"explain takes an nn.Module, not {_kind(given)}.{hint}")
    whole_number = isinstance(depth, int) and not isinstance(depth, bool)
    if depth is not None and not (whole_number and 0 <= depth <= MAX_DEPTH):
        raise InvalidInput(f"depth: give a whole number from 0 to {MAX_DEPTH:,}, or leave it out.")
    with torch.inference_mode(False):
        made = twin(module, on_meta)
        specs = [_spec(number, given, module) for number, given in enumerate(inputs, 1)]
        name = type(module).__name__
        explanation = explain_module(
            made, {"": specs} if specs else {}, model=name, title=name, depth=depth
        )
    notes = [GIVE_INPUTS if note == NO_INPUTS else note for note in explanation.notes]
    return ModuleReport(explanation=replace(explanation, notes=notes))


def _spec(number: int, given: Any, module: nn.Module) -> TensorSpec:
    if isinstance(given, TensorSpec):
        return given
    if isinstance(given, Tensor):
        return TensorSpec(shape=tuple(given.shape), dtype=_name(given.dtype))
    if isinstance(given, list | tuple) and all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in given
    ):
        return TensorSpec(shape=tuple(given), dtype=_name(_floating_dtype(module)))
    raise InvalidInput(
        f"Input {number} is {_kind(given)}. Give a tensor, a TensorSpec, or a shape such as "
        "(1, 3, 224, 224)."
    )


def _floating_dtype(module: nn.Module) -> torch.dtype:
    """The dtype that its layers compute in, as far as its parameters tell."""
    dtypes = (tensor.dtype for tensor in module.parameters() if tensor.is_floating_point())
    return next(dtypes, torch.float32)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {shorten(value.__name__)}"
    return "None" if value is None else f"a {shorten(type(value).__name__)}"
