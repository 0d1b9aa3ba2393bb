"""What the LSTM's units remembered, as strips of colour under the text, in HTML."""

from __future__ import annotations

from html import escape

from ..results import Inspection, Track

NBSP = "\N{NO-BREAK SPACE}"
MARKS = {"\n": "↵", " ": "␣"}


def tracks(inspection: Inspection) -> str:
    """A strip for each unit of an inspected LSTM: a field for each character that it read."""
    letters = "".join(
        f"<span>{escape(MARKS.get(character, character))}</span>" for character in inspection.seen
    )
    strips = "".join(_strip(track, inspection.seen) for track in inspection.tracks)
    return (
        "<div class='tracks'><div class='track'><span class='of'></span>"
        f"<div class='letters' aria-hidden='true'>{letters}</div></div>{strips}</div>"
        "<p class='legend'><b>The cell, tanh</b><span><i class='minus' aria-hidden='true'></i>−1"
        "</span><span><i class='zero' aria-hidden='true'></i>0</span>"
        "<span><i class='plus' aria-hidden='true'></i>+1</span></p>"
    )


def _strip(track: Track, seen: str) -> str:
    fields = "".join(
        f"<rect x='{place}' width='1' height='1' class='{'plus' if value > 0 else 'minus'}' "
        f"fill-opacity='{abs(value):.2f}'/>"
        for place, value in enumerate(track.values)
    )
    name = f"layer {track.layer + 1}, unit {track.unit}"
    account = (
        f"follows the {track.follows}, r{NBSP}={NBSP}{track.correlation:+.2f}".replace("-", "−")
        if track.follows
        else "follows none of what was counted"
    )
    ends = f"from {track.values[0]:+.2f} to {track.values[-1]:+.2f}".replace("-", "−")
    return (
        f"<div class='track'><span class='of'><b>{name}</b> {escape(account)}</span>"
        f"<svg viewBox='0 0 {len(seen)} 1' preserveAspectRatio='none' "
        "shape-rendering='crispEdges' role='img' "
        f"aria-label='{name}, {ends}: {escape(account)}'>{fields}</svg></div>"
    )
