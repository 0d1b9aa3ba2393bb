"""An error in what was typed, shown at its place, as HTML."""

from __future__ import annotations

import re
from html import escape

PLACE = re.compile(r"Line (\d+), column (\d+): (.*)", re.DOTALL)
LONGEST = 100
"""Characters of the line that are shown."""


def problem(message: str, code: str, remark: str = "") -> str:
    """The message; where it names a line and a column, with that line and a mark below it.

    Args:
        message: as text.
        code: what was run.
        remark: a sentence that follows.
    """
    found = PLACE.fullmatch(message)
    more = f"<p class='remark'>{escape(remark)}</p>" if remark else ""
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if found is None or not 1 <= int(found[1]) <= len(lines):
        return f"<div class='problem' role='alert'><p>{escape(message)}</p>{more}</div>"
    line, column = int(found[1]), int(found[2])
    text = lines[line - 1].expandtabs(1)
    # A window of the line with the place in it.
    begin = max(0, column - LONGEST + 20)
    shown = text[begin : begin + LONGEST]
    caret = " " * (column - 1 - begin) + "^"
    return (
        f"<div class='problem' role='alert'><p><b>Line {line}, column {column}:</b> "
        f"{escape(found[3])}</p><pre><span class='number'>{line}</span>{escape(shown)}\n"
        f"<span class='number'></span><span class='caret'>{caret}</span></pre>{more}"
        f"<style>#explainer-code .cm-content > .cm-line:nth-child({line}) "
        "{ background: color-mix(in srgb, #dc2626 14%, transparent); }</style></div>"
    )
