"""An explanation to take along: its table as CSV, as Markdown, or all of it as JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any, Literal

from demo_app import File
from demo_app.errors import shorten

from ..report import Explanation, ModuleRow
from .quantities import in_full, in_short

Format = Literal["csv", "markdown", "json"]
Table = Literal["modules", "tensors"]

ENDINGS: dict[Format, str] = {"csv": "csv", "markdown": "md", "json": "json"}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula.

See https://owasp.org/www-community/attacks/CSV_Injection
"""
COLUMNS = ("module", "class", "input", "output", "parameters", "share", "multiply-adds", "note")
TO_THE_RIGHT = ("parameters", "share", "multiply-adds")


def as_file(explanation: Explanation, format: Format) -> File:
    """The explanation as a file to download, named after its model."""
    write = {"csv": as_csv, "markdown": as_markdown, "json": as_json}[format]
    stem = (explanation.title or explanation.class_name).replace("/", " ").replace("\\", " ")
    name = f"{shorten(stem, 80)}.{ENDINGS[format]}"
    return File(name=name, data=write(explanation).encode())


def as_csv(explanation: Explanation, table: Table = "modules") -> str:
    """One of its tables as CSV: a line for each row, with every field.

    Not known is an empty field. A text that a spreadsheet would run as a formula gets an
    apostrophe before it.
    """
    rows: Sequence[Any] = explanation.modules if table == "modules" else explanation.tensors
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if rows:
        writer.writerow(field.name for field in dataclasses.fields(rows[0]))
    for row in rows:
        writer.writerow(_csv_field(value) for value in vars(row).values())
    return text.getvalue()


def as_json(explanation: Explanation) -> str:
    """All of it as JSON, with the names of the fields as in ``Explanation``."""
    return json.dumps(dataclasses.asdict(explanation), ensure_ascii=False, indent=2)


def as_markdown(explanation: Explanation) -> str:
    """Its modules as a table in GitHub's Markdown, with its sums before and its notes after it."""
    lines = [f"**{_escaped(explanation.title or explanation.class_name)}**: {sums(explanation)}"]
    if explanation.input:
        shapes = f"Input {explanation.input}, output {explanation.output or '–'}."
        lines += ["", _escaped(shapes)]
    rule = ["---:" if column in TO_THE_RIGHT else "---" for column in COLUMNS]
    lines += ["", _markdown_line(COLUMNS), _markdown_line(rule)]
    lines += [_markdown_line(map(_escaped, _markdown_cells(row))) for row in explanation.modules]
    if explanation.notes:
        lines += ["", *(f"- {_escaped(note)}" for note in explanation.notes)]
    return "\n".join(lines) + "\n"


def sums(explanation: Explanation) -> str:
    """Its figures in a sentence: parameters, of which trainable, modules, multiply-adds."""
    parts = [f"{in_full(explanation.parameters)} parameters"]
    if explanation.trainable != explanation.parameters:
        parts[0] += f" ({in_full(explanation.trainable)} trainable)"
    count = explanation.module_count
    parts.append("1 module" if count == 1 else f"{count:,} modules")
    if explanation.multiply_adds is not None:
        parts.append(f"{in_short(explanation.multiply_adds)} multiply-adds")
    return f"{', '.join(parts)}."


def remarks(row: ModuleRow) -> str:
    """What is odd about a module: shared, never used, called several times."""
    found = [
        (row.same_as is not None, f"same as {row.same_as or 'the whole model'}"),
        (row.unused, "not used"),
        ((row.calls or 0) > 1, f"called {row.calls}×"),
        (row.parameters > 0 and not row.trainable, "frozen"),
    ]
    return ", ".join(text for is_so, text in found if is_so)


def _csv_field(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _markdown_cells(row: ModuleRow) -> tuple[str, ...]:
    made = f"{row.class_name}({row.arguments})" if row.arguments else row.class_name
    multiply_adds = "" if row.multiply_adds is None else in_full(row.multiply_adds)
    return (
        row.path or "(whole model)",
        made,
        row.input,
        row.output,
        in_full(row.parameters),
        f"{row.share:.1%}",
        multiply_adds,
        remarks(row),
    )


def _markdown_line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is: no column ends in it, nothing is set off or linked."""
    for mark in "\\`*_|~":
        text = text.replace(mark, f"\\{mark}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("](", "]\\(")
    return " ".join(text.split())
