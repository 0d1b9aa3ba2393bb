"""Results for people: tables for records, grids for numbers."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from demo_app.surfaces.cli.saving import KeptFile

_UNBOUNDED = 10_000


def show(*parts: RenderableType) -> None:
    """Print: as wide as the terminal; in a pipe, no line is wrapped or padded.

    Args:
        parts: one below the other; a text is printed as it is.
    """
    for part in parts:
        if isinstance(part, str):
            print(part)
        elif sys.stdout.isatty():
            Console(highlight=False).print(part)
        else:
            pipe = Console(file=io.StringIO(), highlight=False, width=_UNBOUNDED)
            with pipe.capture() as captured:
                pipe.print(part)
            print("\n".join(text.rstrip() for text in captured.get().splitlines()))


def to_json(value: Any, *, indent: int | None = None) -> str:
    """A result as JSON; of a picture or file its name, size and path."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=KeptFile.to_json)


def number(value: float) -> str:
    """A number with the digits that matter to a reader."""
    if isinstance(value, int):
        return str(value)
    size = abs(value)
    if value == 0 or 1e-4 <= size < 1e4:
        return f"{value:.4g}"
    return f"{value:,.1f}" if 1e4 <= size < 1e12 else f"{value:.3e}"


def aligned(values: Sequence[float]) -> list[str]:
    """Numbers that stand below each other: as many decimals for all, where none is lost by it."""
    sizes = [abs(value) for value in values if value]
    decimals = 3 - math.floor(math.log10(max(sizes, default=1.0)))
    if all(isinstance(v, int) for v in values) or not 0 <= decimals <= 6:
        return [number(value) for value in values]
    if min(sizes, default=1.0) < 10**-decimals:
        return [number(value) for value in values]
    return [f"{value:.{decimals}f}" for value in values]


def render(value: Any) -> RenderableType:
    """A result to ``show``.

    Args:
        value: as ``wire.encode`` gives it: plain data, with a ``KeptFile`` for each picture or
            file.
    """
    if not isinstance(value, dict | list) or not value:
        return Text(_cell(value))
    if isinstance(value, dict):
        return _members(value)
    if all(isinstance(row, dict) for row in value):
        if _are_flat_records(value):
            return _records(value)
        return Group(*(part for row in value for part in (_members(row), Text())))
    if all(isinstance(row, list) and all(map(_is_number, row)) for row in value):
        return _matrix(value)
    if all(map(_is_number, value)):
        return Text(", ".join(map(_cell, value)))
    return Group(*map(render, value))


def _members(value: dict[str, Any]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", overflow="fold")
    grid.add_column(overflow="fold")
    for name, member in value.items():
        grid.add_row(Text(name), render(member))
    return grid


def _are_flat_records(rows: list[dict[str, Any]]) -> bool:
    same = all(row.keys() == rows[0].keys() for row in rows)
    return same and not any(isinstance(v, dict | list) for row in rows for v in row.values())


def _records(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    columns = []
    for name in rows[0]:
        column = [row[name] for row in rows]
        numeric = all(map(_is_number, column))
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
        columns.append(aligned(column) if numeric else [_cell(member) for member in column])
    for cells in zip(*columns, strict=True):
        table.add_row(*map(Text, cells))
    return table


def _matrix(rows: list[list[float]]) -> Text:
    cells = aligned([cell for row in rows for cell in row])
    width = max(map(len, cells), default=0)
    rest = iter(cells)
    lines = (" ".join(next(rest).rjust(width) for _ in row) for row in rows)
    return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return number(value)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, KeptFile) else to_json(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
