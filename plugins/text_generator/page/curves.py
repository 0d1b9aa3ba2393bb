"""The losses of a training as a chart, and as a table for those who cannot see it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from demo_app.checkpoints import CheckpointMetadata

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 44, 150, 12, 40


def chart(models: Mapping[str, CheckpointMetadata]) -> str:
    """Training and validation loss against the characters seen, in HTML; empty without a curve."""
    curves = {title: _curve(metadata.training) for title, metadata in models.items()}
    curves = {title: curve for title, curve in curves.items() if curve}
    if not curves:
        return ""
    return (
        "<figure class='curves'><figcaption><h3 class='title'>How they learned</h3>Solid: loss on "
        "the text kept apart, by the averaged weights. Dashed: on the training text, with "
        "dropout. Where the solid line turns up again, the model has begun to learn by heart; "
        "the weights at its lowest point are kept.</figcaption><div class='scrolling' tabindex='0' "
        f"role='region' aria-label='The chart'>{_drawing(curves)}</div>"
        f"<details><summary>The same in numbers</summary>{_numbers(curves)}</details></figure>"
    )


def _curve(training: Mapping[str, Any]) -> list[tuple[float, float, float]]:
    """Millions of characters seen, training loss and validation loss."""
    recipe = training.get("recipe", {})
    each = recipe.get("batch", 1) * recipe.get("length", 1) / 1e6
    return [(step * each, train, valid) for step, train, valid in training.get("curve", [])]


def _drawing(curves: Mapping[str, Sequence[tuple[float, float, float]]]) -> str:
    every = [point for curve in curves.values() for point in curve]
    right = max(point[0] for point in every)
    low = math.floor(10 * min(min(point[1:]) for point in every)) / 10
    high = math.ceil(10 * max(max(point[1:]) for point in every)) / 10

    def place(seen: float, loss: float) -> tuple[float, float]:
        x = LEFT + seen / right * (WIDTH - LEFT - RIGHT)
        return x, TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM)

    lines = []
    labels = []
    for number, (title, curve) in enumerate(curves.items()):
        training = [place(seen, train) for seen, train, _ in curve]
        validation = [place(seen, valid) for seen, _, valid in curve]
        best = min(curve, key=lambda point: point[2])
        x, y = place(best[0], best[2])
        lines.append(
            f"<g class='line{number}'><path class='training' d='{_path(training)}'/>"
            f"<path d='{_path(validation)}'/><circle cx='{x:.1f}' cy='{y:.1f}' r='4'/></g>"
        )
        labels.append((validation[-1][1], number, f"{title}: {best[2]:.3f}"))
    lowest = ", ".join(
        f"{title} {min(point[2] for point in curve):.3f}" for title, curve in curves.items()
    )
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='Losses while training; "
        f"lowest on the text kept apart: {escape(lowest)} nats'>"
        f"{''.join(_axes(right, low, high, place))}{''.join(lines)}"
        f"{''.join(_labels(labels))}</svg>"
    )


def _axes(right: float, low: float, high: float, place: Any) -> Iterator[str]:
    step = 0.5 if high - low > 1 else 0.1
    count = math.ceil(low / step)
    while count * step <= high + 1e-9:
        _, y = place(0, count * step)
        yield (
            f"<path class='grid' d='M{LEFT} {y:.1f}H{WIDTH - RIGHT}'/>"
            f"<text x='{LEFT - 8}' y='{y + 4:.1f}' text-anchor='end'>{count * step:.1f}</text>"
        )
        count += 1
    apart = next(one for one in (0.5, 1, 2, 5, 10, 20, 50, 100) if right / one <= 6 or one == 100)
    for number in range(int(right / apart) + 1):
        x, _ = place(number * apart, low)
        yield (
            f"<text x='{x:.1f}' y='{HEIGHT - BOTTOM + 18}' text-anchor='middle'>"
            f"{number * apart:g}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield (
        f"<text x='{middle}' y='{HEIGHT - 4}' text-anchor='middle'>"
        "millions of characters seen; loss in nats</text>"
    )


def _labels(labels: list[tuple[float, int, str]]) -> Iterator[str]:
    """The names at the ends of the lines, far enough from each other to be read."""
    lowest = -math.inf
    for y, number, text in sorted(labels):
        lowest = max(y, lowest + 18)
        yield (
            f"<text x='{WIDTH - RIGHT + 8}' y='{lowest + 4:.1f}'>"
            f"<tspan class='key{number}'>●</tspan> {escape(text)}</text>"
        )


def _path(points: Points) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _numbers(curves: Mapping[str, Sequence[tuple[float, float, float]]]) -> str:
    tables = "".join(
        f"<table class='quality'><caption>{escape(title)}</caption><thead><tr>"
        "<th scope='col'>million characters</th><th scope='col'>training loss</th>"
        "<th scope='col'>validation loss</th></tr></thead><tbody>"
        + "".join(
            f"<tr><td>{seen:.2f}</td><td>{train:.3f}</td><td>{valid:.3f}</td></tr>"
            for seen, train, valid in curve
        )
        + "</tbody></table>"
        for title, curve in curves.items()
    )
    return f"<div class='side'>{tables}</div>"
