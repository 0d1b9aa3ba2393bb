"""An explanation as one HTML table that brings its own style, for a notebook."""

from __future__ import annotations

from html import escape

from ..report import Explanation, ModuleRow
from .exports import remarks, sums
from .quantities import in_full, in_short

MAX_ROWS = 2_000
# Set on each element: what shows notebooks elsewhere takes style sheets away.
CELL = "padding:2px 10px;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.25)"
LEFT = f"{CELL};text-align:left"
RIGHT = f"{CELL};text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
FAINT = "opacity:.65"


def as_html(explanation: Explanation) -> str:
    """The explanation as HTML, without scripts; all texts in it are escaped."""
    title = escape(explanation.title or explanation.class_name)
    lines = [f"<strong>{title}</strong>: {escape(sums(explanation))}"]
    if explanation.input:
        shapes = f"Input {explanation.input}, output {explanation.output or '–'}."
        lines.append(escape(shapes))
    rows = explanation.modules[:MAX_ROWS]
    left_out = len(explanation.modules) - len(rows)
    notes = [
        *explanation.notes,
        *([f"{left_out:,} more modules are not shown."] if left_out else []),
    ]
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"<div><p style='margin:0 0 6px'>{'<br>'.join(lines)}</p>"
        "<div style='max-height:40em;overflow:auto'>"
        "<table style='border-collapse:collapse;font-size:90%;border:0'>"
        f"<thead>{_head(explanation)}</thead>"
        f"<tbody>{''.join(_row(row, explanation) for row in rows)}</tbody></table></div>"
        f"{f'<ul>{listed}</ul>' if listed else ''}</div>"
    )


def _head(explanation: Explanation) -> str:
    names = [("module", LEFT)]
    if explanation.input:
        names += [("input", LEFT), ("output", LEFT)]
    names += [("parameters", RIGHT), ("share", RIGHT)]
    if explanation.input:
        names += [("multiply-adds", RIGHT)]
    cells = "".join(f"<th scope='col' style='{style}'>{name}</th>" for name, style in names)
    return f"<tr style='background:none'>{cells}</tr>"


def _row(row: ModuleRow, explanation: Explanation) -> str:
    odd = remarks(row)
    mark = f" <em>{escape(odd)}</em>" if odd else ""
    arguments = f"<span style='{FAINT}'>({escape(row.arguments)})</span>" if row.arguments else ""
    name = f"{escape(row.name)}: " if row.depth else ""
    indent = f"{LEFT};padding-left:{10 + 18 * min(row.depth, 30)}px;font-weight:normal"
    what = f"{name}<strong>{escape(row.class_name)}</strong>{arguments}{mark}"
    cells = [f"<th scope='row' style='{indent}' title='{escape(row.path)}'>{what}</th>"]
    if explanation.input:
        cells += [_cell(escape(row.input), LEFT), _cell(escape(row.output), LEFT)]
    cells += [
        _cell(in_full(row.parameters) if row.parameters else "", RIGHT),
        _cell(f"{row.share:.1%}" if row.parameters else "", RIGHT),
    ]
    if explanation.input:
        products = in_short(row.multiply_adds) if row.multiply_adds else ""
        cells.append(_cell(products, RIGHT))
    return f"<tr style='background:none'>{''.join(cells)}</tr>"


def _cell(text: str, style: str) -> str:
    return f"<td style='{style}'>{text}</td>"
