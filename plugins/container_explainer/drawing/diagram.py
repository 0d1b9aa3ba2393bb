"""How data flows through a model, as an SVG: modules as boxes, tensors as arrows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from torch import nn

from demo_app import TensorSpec

from ..anatomy.explanation import example_tensors
from ..anatomy.failures import explain_failure
from .dataflow import Step, TooManyCalls, flow
from .diagram_marks import ARROW, STYLE, circle, line, pill, rectangle, text
from .folding import Box, Edge, Graph, box_of, graph
from .layered import GAP, Layout, Size, lay_out

LEGIBLE = 48
"""Boxes up to which modules are opened if nobody says how deep."""
MAX_BOXES = 400
DEEPEST = 100
MARGIN = 16.0
APART = 40.0
PADDING, HEADER = 14.0, 24.0
CHARACTER = 7.3
"""The width of a character of the monospaced font, in pixels at 12 pixels."""
SMALL = 6.7
MAX_CHARACTERS = 40


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A diagram and how deep it goes.

    Attributes:
        svg: one ``<svg>`` element, whose colours follow those of the page around it.
        depth: how many levels of modules are open.
        boxes: how many boxes are drawn.
        notes: what the reader should know, in sentences.
    """

    svg: str
    depth: int
    boxes: int
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class _Measured:
    box: Box
    size: Size
    inside: _Laid | None = None


@dataclass(frozen=True, kw_only=True)
class _Laid:
    """A graph whose boxes have their places."""

    boxes: list[_Measured]
    edges: list[Edge]
    layout: Layout


def diagram(
    module: nn.Module,
    inputs: Mapping[str, Sequence[TensorSpec]],
    *,
    title: str,
    depth: int | None = None,
) -> Diagram:
    """Draw a model by running it once and watching which module's output fed which.

    Equal modules that follow one after the other are drawn once, with their number.

    Args:
        module: on the meta device; it is changed to evaluation mode.
        inputs: the positional arguments of ``forward``, by the path of the module that takes them.
        title: of the picture, for those who cannot see it.
        depth: levels of modules to open below the whole model; as many as stay legible, if left
            out. Fewer are opened where it would be more than ``MAX_BOXES`` boxes.
    """
    if not inputs:
        return Diagram(svg="", depth=0, boxes=0, notes=[NO_INPUTS])
    try:
        tensors = example_tensors(inputs)
    except (TypeError, RuntimeError) as error:
        note = f"Its example inputs cannot be made: {error}"
        return Diagram(svg="", depth=0, boxes=0, notes=[note])
    calls, seen = flow(module, tensors)
    notes = []
    if isinstance(seen.error, TooManyCalls):
        notes.append("Its forward pass calls modules too often to be drawn; this is how it begins.")
    elif seen.error is not None:
        path = seen.stopped_in or ""
        stopped = type(module.get_submodule(path)).__name__
        notes.append(explain_failure(seen.error, path, stopped, seen.stopped_with))
    calls = [call for call in calls if call.kind != "operation"]
    limit = LEGIBLE if depth is None else MAX_BOXES
    opened, graphs = _deepest(calls, DEEPEST if depth is None else depth, limit)
    if depth is not None and opened < depth and _graphs(calls, opened + 1) != graphs:
        notes.append(f"Drawn {opened} deep: deeper it would have more than {MAX_BOXES} boxes.")
    svg = _svg([_lay_out(whole) for whole in graphs], title)
    boxes = sum(whole.count() for whole in graphs)
    return Diagram(svg=svg, depth=opened, boxes=boxes, notes=notes)


NO_INPUTS = "This model names no example inputs, so it was not run and nothing flowed through it."


def _deepest(calls: Sequence[Step], depth: int, limit: int) -> tuple[int, list[Graph]]:
    """The graphs of the largest depth that have few enough boxes, one for each call."""
    opened, best = 0, _graphs(calls, 0)
    for deeper in range(1, depth + 1):
        found = _graphs(calls, deeper)
        if found == best or sum(whole.count() for whole in found) > limit:
            break
        opened, best = deeper, found
    return opened, best


def _graphs(calls: Sequence[Step], depth: int) -> list[Graph]:
    return [_between_input_and_output(call, depth) for call in calls]


def _between_input_and_output(call: Step, depth: int) -> Graph:
    """What is in a model; a part that is called apart, and a closed model, as a box."""
    first = Box(kind="input", title="input", tooltip=f"input {call.given}")
    last = Box(kind="output", title="output", tooltip=f"output {call.returned}")
    port = Box(kind="port")
    if depth > 0 and call.steps and not call.path:
        inside = graph(call, depth)
        boxes = [port, first, *inside.boxes[1:-1], last, port]
        edges = [
            Edge(source=e.source + 1, target=e.target + 1, shape=e.shape) for e in inside.edges
        ]
        return Graph(boxes=boxes, edges=edges)
    shapes = (call.given, call.returned)
    edges = [Edge(source=n, target=n + 1, shape=shape) for n, shape in enumerate(shapes, 1)]
    return Graph(boxes=[port, first, box_of(call, depth), last, port], edges=edges)


def _measure(box: Box) -> _Measured:
    if box.kind == "port":
        return _Measured(box=box, size=Size(left=0, right=0, height=0))
    badge = CHARACTER * len(f"× {box.times}") + 16 if box.times > 1 else 0
    if box.inside is not None:
        inside = _lay_out(box.inside)
        size = inside.layout.size
        header = CHARACTER * (len(_cut(box.title)) + len(_cut(box.text)) + 1) + 24 + badge
        left = max(size.left + PADDING, header / 2)
        right = max(size.right + PADDING, header - left)
        height = HEADER + size.height + (2 if box.times > 1 else 0)
        return _Measured(box=box, size=Size(left=left, right=right, height=height), inside=inside)
    if box.kind in ("operation", "input", "output"):
        label = _cut(f"{box.title} {box.text}".strip())
        half = max(12.0, (CHARACTER * len(label) + 20) / 2 if len(label) > 1 else 12.0)
        return _Measured(box=box, size=Size(left=half, right=half, height=24))
    width = max(CHARACTER * len(_cut(box.title)) + badge, SMALL * len(_cut(box.text)), 70) + 24
    return _Measured(box=box, size=Size(left=width / 2, right=width / 2, height=42))


def _lay_out(whole: Graph) -> _Laid:
    boxes = [_measure(box) for box in whole.boxes]
    sizes = [measured.size for measured in boxes]
    layout = lay_out(sizes, [(edge.source, edge.target) for edge in whole.edges])
    reach = max(
        (x + 8 + SMALL * len(shape) for x, _, shape in _labels(whole.edges, boxes, layout)),
        default=0.0,
    )
    size = layout.size
    wide = Size(left=size.left, right=max(size.right, reach), height=size.height)
    layout = Layout(places=layout.places, routes=layout.routes, size=wide)
    return _Laid(boxes=boxes, edges=whole.edges, layout=layout)


def _labels(
    edges: Sequence[Edge], boxes: Sequence[_Measured], layout: Layout
) -> Iterator[tuple[float, float, str]]:
    """Where a shape is written: once for each box, below it, for the edge that goes straight on.

    What comes into a module is written on the arrow outside of it, what goes out as well.
    """
    labelled: dict[int, tuple[float, float, str]] = {}
    for edge, route in zip(edges, layout.routes, strict=True):
        if "port" in (boxes[edge.source].box.kind, boxes[edge.target].box.kind):
            continue
        x, y = route.points[1]
        is_straight = all(px == x for px, _ in route.points)
        if edge.source not in labelled or is_straight:
            labelled[edge.source] = (x, y + GAP / 2, _cut(edge.shape))
    yield from labelled.values()


def _draw(laid: _Laid, x: float, y: float) -> Iterator[str]:
    """Everything of a graph whose data comes in at this point."""
    yield "<g class='lines'>"
    for edge, route in zip(laid.edges, laid.layout.routes, strict=True):
        points = [(x + px, y + py) for px, py in route.points]
        yield line(points)
        if laid.boxes[edge.target].box.kind != "port":
            end_x, end_y = points[-1]
            yield f"<path class='head' d='{ARROW.format(x=end_x, y=end_y)}'/>"
    yield "</g>"
    for label_x, label_y, shape in _labels(laid.edges, laid.boxes, laid.layout):
        yield text(x + label_x + 8, y + label_y + 3, shape, "shape")
    for measured, (px, py) in zip(laid.boxes, laid.layout.places, strict=True):
        yield from _draw_box(measured, x + px, y + py)


def _draw_box(measured: _Measured, x: float, y: float) -> Iterator[str]:
    box, size = measured.box, measured.size
    if box.kind == "port":
        return
    left, width = x - size.left, size.left + size.right
    tooltip = "\n".join(_plain(line) for line in box.tooltip.split("\n"))
    yield f"<g><title>{escape(tooltip)}</title>"
    if box.kind in ("operation", "input", "output"):
        label = _cut(f"{box.title} {box.text}".strip())
        if len(label) == 1:
            yield circle(x, y + size.height / 2, size.height / 2, "pill")
        else:
            yield pill(left, y, width, size.height, box.kind)
        yield text(x, y + size.height / 2 + 4, label, "operation")
    else:
        if box.times > 1:
            yield rectangle(left + 4, y + 4, width, size.height, f"{_class(box)} behind")
        yield rectangle(left, y, width, size.height, _class(box))
        if measured.inside is None:
            yield text(left + 12, y + 18, _cut(box.title), "name")
            yield text(left + 12, y + 33, _cut(box.text), "facts")
        else:
            name = _cut(box.title)
            yield text(left + 10, y + 16, name, "name")
            facts_x = left + 10 + CHARACTER * (len(name) + 1)
            yield text(facts_x, y + 16, _cut(box.text), "facts")
        if box.times > 1:
            yield text(left + width - 10, y + 17, f"× {box.times}", "times")
    yield "</g>"
    if measured.inside is not None:
        yield circle(x, y + HEADER, 2.5, "dot")
        yield from _draw(measured.inside, x, y + HEADER)


def _svg(parts: Sequence[_Laid], title: str) -> str:
    sizes = [laid.layout.size for laid in parts]
    width = sum(s.left + s.right for s in sizes) + APART * (len(sizes) - 1) + 2 * MARGIN
    height = max(size.height for size in sizes) + 2 * MARGIN
    drawn: list[str] = []
    x = MARGIN
    for laid, size in zip(parts, sizes, strict=True):
        drawn += _draw(laid, x + size.left, MARGIN)
        x += size.left + size.right + APART
    return (
        "<svg class='flow' xmlns='http://www.w3.org/2000/svg' role='img' "
        f"viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' height='{height:.0f}' "
        f"aria-label='{escape(_plain(title))}: how data flows through it'>"
        "<desc>Modules are boxes, tensors are arrows from top to bottom with their shapes; equal "
        f"modules in a row are drawn once. {escape(' '.join(map(_told, parts)))}</desc>"
        f"<style>{STYLE}</style>{''.join(drawn)}</svg>"
    )


def _told(laid: _Laid) -> str:
    """The outermost boxes in words."""
    told = [
        f"{m.box.title}{f', {m.box.times} times' if m.box.times > 1 else ''}"
        for m in laid.boxes
        if m.box.kind != "port"
    ]
    return f"{_plain('; '.join(told))}."


def _class(box: Box) -> str:
    kind = "repeated" if box.kind == "repeated" else box.kind.casefold()
    return f"box {kind}{' frame' if box.inside is not None else ''}"


def _cut(line: str) -> str:
    line = _plain(line)
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"


def _plain(line: str) -> str:
    """Without what XML forbids."""
    return "".join(c if c.isprintable() else "�" for c in line)
