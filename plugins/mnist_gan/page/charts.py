"""Drawings of numbers: where a distance lies, and what truncation trades."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 56, 40, 14, 34
APART = 30
"""Names of points closer to the last named one than this, in pixels across, are left out."""


def distributions(quantiles: Mapping[str, Sequence[float]], here: float) -> str:
    """Densities of distances from their percentiles, with a mark, in HTML; empty without any.

    Args:
        quantiles: the percentiles 0, 1, … 100 by title.
        here: the distance to mark.
    """
    if not quantiles:
        return ""
    right = max(max(values) for values in quantiles.values())
    densities = {title: _density(values, right) for title, values in quantiles.items()}
    top = max(y for points in densities.values() for _, y in points)

    def place(x: float, y: float) -> str:
        return f"{_across(x / right):.1f} {_down(y / top):.1f}"

    lines = "".join(
        f"<path class='density d{number}' d='M{'L'.join(place(x, y) for x, y in points)}'/>"
        for number, points in enumerate(densities.values())
    )
    keys = "".join(
        f"<span><i class='d{number}'></i>{escape(title)}</span>"
        for number, title in enumerate(densities)
    )
    ticks = "".join(
        f"<text x='{_across(share):.1f}' y='{HEIGHT - 14}' text-anchor='middle'>"
        f"{share * right:.2f}</text>"
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    mark = _across(min(1.0, here / right))
    anchor = "start" if here < right / 5 else "end" if here > right * 4 / 5 else "middle"
    return (
        "<figure class='chart'><figcaption>Distance to the nearest training digit <span "
        f"class='keys'>{keys}</span></figcaption><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        f"aria-label='The chosen digit is {here:.3f} from its nearest training digit'>"
        f"<path class='axis' d='M{LEFT} {_down(0)}H{WIDTH - RIGHT}'/>{lines}"
        f"<path class='mark' d='M{mark:.1f} {TOP}V{_down(0)}'/>"
        f"<text x='{mark:.1f}' y='{TOP - 4}' text-anchor='{anchor}'>this one: {here:.3f}</text>"
        f"{ticks}</svg></figure>"
    )


def _density(quantiles: Sequence[float], right: float, bins: int = 40) -> list[tuple[float, float]]:
    """A smooth histogram of what the percentiles say, as points."""
    share = [0.0] * bins
    for low, high in itertools.pairwise(quantiles):
        # Each step holds one percent, spread evenly over the bins that it touches.
        first, last = (min(bins - 1, int(bins * value / right)) for value in (low, high))
        for place in range(first, last + 1):
            share[place] += 1 / (last - first + 1)
    padded = [0.0, *share, 0.0]
    smooth = [sum(padded[place : place + 3]) / 3 for place in range(bins)]
    return [((place + 0.5) * right / bins, value) for place, value in enumerate(smooth)]


def trade_off(points: Sequence[Mapping[str, Any]]) -> str:
    """Agreement against diversity, a point for every truncation, in HTML."""
    spreads = [point["diversity"] for point in points]
    agreements = [point["agreement"] for point in points]
    left, right = 0.0, max(1.0, *spreads) * 1.02
    low, high = min(0.998, math.floor(500 * min(agreements)) / 500), 1.0

    def place(point: Mapping[str, Any]) -> tuple[float, float]:
        x = _across((point["diversity"] - left) / (right - left))
        return x, _down((point["agreement"] - low) / (high - low))

    places = [place(point) for point in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4'><title>{_name(point)}: agreement "
        f"{point['agreement']:.2%}, diversity {point['diversity']:.2f}</title></circle>"
        for (x, y), point in zip(places, points, strict=True)
    )
    dots += "".join(_labels(places, [_name(point) for point in points]))
    real_x = _across((1 - left) / (right - left))
    rows = "".join(
        f"<tr><th scope='row'>{_name(point)}</th><td>{point['agreement']:.2%}</td>"
        f"<td>{point['diversity']:.3f}</td><td>{point['frechet_distance']:.2f}</td></tr>"
        for point in points
    )
    return (
        "<figure class='chart trade'><figcaption>Truncation trades variety for safety: upwards the "
        "judge agrees more often, to the right samples differ more (1: as much as real digits)."
        f"</figcaption><svg viewBox='0 0 {WIDTH} {HEIGHT + 60}' role='img' "
        "aria-label='Agreement against diversity; the same in numbers below'>"
        f"<g transform='translate(0 30)'><path class='axis' d='M{LEFT} {_down(0)}H{WIDTH - RIGHT}"
        f"M{LEFT} {TOP}V{_down(0)}'/><path class='real' d='M{real_x:.1f} {TOP}V{_down(0)}'/>"
        f"<text x='{real_x:.1f}' y='{TOP - 4}' text-anchor='middle'>real digits</text>"
        f"<path class='line' d='M{path}'/>{dots}"
        f"<text x='{LEFT - 6}' y='{_down(1) + 4:.1f}' text-anchor='end'>{high:.0%}</text>"
        f"<text x='{LEFT - 6}' y='{_down(0) + 4:.1f}' text-anchor='end'>{low:.1%}</text>"
        f"<text x='{LEFT}' y='{HEIGHT - 14}' text-anchor='middle'>0</text>"
        f"<text x='{real_x:.1f}' y='{HEIGHT - 14}' text-anchor='middle'>1</text></g></svg>"
        "<details><summary>The same in numbers</summary><table class='numbers'><thead><tr>"
        "<th scope='col'>truncation</th><th scope='col'>judge agrees</th><th scope='col'>diversity"
        "</th><th scope='col'>Fréchet distance</th></tr></thead><tbody>"
        f"{rows}</tbody></table></details></figure>"
    )


def ruler(marks: Sequence[tuple[str, float, Sequence[float]]]) -> str:
    """Values with their intervals on one scale from 0, a row each, in HTML.

    Args:
        marks: title, value and the interval's two ends.
    """
    right = max(high for _, _, (_, high) in marks) * 1.05
    rows = "".join(
        f"<div class='ruled'><span class='name'>{escape(title)}</span><span class='track'>"
        f"<i class='interval' style='left:{100 * low / right:.1f}%;"
        f"width:{100 * (high - low) / right:.1f}%'></i>"
        f"<i class='value' style='left:{100 * value / right:.1f}%'></i></span>"
        f"<span class='number'><b>{value:.2f}</b> <small>{low:.2f} … {high:.2f}</small></span>"
        "</div>"
        for title, value, (low, high) in marks
    )
    return f"<div class='ruler'>{rows}</div>"


def _labels(places: Sequence[tuple[float, float]], names: Sequence[str]) -> Iterator[str]:
    """Names below points, from the last backwards, as far as they do not overlap."""
    free = math.inf
    for (x, y), name in reversed(list(zip(places, names, strict=True))):
        if x <= free:
            yield f"<text x='{x:.1f}' y='{y + 18:.1f}' text-anchor='middle'>{name}</text>"
            free = x - APART


def _name(point: Mapping[str, Any]) -> str:
    return "none" if point["truncation"] is None else f"{point['truncation']:g}"


def _across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _down(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
