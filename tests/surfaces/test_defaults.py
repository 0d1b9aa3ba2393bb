"""Defaults that are no JSON themselves: the page and the API describe them all the same."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest

from demo_app import Context, Host, action
from demo_app.surfaces.page.shell import build_page


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: float = 1.0


@action
def paint(
    ctx: Context,
    *,
    colour: Colour = Colour.RED,
    at: Point = Point(2.0),
    size: tuple[int, int] = (3, 4),
) -> str:
    """Say what would be painted."""
    return f"{colour.value} {at} {size}"


@pytest.fixture
def described(host_of: Callable[..., Host]) -> dict[str, Any]:
    """The defaults that clients are told, by parameter."""
    info = json.loads(json.dumps(build_page(host_of(paint)).get_api_info()))
    parameters = info["named_endpoints"]["/made__paint"]["parameters"]
    return {p["parameter_name"]: p["parameter_default"] for p in parameters}


def test_clients_are_told_them_as_json(described: dict[str, Any]) -> None:
    assert described == {"colour": "red", "at": {"x": 2.0}, "size": [3, 4]}


def test_what_clients_are_told_is_what_the_action_takes_for_them(
    described: dict[str, Any], host_of: Callable[..., Host]
) -> None:
    demo = host_of(paint)["made"]
    assert demo.call("paint", **described) == demo.call("paint")
