"""The marks that a diagram is made of, as SVG, and their style."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

ARROW = "M{x:.1f} {y:.1f}m-4 -7l4 7l4 -7z"
"""A head that points down, its tip at (x, y)."""

BEND = 10.0
"""How far below the layer above, or above the one below, a line turns aside."""
CORNER = 7.0

STYLE = """
.flow { color: inherit; font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  --hue: currentColor; max-width: none; }
.flow text { fill: currentColor; }
.flow .lines { opacity: .65; }
.flow .line { fill: none; stroke: currentColor; stroke-width: 1.4; }
.flow .head { fill: currentColor; }
.flow .box { fill: color-mix(in srgb, var(--hue) 9%, transparent); stroke: var(--hue);
  stroke-opacity: .6; }
.flow .frame { fill: color-mix(in srgb, var(--hue) 4%, transparent); stroke-opacity: .45; }
.flow .behind { fill: none; }
.flow .sequential { --hue: #3b82f6; }
.flow .modulelist { --hue: #8b5cf6; }
.flow .moduledict { --hue: #14b8a6; }
.flow .repeated { stroke-dasharray: 5 4; }
.flow .pill { fill: none; stroke: currentColor; stroke-opacity: .45; }
.flow .input, .flow .output { fill: color-mix(in srgb, currentColor 9%, transparent); }
.flow .name { font-weight: 600; }
.flow .facts, .flow .shape { font-size: 11px; fill-opacity: .8; }
.flow .dot { fill: currentColor; fill-opacity: .6; }
.flow .operation { text-anchor: middle; }
.flow .times { font-weight: 700; text-anchor: end; }
"""


def rectangle(x: float, y: float, width: float, height: float, classes: str) -> str:
    """A box with round corners, by its upper left corner."""
    return (
        f"<rect class='{classes}' x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' "
        f"height='{height:.1f}' rx='7'/>"
    )


def pill(x: float, y: float, width: float, height: float, kind: str) -> str:
    """The same with half circles at its ends."""
    return (
        f"<rect class='pill {kind}' x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' "
        f"height='{height:.1f}' rx='{height / 2:.1f}'/>"
    )


def circle(x: float, y: float, radius: float, classes: str) -> str:
    """A circle by its middle."""
    return f"<circle class='{classes}' cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}'/>"


def text(x: float, y: float, line: str, classes: str) -> str:
    """A line of text by the left end of its baseline, or its middle or right end, by its class."""
    return f"<text class='{classes}' x='{x:.1f}' y='{y:.1f}'>{escape(line)}</text>"


def line(points: Sequence[tuple[float, float]], classes: str = "line") -> str:
    """A line through pairs of points: straight down within a pair, with two bends between pairs.

    It turns aside soon after its first pair and late before its last, so that lines that part and
    lines that meet keep apart.
    """
    (x, y), *rest = points
    drawn = [f"M{x:.1f} {y:.1f}"]
    for number, (next_x, next_y) in enumerate(rest):
        if number % 2 == 1 and abs(next_x - x) > 0.05:
            is_last = number + 2 == len(rest)
            bend = next_y - BEND - 6 if is_last and number > 1 else y + BEND
            drawn.append(_aside(x, next_x, bend))
            drawn.append(f"V{next_y:.1f}")
        elif abs(next_y - y) > 0.05:
            drawn.append(f"V{next_y:.1f}")
        x, y = next_x, next_y
    return f"<path class='{classes}' d='{''.join(drawn)}'/>"


def _aside(x: float, to: float, y: float) -> str:
    """Down to y, round a corner, aside, and round the other one."""
    radius = min(CORNER, abs(to - x) / 2)
    way = radius if to > x else -radius
    return (
        f"V{y - radius:.1f}Q{x:.1f} {y:.1f} {x + way:.1f} {y:.1f}"
        f"H{to - way:.1f}Q{to:.1f} {y:.1f} {to:.1f} {y + radius:.1f}"
    )
