"""The layout of a graph: layers, a straight trunk, and nothing that crosses a box."""

import random
from collections.abc import Callable
from itertools import combinations
from types import ModuleType
from typing import Any

import pytest

RESIDUAL = [(0, 1), (1, 2), (2, 3), (1, 3), (3, 4)]
BRANCHES = [(0, 1), (1, 2), (1, 3), (1, 4), (2, 5), (3, 5), (4, 5), (5, 6)]
DENSE = [*combinations(range(7), 2)]
PARALLEL = [(0, 1), (1, 3), (0, 2), (2, 3)]


def random_graph(seed: int) -> list[tuple[int, int]]:
    """Each of twelve boxes is fed by one to three of those before it."""
    rng = random.Random(seed)
    edges = {(rng.randrange(box), box) for box in range(1, 13) for _ in range(rng.randint(1, 3))}
    return sorted(edges | {(box, 13) for box in range(13) if not any(s == box for s, _ in edges)})


GRAPHS = [RESIDUAL, BRANCHES, DENSE, PARALLEL, *map(random_graph, range(12))]


@pytest.fixture(scope="session")
def layered(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("drawing.layered")


def laid(layered: ModuleType, edges: list[tuple[int, int]]) -> tuple[Any, list[Any]]:
    count = max(target for _, target in edges) + 1
    sizes = [
        layered.Size(left=20 + 7 * (n % 3), right=30 + 5 * (n % 4), height=20 + 10 * (n % 2))
        for n in range(count)
    ]
    return layered.lay_out(sizes, edges), sizes


def rectangles(layout: Any, sizes: list[Any]) -> list[tuple[float, float, float, float]]:
    return [
        (x - size.left, y, x + size.right, y + size.height)
        for (x, y), size in zip(layout.places, sizes, strict=True)
    ]


@pytest.mark.parametrize("edges", GRAPHS)
class TestEveryGraph:
    def test_no_box_covers_another(self, layered: ModuleType, edges: Any) -> None:
        for one, other in combinations(rectangles(*laid(layered, edges)), 2):
            apart_in_x = one[2] <= other[0] or other[2] <= one[0]
            apart_in_y = one[3] <= other[1] or other[3] <= one[1]
            assert apart_in_x or apart_in_y

    def test_no_edge_crosses_a_box(self, layered: ModuleType, edges: Any) -> None:
        layout, sizes = laid(layered, edges)
        boxes = rectangles(layout, sizes)
        for (source, target), route in zip(edges, layout.routes, strict=True):
            others = [box for n, box in enumerate(boxes) if n not in (source, target)]
            points = route.points
            for first, (x, top), (_, bottom) in zip(
                range(0, len(points), 2), points[::2], points[1::2], strict=True
            ):
                assert first % 2 == 0
                for left, upper, right, lower in others:
                    assert not (left < x < right and upper < bottom and top < lower)

    def test_edges_swing_aside_between_layers_only(self, layered: ModuleType, edges: Any) -> None:
        layout, sizes = laid(layered, edges)
        for route in layout.routes:
            for (_, bottom), (_, top) in zip(
                route.points[1:-1:2], route.points[2:-1:2], strict=True
            ):
                assert top - bottom >= layered.PORT_GAP
                for _, upper, _, lower in rectangles(layout, sizes):
                    assert lower <= bottom or upper >= top

    def test_all_edges_lead_down(self, layered: ModuleType, edges: Any) -> None:
        layout, sizes = laid(layered, edges)
        for (source, target), route in zip(edges, layout.routes, strict=True):
            heights = [y for _, y in route.points]
            assert heights == sorted(heights)
            assert heights[0] == layout.places[source][1] + sizes[source].height
            assert heights[-1] == layout.places[target][1]

    def test_everything_is_within_the_size(self, layered: ModuleType, edges: Any) -> None:
        layout, sizes = laid(layered, edges)
        for left, upper, right, lower in rectangles(layout, sizes):
            assert -layout.size.left <= left
            assert right <= layout.size.right
            assert upper >= 0
            assert lower <= layout.size.height


def test_the_longest_path_runs_straight_down(layered: ModuleType) -> None:
    layout, _ = laid(layered, RESIDUAL)
    assert [x for x, _ in layout.places] == [0] * 5
    straight = [len({x for x, _ in route.points}) == 1 for route in layout.routes]
    assert straight == [True, True, True, False, True]


def test_branches_stand_on_both_sides(layered: ModuleType) -> None:
    layout, _ = laid(layered, BRANCHES)
    one, two, three = sorted(layout.places[box][0] for box in (2, 3, 4))
    assert one < two == 0 < three
