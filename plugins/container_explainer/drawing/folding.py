"""From the steps of a forward pass to the boxes of a diagram: closed at a depth, repeats in one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..telling.quantities import in_short
from .dataflow import Step, inner_steps

MAX_PERIOD = 6
"""Steps in a row that may repeat together: a linear layer and its activation, say."""
TANGLED = 2.5
"""Connections a box from which on the inside of a module is not drawn (DenseNet's blocks)."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A tensor on its way; boxes by their place in the graph."""

    source: int
    target: int
    shape: str


@dataclass(frozen=True, kw_only=True)
class Box:
    """What a diagram draws for a step.

    Attributes:
        kind: ``"port"`` for where data goes into a graph or out of it, else as a ``Step`` has it.
        title: the name; of several in one, the first and the last.
        text: the class and what else is worth a line.
        tooltip: all of it, for whoever points at the box.
        times: how many of the same follow one after the other.
        inside: what is in it; None where it is closed.
        likeness: equal for two that look the same but for their names.
    """

    kind: str
    title: str = ""
    text: str = ""
    tooltip: str = ""
    times: int = 1
    inside: Graph | None = None
    likeness: Any = None


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Boxes, of which the first is where data comes in and the last where it goes out."""

    boxes: list[Box]
    edges: list[Edge] = field(default_factory=list)

    def count(self) -> int:
        """How many boxes are drawn, those inside of others included."""
        return sum(
            1 + (box.inside.count() if box.inside else 0)
            for box in self.boxes
            if box.kind != "port"
        )


def graph(step: Step, depth: int) -> Graph:
    """What is inside a step, with modules open down to a depth below it."""
    steps = list(inner_steps(step))
    place: dict[Step | None, int] = {inner: i for i, inner in enumerate(steps, 1)}
    place[None] = 0
    last = len(steps) + 1
    edges = [
        Edge(source=place[source], target=place[inner], shape=shape)
        for inner in steps
        for source, shape in inner.takes.items()
        if source in place
    ]
    edges += [
        Edge(source=place[source], target=last, shape=shape)
        for source, shape in step.returns.items()
        if source in place
    ]
    port = Box(kind="port")
    return _folded(Graph(boxes=[port, *(box_of(s, depth - 1) for s in steps), port], edges=edges))


def box_of(step: Step, depth: int) -> Box:
    """A step as a box, with modules open down to a depth below it."""
    if step.kind == "operation":
        text = step.arguments
        return Box(
            kind="operation",
            title=step.name,
            text=text,
            tooltip=f"{step.name}{f' with {text}' if text else ''} → {step.returned}",
            likeness=(step.name, step.returned),
        )
    inside = graph(step, depth) if depth > 0 and step.steps else None
    if inside is not None and len(inside.edges) > TANGLED * len(inside.boxes):
        inside = None
    facts = [step.class_name]
    if step.parameters:
        facts.append(in_short(step.parameters, billion="B"))
    made = f"{step.class_name}({step.arguments})"
    seen = f"{step.given} → {step.returned}" if step.given or step.returned else ""
    inner = _likeness(inside) if inside is not None else len(step.steps)
    return Box(
        kind=step.kind,
        title=_name(step),
        text=" · ".join(facts) if step.path else facts[-1],
        tooltip="\n".join(filter(None, [step.path, made, seen])),
        inside=inside,
        likeness=(made, step.parameters, step.given, step.returned, inner),
    )


def _likeness(inside: Graph) -> tuple[Any, ...]:
    return (
        tuple((box.likeness, box.times) for box in inside.boxes),
        tuple((edge.source, edge.target) for edge in inside.edges),
    )


def _folded(whole: Graph) -> Graph:
    """The same with what repeats in a row drawn once."""
    boxes, replaced = [whole.boxes[0]], {0: 0}
    index, last = 1, len(whole.boxes) - 1
    links = _Links(whole.edges)
    shapes = {edge.target: edge.shape for edge in whole.edges}
    while index < last:
        length = _chain(links, index, last)
        period, times = _repeats([b.likeness for b in whole.boxes[index : index + length]])
        covered = whole.boxes[index : index + period * times]
        for offset in range(len(covered)):
            replaced[index + offset] = len(boxes)
        boxes.append(
            _repeated(covered, period, times, [shapes.get(index + i, "") for i in range(period)])
        )
        index += len(covered)
    replaced[last] = len(boxes)
    boxes.append(whole.boxes[last])
    moved = {
        (replaced[edge.source], replaced[edge.target]): edge.shape
        for edge in whole.edges
        if replaced[edge.source] != replaced[edge.target]
    }
    edges = [Edge(source=s, target=t, shape=shape) for (s, t), shape in moved.items()]
    return Graph(boxes=boxes, edges=edges)


class _Links:
    """Which boxes feed which."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self.out: defaultdict[int, list[int]] = defaultdict(list)
        self.into: defaultdict[int, list[int]] = defaultdict(list)
        for edge in edges:
            self.out[edge.source].append(edge.target)
            self.into[edge.target].append(edge.source)


def _chain(links: _Links, start: int, last: int) -> int:
    """How many boxes from one on feed the next and nothing else, and are fed by nothing else."""
    length = 1
    while start + length < last:
        before, here = start + length - 1, start + length
        if links.out[before] != [here] or links.into[here] != [before]:
            break
        length += 1
    return length


def _repeats(row: Sequence[Any]) -> tuple[int, int]:
    """How many things at its beginning repeat together, and how often: the most that it covers."""
    best = (1, 1)
    for period in range(1, min(MAX_PERIOD, len(row) // 2) + 1):
        times = 1
        while row[times * period : (times + 1) * period] == row[:period]:
            times += 1
        # Two pairs are easier read as they are than as one pair with a note.
        if times >= (2 if period == 1 else 3) and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _repeated(covered: Sequence[Box], period: int, times: int, shapes: Sequence[str]) -> Box:
    first, last = covered[0], covered[-1]
    if times == 1:
        return first
    if period == 1:
        return replace(
            first,
            title=_from_to(first.title, last.title),
            tooltip=f"{times} in a row, the first of them:\n{first.tooltip}",
            times=times,
        )
    port = Box(kind="port")
    edges = [Edge(source=i, target=i + 1, shape=shape) for i, shape in enumerate([*shapes, ""])]
    return Box(
        kind="repeated",
        title=_from_to(first.title, last.title),
        tooltip=f"{period} modules that repeat {times} times in a row",
        times=times,
        inside=Graph(boxes=[port, *covered[:period], port], edges=edges),
        likeness=(tuple(box.likeness for box in covered[:period]), times),
    )


def _name(step: Step) -> str:
    """The path from the call around it on; the class for the whole model."""
    around = step.holder.path if step.holder is not None else ""
    return (step.path.removeprefix(f"{around}.") if around else step.path) or step.class_name


def _from_to(first: str, last: str) -> str:
    """``layer_0 … 23``: two names without saying twice what stands before the number."""
    if first == last:
        return first
    numbered = re.fullmatch(r"(.*?)(\d+)", last)
    if numbered and re.fullmatch(re.escape(numbered[1]) + r"\d+", first):
        return f"{first} … {numbered[2]}"
    return f"{first} … {last}"
