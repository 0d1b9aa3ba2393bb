"""An explanation in plain text, for a terminal: the tree of modules, its numbers in columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

from ..report import Explanation, ModuleRow
from .exports import remarks, sums
from .quantities import in_full, in_short

WIDTH = 100
MIN_WIDTH = 60
MAX_SHAPE = 24
GAP = "  "


def as_text(explanation: Explanation, width: int = WIDTH) -> str:
    """The explanation in lines of at most ``width`` columns, 60 at the least.

    What has no room ends with an ellipsis.
    """
    width = max(width, MIN_WIDTH)
    beside = _columns_beside(explanation, min(MAX_SHAPE, width // 4))
    room = width - sum(len(GAP) + max(map(columns_of, column)) for column in beside)
    first = ["module", *_tree(explanation.modules, room)]
    # The output's shape is to the left as the tree is; numbers are to the right.
    texts = 2 if explanation.input else 1
    head, *rows = _aligned([first, *beside], texts)
    rule = "─" * max(map(columns_of, (head, *rows)))
    about = [f"{explanation.title or explanation.class_name}: {sums(explanation)}"]
    if explanation.input:
        about.append(f"Input {explanation.input}, output {explanation.output or '–'}.")
    notes = list(explanation.notes)
    if explanation.depth > max(row.depth for row in explanation.modules):
        notes.append("Modules further down are counted, and not listed.")
    end = [rule, *_wrapped(notes, width)] if notes else []
    return "\n".join([*_wrapped(about, width), "", head, rule, *rows, *end])


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def _columns_beside(explanation: Explanation, max_shape: int) -> list[list[str]]:
    """The columns beside the tree, each with its head; fewer where there was no forward pass."""
    rows = explanation.modules
    parameters = ["parameters", *(in_full(row.parameters) for row in rows)]
    share = ["share", *(f"{row.share:.1%}" if row.parameters else "" for row in rows)]
    if not explanation.input:
        return [parameters, share]
    output = ["output", *(_clipped(_printable(row.output), max_shape) for row in rows)]
    multiply_adds = ["mult-adds", *(_count(row) for row in rows)]
    return [output, parameters, share, multiply_adds]


def _count(row: ModuleRow) -> str:
    return in_short(row.multiply_adds) if row.multiply_adds else ""


def _tree(rows: Sequence[ModuleRow], room: int) -> list[str]:
    """The first column: branches, name, class and arguments, and what is odd about a module."""
    step = min(3, max(1, room // 3 // max(1, max(row.depth for row in rows))))
    lines = []
    for row, branches in zip(rows, _branches(rows), strict=True):
        name = f"{row.name}: " if row.depth else ""
        odd = remarks(row)
        made = row.class_name + (f"({row.arguments})" if row.arguments else "")
        stem = "".join(branch[:step] for branch in branches)[-room // 2 :]
        mark = f" ← {odd}" if odd else ""
        text = _printable(f"{stem}{' ' if step == 3 and stem else ''}{name}{made}")
        # The remark says more than the last of the arguments.
        space = room - columns_of(mark)
        lines.append(f"{_clipped(text, space)}{mark}" if space > room // 3 else text + mark)
    return [_clipped(_printable(line), room) for line in lines]


def _branches(rows: Sequence[ModuleRow]) -> list[list[str]]:
    """For each row the pieces of line before it, one for each level."""
    goes_on: set[int] = set()
    found: list[list[str]] = []
    for row in reversed(rows):
        if not row.depth:
            found.append([])
            goes_on.clear()
            continue
        own = "├──" if row.depth in goes_on else "└──"
        above = ["│  " if level in goes_on else "   " for level in range(1, row.depth)]
        found.append([*above, own])
        goes_on = {level for level in goes_on if level < row.depth} | {row.depth}
    return found[::-1]


def _aligned(columns: Sequence[Sequence[str]], texts: int) -> list[str]:
    """Lines of the columns, of which the first ``texts`` are set to the left."""
    widths = [max(map(columns_of, column)) for column in columns]
    return [
        GAP.join(
            _filled(cell, width, right=place >= texts)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in zip(*columns, strict=True)
    ]


def _clipped(text: str, room: int) -> str:
    if columns_of(text) <= room:
        return text
    text = text[: max(room - 1, 0)]
    while text and columns_of(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def _filled(text: str, room: int, *, right: bool = False) -> str:
    space = " " * (room - columns_of(text))
    return f"{space}{text}" if right else f"{text}{space}"


def _printable(text: str) -> str:
    """A text that cannot move the cursor: a name may hold any character."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _wrapped(sentences: Sequence[str], width: int) -> list[str]:
    lines = []
    for sentence in map(_printable, sentences):
        # textwrap counts letters, and wide ones take two columns.
        is_wide = columns_of(sentence) > len(sentence)
        lines += textwrap.wrap(sentence, width // 2 if is_wide else width)
    return lines
