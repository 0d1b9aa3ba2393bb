"""A model before and after an edit, and what became of the names in its state_dict, as HTML."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from html import escape

from ..results import EditReport, NameChange
from ..telling.quantities import in_full

MAX_NAMES = 300
NAME = re.compile(r"^(\s*)\([^)]*\): ")
"""Of a child, in what ``print`` shows of its parent."""
MEANINGS = {
    "moved": "the same tensor under another name",
    "added": "new: no old checkpoint has it",
    "removed": "gone: the model after does not want it",
    "shared": "one more name for a tensor that has one already",
    "kept": "as before",
}


def shown(report: EditReport) -> str:
    """The line to write, what one may not expect, both prints, and the names."""
    notes = "".join(f"<p class='note' role='note'>{escape(note)}</p>" for note in report.notes)
    before, after = report.before.split("\n"), report.after.split("\n")
    return (
        f"<div class='edited'><h3>{escape(report.title)}</h3><pre class='line'>"
        f"{escape(report.code)}</pre>{notes}<div class='sides'>"
        f"{_side('Before', report.parameters_before, _marked(before, after, 'gone'))}"
        f"{_side('After', report.parameters_after, _marked(after, before, 'new'))}</div>"
        f"<h4>Names in the state_dict</h4>{names(report.changes)}{_loading(report)}</div>"
    )


def _side(title: str, parameters: int, lines: str) -> str:
    return (
        f"<figure><figcaption>{title} <small>{in_full(parameters)} parameters</small></figcaption>"
        f"<pre tabindex='0'>{lines}</pre></figure>"
    )


def _marked(lines: Sequence[str], others: Sequence[str], mark: str) -> str:
    """The lines, with those marked that the others have not, or have under another name."""
    matcher = difflib.SequenceMatcher(
        a=[NAME.sub(r"\1", line) for line in lines],
        b=[NAME.sub(r"\1", line) for line in others],
        autojunk=False,
    )
    there = {
        block.a + place: others[block.b + place]
        for block in matcher.get_matching_blocks()
        for place in range(block.size)
    }

    def marked(place: int, line: str) -> str:
        if there.get(place) == line:
            return escape(line)
        return f"<mark class='{'renamed' if place in there else mark}'>{escape(line)}</mark>"

    return "\n".join(marked(place, line) for place, line in enumerate(lines))


def names(changes: Sequence[NameChange]) -> str:
    """What became of each name: those that changed in a table, those kept below it."""
    if not changes:
        return "<p class='remark'>There are none: no part of it has parameters or buffers.</p>"
    changed = [change for change in changes if change.what != "kept"]
    kept = [change for change in changes if change.what == "kept"]
    counts = ", ".join(
        f"<b>{count}</b> {what}"
        for what in MEANINGS
        if (count := sum(change.what == what for change in changes))
    )
    rows = "".join(_rows(changed[:MAX_NAMES]))
    more = len(changed) - MAX_NAMES
    rest = f"<p class='remark'>{more:,} more are not shown.</p>" if more > 0 else ""
    table = f"<div class='scrolled'><table class='names'>{rows}</table></div>" if rows else ""
    listed = "".join(
        f"<li><code>{escape(change.new or '')}</code></li>" for change in kept[:MAX_NAMES]
    )
    same = (
        f"<details><summary>{len(kept):,} kept</summary><ul class='kept'>{listed}</ul></details>"
        if kept
        else ""
    )
    return f"<p class='remark'>{counts}</p>{table}{rest}{same}"


def _rows(changes: Sequence[NameChange]) -> Iterator[str]:
    for change in changes:
        old = f"<code>{escape(change.old)}</code>" if change.old else ""
        new = f"<code>{escape(change.new)}</code>" if change.new else ""
        yield (
            f"<tr class='{change.what}'><td class='old'>{old}</td>"
            f"<td class='arrow' aria-hidden='true'>{'→' if old and new else ''}</td>"
            f"<td class='new'>{new}</td><td><small><b>{change.what}</b>: "
            f"{MEANINGS[change.what]}</small></td></tr>"
        )


def _loading(report: EditReport) -> str:
    if report.remap:
        text = "The code below renames an old checkpoint for the model after."
    elif any(change.what in ("added", "removed") for change in report.changes):
        text = "No name moved: there is nothing to rename."
    else:
        text = "Every name is as before: an old checkpoint loads as it is."
    if report.missing:
        text += (
            f" It lacks {len(report.missing):,} of the names after: load it with "
            "<code>strict=False</code>, and train what is new."
        )
    return f"<p>{text}</p>"
