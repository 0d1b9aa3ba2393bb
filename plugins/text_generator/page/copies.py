"""The section that looks a text up in the training text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from demo_app import Demo
from demo_app.components import plain

from ..results import Originality, Run
from .texts import build_text
from .writing import Column

INTRODUCTION = (
    "<p class='lead'>Did the model learn, or learn by heart? Here every piece of a text is "
    "looked up, word for word, in the million characters that both were trained on. Short runs "
    "are what a language has in common; long ones are copied.</p>"
)
EXAMPLES = {
    "From the training text": "Citizens, we have come so far, and now: Before we proceed any "
    "further, hear me speak, for I have news of the fleet.",
}
LISTED = 8


def build_section(demo: Demo, columns: Mapping[str, Column]) -> None:
    """Lay out the section and connect it to ``originality``."""
    plain(INTRODUCTION)
    source = build_text("copies", columns, EXAMPLES, "Look it up")
    found = plain(elem_id="generator-found")

    def look_up(text: str) -> str:
        return account(demo.call("originality", text=text))

    source.connect(look_up, [found])


def account(originality: Originality) -> str:
    """The text with its runs marked, and where the longest stands, in HTML."""
    if originality.longest is None:
        return "<p class='hint'>There is no text to look up.</p>"
    longest = originality.longest
    listed = sorted(originality.runs, key=lambda run: -len(run.text))[:LISTED] or [longest]
    length = len(longest.text)
    return (
        "<dl class='figures'>"
        f"<div><dt>longest copied run</dt><dd>{length} character{'' if length == 1 else 's'}</dd>"
        f"</div><div><dt>in runs of {originality.minimum} or more</dt>"
        f"<dd>{originality.copied:.0%}</dd></div></dl>"
        f"<p class='looked-up'>{''.join(_marked(originality))}</p>"
        f"<ol class='places'>{''.join(map(_place, listed))}</ol>"
    )


def _marked(originality: Originality) -> Iterator[str]:
    """The text; in it the runs, those that overlap as one, and inside them the longest."""
    longest = originality.longest
    assert longest is not None
    copied = [False] * len(originality.text)
    for run in (*originality.runs, longest):
        copied[run.start : run.start + len(run.text)] = [True] * len(run.text)
    end = longest.start + len(longest.text)
    kinds = [
        "longest" if longest.start <= place < end else "copied" if copied[place] else ""
        for place in range(len(originality.text))
    ]
    start = 0
    for place in range(1, len(kinds) + 1):
        if place == len(kinds) or kinds[place] != kinds[start]:
            piece = escape(originality.text[start:place])
            yield f"<mark class='{kinds[start]}'>{piece}</mark>" if kinds[start] else piece
            start = place


def _place(run: Run) -> str:
    return (
        f"<li><b>{len(run.text)} characters</b>, line {run.line:,} of the training text"
        f"<p class='around'>…{escape(run.before)}<mark class='longest'>{escape(run.text)}</mark>"
        f"{escape(run.after)}…</p></li>"
    )
