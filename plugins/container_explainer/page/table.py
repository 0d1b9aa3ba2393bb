"""An explanation as one plain table of its modules, as HTML."""

from __future__ import annotations

from html import escape

from ..report import Explanation, ModuleRow
from ..telling.quantities import in_bytes, in_full

MAX_ROWS = 1000
HEADS = (
    "module", "class", "input", "output", "parameters", "share", "multiply-adds", "size",
    "activations", "calls",
)  # fmt: skip


def shown(explanation: Explanation) -> str:
    """A row for each module, and the sums at the foot."""
    rows = explanation.modules[:MAX_ROWS]
    left_out = len(explanation.modules) - len(rows)
    more = (
        f"<p class='note'>{left_out:,} more modules are not shown here; they are in the files.</p>"
        if left_out
        else ""
    )
    heads = "".join(
        f"<th scope='col' class='{'right' if place > 3 else ''}'>{name}</th>"
        for place, name in enumerate(HEADS)
    )
    return (
        "<div class='scrolled tall' tabindex='0' role='region' aria-label='Table of the modules'>"
        f"<table class='numbers'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(_row, rows))}</tbody></table></div>{more}"
    )


def _row(row: ModuleRow) -> str:
    same = f" <small>same as {escape(row.same_as)}</small>" if row.same_as else ""
    numbers = (
        in_full(row.parameters) if row.parameters else "",
        f"{row.share:.1%}" if row.parameters else "",
        in_full(row.multiply_adds) if row.multiply_adds else "",
        in_bytes(row.bytes) if row.bytes else "",
        in_bytes(row.activation_bytes) if row.activation_bytes else "",
        "" if row.calls is None else in_full(row.calls),
    )
    cells = "".join(f"<td class='right'>{number}</td>" for number in numbers)
    name = escape(row.path or "the whole model")
    return (
        f"<tr><th scope='row' style='--depth:{min(row.depth, 12)}'>{name}{same}</th>"
        f"<td title='{escape(row.arguments)}'>{escape(row.class_name)}</td>"
        f"<td>{escape(row.input)}</td><td>{escape(row.output)}</td>{cells}</tr>"
    )
