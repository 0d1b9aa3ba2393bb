"""Where the boxes of a graph stand and how its edges run, from top to bottom.

As in Sugiyama, Tagawa & Toda (1981), every box gets a layer below all that feed it, and an edge
over several layers is led through each. The longest path is the trunk, straight down the middle;
every other path gets a lane beside it, so that no edge crosses a box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 34.0
"""Between two layers, where the edges run and the shapes are written."""
PORT_GAP = 24.0
"""Between the first or last layer and the next, where no shape is written."""
LANE_GAP = 26.0
PASSING = 8.0
"""Half the width of the place that is kept for an edge beside the boxes."""

Node = tuple[int, int]
"""A box and the layer of one of its points: a box has one, an edge one in every layer it passes."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a box: how far it reaches to the left and right of where edges go in, and its height."""

    left: float
    right: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Route:
    """How an edge runs: from below its source to above its target, by points in pairs.

    Between two pairs it swings from one x to the other; within a pair it goes straight down.
    """

    points: list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A graph in its place: x is 0 where data comes in, y is 0 at the top.

    Attributes:
        places: of each box, the x of its middle and the y of its upper edge.
        routes: of each edge, in the order that they were given.
        size: of all together.
    """

    places: list[tuple[float, float]]
    routes: list[Route]
    size: Size


def lay_out(sizes: Sequence[Size], edges: Sequence[tuple[int, int]]) -> Layout:
    """Give every box a place and every edge a route.

    Args:
        sizes: of the boxes; the first is where data comes in, the last where it goes out.
        edges: pairs of boxes, each from an earlier to a later one.
    """
    layers = _layers(len(sizes), edges)
    nodes, links, passed = _points(layers, edges)
    lanes = _lanes(nodes, links, layers, len(sizes))
    reach = {
        node: (sizes[node[0]].left, sizes[node[0]].right)
        if node[0] < len(sizes)
        else (PASSING,) * 2
        for node in nodes
    }
    xs = _columns(lanes, reach)
    count = max(layers) + 1
    heights = [0.0] * count
    for box, layer in enumerate(layers):
        heights[layer] = max(heights[layer], sizes[box].height)
    tops = _tops(heights)
    places = [
        (xs[lanes[box, layer]], tops[layer] + (heights[layer] - sizes[box].height) / 2)
        for box, layer in enumerate(layers)
    ]
    routes = []
    for (source, target), way in zip(edges, passed, strict=True):
        points = []
        for node in way:
            x, layer = xs[lanes[node]], node[1]
            top, bottom = tops[layer], tops[layer] + heights[layer]
            if node[0] == source:
                points += [(x, places[source][1] + sizes[source].height), (x, bottom)]
            elif node[0] == target:
                points += [(x, top), (x, places[target][1])]
            else:
                points += [(x, top), (x, bottom)]
        routes.append(Route(points=points))
    left = max(reach[node][0] - xs[lanes[node]] for node in nodes)
    right = max(reach[node][1] + xs[lanes[node]] for node in nodes)
    height = tops[-1] + heights[-1]
    return Layout(places=places, routes=routes, size=Size(left=left, right=right, height=height))


def _tops(heights: Sequence[float]) -> list[float]:
    """The upper edge of every layer."""
    tops = [0.0]
    for height, following in pairwise(heights):
        gap = GAP if height and following else PORT_GAP
        tops.append(tops[-1] + height + gap)
    return tops


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of every box: below all that feed it, and no higher than those it feeds need it."""
    layers = [0] + [1] * (count - 1)
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        layers[target] = max(layers[target], layers[source] + 1)
    layers[-1] = max([*layers[:-1], 0]) + 1
    fed = {target for _, target in edges}
    for box in reversed(range(1, count - 1)):
        below = [layers[target] for source, target in edges if source == box]
        if below and box not in fed:
            layers[box] = min(below) - 1
    return layers


def _points(
    layers: Sequence[int], edges: Sequence[tuple[int, int]]
) -> tuple[list[Node], dict[Node, list[Node]], list[list[Node]]]:
    """Every point, what each leads to, and the points of each edge from source to target."""
    nodes: list[Node] = list(enumerate(layers))
    links: dict[Node, list[Node]] = {node: [] for node in nodes}
    passed = []
    for number, (source, target) in enumerate(edges):
        between = [
            (len(layers) + number, layer) for layer in range(layers[source] + 1, layers[target])
        ]
        way = [(source, layers[source]), *between, (target, layers[target])]
        nodes += between
        for one, other in pairwise(way):
            links.setdefault(one, []).append(other)
        passed.append(way)
    return nodes, links, passed


def _lanes(
    nodes: Sequence[Node],
    links: Mapping[Node, Sequence[Node]],
    layers: Sequence[int],
    boxes: int,
) -> dict[Node, int]:
    """The lane of every point: 0 for the trunk, negative ones left of it.

    Path after path gets the nearest lane that is free in all its layers, the longest first.
    """
    lanes: dict[Node, int] = {}
    taken: set[tuple[int, int]] = set()
    while len(lanes) < len(nodes):
        path = _longest(nodes, links, lanes, boxes)
        first, last = path[0][1], path[-1][1]
        lane = next(
            lane
            for lane in _outwards()
            if all((lane, layer) not in taken for layer in range(first, last + 1))
        )
        for node in path:
            lanes[node] = lane
            taken.add((lane, node[1]))
    return lanes


def _outwards() -> Iterator[int]:
    yield 0
    distance = 1
    while True:
        yield -distance
        yield distance
        distance += 1


def _longest(
    nodes: Sequence[Node],
    links: Mapping[Node, Sequence[Node]],
    placed: Mapping[Node, int],
    boxes: int,
) -> list[Node]:
    """The path through the most boxes among the points that have no lane yet."""
    best: dict[Node, tuple[int, Node | None]] = {}
    for node in sorted((n for n in nodes if n not in placed), key=lambda n: (-n[1], n[0])):
        below = [(best[other][0], other) for other in links.get(node, ()) if other in best]
        length, following = max(below, key=lambda b: (b[0], -b[1][0]), default=(0, None))
        # A box weighs more than all the layers that an edge could pass.
        best[node] = (length + (len(nodes) if node[0] < boxes else 1), following)
    start = max(best, key=lambda node: (best[node][0], -node[1], -node[0]))
    path: list[Node] = []
    step: Node | None = start
    while step is not None:
        path.append(step)
        step = best[step][1]
    return path


def _columns(
    lanes: Mapping[Node, int], reach: Mapping[Node, tuple[float, float]]
) -> dict[int, float]:
    """The x of every lane, each as far from the one before as the widest in both need."""
    left = {lane: max(reach[n][0] for n in lanes if lanes[n] == lane) for lane in lanes.values()}
    right = {lane: max(reach[n][1] for n in lanes if lanes[n] == lane) for lane in lanes.values()}
    xs = {0: 0.0}
    for lane in sorted(lane for lane in left if lane > 0):
        xs[lane] = xs[lane - 1] + right[lane - 1] + LANE_GAP + left[lane]
    for lane in sorted((lane for lane in left if lane < 0), reverse=True):
        xs[lane] = xs[lane + 1] - left[lane + 1] - LANE_GAP - right[lane]
    return xs
