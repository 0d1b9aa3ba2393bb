"""Drawings of numbers: what lies where, at the ends of their ranges, too."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from tests.plugins.text_generator.markup import Markup

HOSTILE = "<img src=x onerror=alert(1)>'\"&"
EVEN = [place / 100 for place in range(101)]
"""Percentiles of what is spread evenly from 0 to 1."""


@pytest.fixture(scope="session")
def charts(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.charts")


def points(path: dict[str, str]) -> list[tuple[float, float]]:
    """The corners of a line."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", path["d"])]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def is_inside(charts: ModuleType, corners: Sequence[tuple[float, float]]) -> bool:
    return all(0 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in corners)


class TestDistributions:
    def test_without_percentiles_there_is_none(self, charts: ModuleType) -> None:
        assert charts.distributions({}, 0.2) == ""

    def test_what_is_spread_evenly_is_as_high_everywhere(self, charts: ModuleType) -> None:
        (line,) = Markup(charts.distributions({"all": EVEN}, 0.5)).all("path", "density")
        heights = [y for _, y in points(line)][2:-2]
        assert max(heights) - min(heights) < 0.35 * charts.HEIGHT
        assert len(points(line)) == 40

    def test_it_is_highest_where_most_of_them_are(self, charts: ModuleType) -> None:
        crowded = [0.0, *[0.3 + place / 10_000 for place in range(99)], 1.0]
        (line,) = Markup(charts.distributions({"all": crowded}, 0.5)).all("path", "density")
        x, _ = min(points(line), key=lambda point: point[1])
        share = (x - charts.LEFT) / (charts.WIDTH - charts.LEFT - charts.RIGHT)
        assert share == pytest.approx(0.3, abs=0.05)

    @pytest.mark.parametrize(
        ("here", "share", "anchor"),
        [(0.0, 0, "start"), (0.5, 0.5, "middle"), (1.0, 1, "end"), (7.0, 1, "end")],
    )
    def test_the_mark_is_at_its_place_and_never_outside(
        self, charts: ModuleType, here: float, share: float, anchor: str
    ) -> None:
        shown = Markup(charts.distributions({"all": EVEN}, here))
        (mark,) = shown.all("path", "mark")
        x = float(mark["d"].removeprefix("M").split()[0])
        width = charts.WIDTH - charts.LEFT - charts.RIGHT
        assert x == pytest.approx(charts.LEFT + share * width, abs=0.1)
        assert shown.all("text")[0]["text-anchor"] == anchor
        assert f"this one: {here:.3f}" in shown.text
        (svg,) = shown.all("svg")
        assert f"{here:.3f}" in svg["aria-label"]

    @pytest.mark.parametrize("values", [[0.2] * 101, [0.0, 1.0], EVEN])
    def test_every_line_stays_inside(self, charts: ModuleType, values: list[float]) -> None:
        shown = Markup(charts.distributions({"one": values, "other": EVEN}, 0.4))
        for line in shown.all("path", "density"):
            assert is_inside(charts, points(line))

    def test_titles_are_escaped(self, charts: ModuleType) -> None:
        shown = Markup(charts.distributions({HOSTILE: EVEN}, 0.5))
        assert shown.all("img") == []
        assert HOSTILE in shown.text


class TestTradeOff:
    @pytest.fixture
    def measured(self) -> Callable[..., list[dict[str, Any]]]:
        """Makes points by their agreements; with each, more differs."""

        def make(*agreements: float) -> list[dict[str, Any]]:
            return [
                {
                    "truncation": None if place == len(agreements) else place / 2,
                    "agreement": agreement,
                    "diversity": 0.9 * place / len(agreements),
                    "frechet_distance": 4.5,
                }
                for place, agreement in enumerate(agreements, start=1)
            ]

        return make

    def test_each_truncation_is_a_dot_and_a_row(
        self, charts: ModuleType, measured: Callable[..., list[dict[str, Any]]]
    ) -> None:
        shown = Markup(charts.trade_off(measured(1.0, 0.999, 0.9931)))
        assert len(shown.all("circle")) == 3
        assert len(shown.all("tr")) == 4
        for told in ("0.5", "none", "99.31%", "0.900", "4.50"):
            assert told in shown.text

    def test_it_falls_to_the_right_where_agreement_falls(
        self, charts: ModuleType, measured: Callable[..., list[dict[str, Any]]]
    ) -> None:
        (line,) = Markup(charts.trade_off(measured(1.0, 0.999, 0.9931))).all("path", "line")
        across, down = zip(*points(line), strict=True)
        assert list(across) == sorted(across)
        assert list(down) == sorted(down)

    @pytest.mark.parametrize("agreements", [(1.0,), (1.0, 1.0), (0.1, 0.0), (0.98, 1.0, 0.97)])
    def test_at_the_ends_of_the_range_it_stays_inside(
        self,
        charts: ModuleType,
        measured: Callable[..., list[dict[str, Any]]],
        agreements: tuple[float, ...],
    ) -> None:
        shown = Markup(charts.trade_off(measured(*agreements)))
        (line,) = shown.all("path", "line")
        assert is_inside(charts, points(line))

    def test_names_that_would_cover_each_other_are_left_out_but_never_the_last(
        self, charts: ModuleType, measured: Callable[..., list[dict[str, Any]]]
    ) -> None:
        crowded = measured(*[1.0] * 60)
        shown = Markup(charts.trade_off(crowded))
        below = sorted({float(text["x"]) for text in shown.all("text") if float(text["y"]) == 32})
        assert 5 < len(below) < 30
        assert min(b - a for a, b in pairwise(below)) >= charts.APART - 0.1
        assert "none" in shown.text


class TestRuler:
    def test_intervals_and_values_are_on_one_scale(self, charts: ModuleType) -> None:
        shown = Markup(charts.ruler([("ours", 4.0, (3.0, 5.0)), ("floor", 2.0, (1.0, 2.5))]))
        scale = 100 / (5.0 * 1.05)
        (ours, floor) = shown.all("i", "interval")
        assert ours["style"] == f"left:{3 * scale:.1f}%;width:{2 * scale:.1f}%"
        assert floor["style"] == f"left:{1 * scale:.1f}%;width:{1.5 * scale:.1f}%"
        values = [value["style"] for value in shown.all("i", "value")]
        assert values == [f"left:{4 * scale:.1f}%", f"left:{2 * scale:.1f}%"]
        assert "4.00 3.00 … 5.00" in shown.text

    def test_titles_are_escaped(self, charts: ModuleType) -> None:
        shown = Markup(charts.ruler([(HOSTILE, 1.0, (0.0, math.pi))]))
        assert shown.all("img") == []
        assert HOSTILE in shown.text
