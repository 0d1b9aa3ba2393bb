"""Every action through the host: what is refused and in which words, and many at once."""

import math
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from demo_app import Demo, InvalidInput
from tests.plugins.mnist_gan.drawings import drawn

SEVEN, NINE = {"digit": 7, "seed": 1}, {"digit": 9, "seed": 2}
WAY = {"start": SEVEN, "end": NINE}
INTEGER = "Input should be a valid integer"
NUMBER = "Input should be a valid number"
FINITE = "Input should be a finite number"
NO_BOOL = "Input should be a number, not true or false"
LEAST, MOST = "Input should be greater than or equal to", "Input should be less than or equal to"


def latent(**changed: float) -> list[float]:
    values = [0.0] * 64
    for place, value in changed.items():
        values[int(place.removeprefix("at"))] = value
    return values


@pytest.mark.parametrize("action", ["sample", "save"])
@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("count", 0, f"{LEAST} 1"),
        ("count", -1, f"{LEAST} 1"),
        ("count", 101, f"{MOST} 100"),
        ("count", 10**6, f"{MOST} 100"),
        ("count", "x", INTEGER),
        ("count", 1.5, INTEGER),
        ("count", None, INTEGER),
        ("count", math.nan, FINITE),
        ("digit", 10, f"{MOST} 9"),
        ("digit", -1, f"{LEAST} 0"),
        ("digit", "x", INTEGER),
        ("digit", True, NO_BOOL),
        ("digit", 7.5, INTEGER),
        ("truncation", math.nan, FINITE),
        ("truncation", math.inf, FINITE),
        ("truncation", -1, f"{LEAST} 0"),
        ("truncation", 5.01, f"{MOST} 5"),
        ("truncation", "x", NUMBER),
        ("truncation", True, NO_BOOL),
        ("seed", -1, f"{LEAST} 0"),
        ("seed", 2**53, f"{MOST} {2**53 - 1}"),
        ("seed", 2**64, f"{MOST} {2**53 - 1}"),
        ("seed", "x", INTEGER),
        ("seed", 0.5, INTEGER),
    ],
)
def test_a_bad_argument_of_a_drawing_action_is_refused(
    demo: Demo, action: str, parameter: str, value: Any, message: str
) -> None:
    with pytest.raises(InvalidInput, match=f"^{parameter}: {re.escape(message)}"):
        demo.call(action, **{parameter: value})


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("save", {"format": "exe"}, "format: Input should be 'png' or 'zip'"),
        ("grid", {"side": 1}, f"side: {LEAST} 2"),
        ("grid", {"side": 21}, f"side: {MOST} 20"),
        ("grid", {"digit": 10}, f"digit: {MOST} 9"),
        ("grid", {"truncation": -0.1}, f"truncation: {LEAST} 0"),
        ("grid", {"seed": 2**64}, f"seed: {MOST}"),
        ("interpolate", WAY | {"steps": 1}, f"steps: {LEAST} 2"),
        ("interpolate", WAY | {"steps": 61}, f"steps: {MOST} 60"),
        ("interpolate", WAY | {"format": "mp4"}, "format: Input should be 'webp' or 'gif'"),
        ("interpolate", {"start": SEVEN}, "end: is required"),
        ("interpolate", WAY | {"start": {}}, "start.digit: is required"),
        ("interpolate", WAY | {"start": {"digit": 10}}, f"start.digit: {MOST} 9"),
        ("interpolate", WAY | {"end": SEVEN | {"seed": 2**64}}, f"end.seed: {MOST}"),
        ("interpolate", WAY | {"end": SEVEN | {"number": -1}}, f"end.number: {LEAST} 0"),
        (
            "interpolate",
            WAY | {"end": SEVEN | {"truncation": math.nan}},
            f"end.truncation: {FINITE}",
        ),
        (
            "interpolate",
            WAY | {"start": SEVEN | {"latent": latent()[:63]}},
            "start.latent: Tuple should have at least 64 items",
        ),
        (
            "interpolate",
            WAY | {"start": SEVEN | {"latent": [*latent(), 0.0]}},
            "start.latent: Tuple should have at most 64 items",
        ),
        (
            "interpolate",
            WAY | {"start": SEVEN | {"latent": latent(at5=math.nan)}},
            f"start.latent.5: {FINITE}",
        ),
        (
            "interpolate",
            WAY | {"start": SEVEN | {"latent": latent(at63=20.5)}},
            f"start.latent.63: {MOST} 20",
        ),
        ("explore", {"x": 6.5}, f"x: {MOST} 6"),
        ("explore", {"x": math.nan}, f"x: {FINITE}"),
        ("explore", {"y": -math.inf}, f"y: {FINITE}"),
        ("explore", {"digit": None}, f"digit: {INTEGER}"),
        ("explore", {"number": -1}, f"number: {LEAST} 0"),
        ("explore", {"number": 10**6}, "number: Input should be less than 1000000"),
        ("explore", {"x_direction": "up"}, "x_direction: Input should be 'slant', 'weight'"),
        (
            "explore",
            {"x_direction": "width", "y_direction": "width"},
            "y_direction: should be another direction than x_direction",
        ),
        ("replay", {"step": -1}, f"step: {LEAST} 0"),
        ("replay", {"step": 0.5}, f"step: {INTEGER}"),
        ("replay", {"step": 10**6}, "step: the training had "),
        ("invert", {}, "drawing: is required"),
        ("invert", {"drawing": "seven.png"}, "drawing: should be a picture"),
        ("invert", {"drawing": drawn(7), "steps": 0}, f"steps: {LEAST} 1"),
        ("invert", {"drawing": drawn(7), "steps": 1001}, f"steps: {MOST} 1000"),
        ("invert", {"drawing": drawn(7), "digit": 10}, f"digit: {MOST} 9"),
        ("invert", {"drawing": drawn(7), "digit": "x"}, f"digit: {INTEGER}"),
        ("score", {"image": None}, "image: should be a picture"),
        ("nearest", {"image": drawn(7), "count": 0}, f"count: {LEAST} 1"),
        ("nearest", {"image": drawn(7), "count": 21}, f"count: {MOST} 20"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_argument_is_refused_by_its_name(
    demo: Demo, action: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match="(^|; )" + re.escape(message)):
        demo.call(action, **arguments)


@pytest.mark.parametrize("paper", ["white", "black", (0, 0, 0, 0)], ids=str)
@pytest.mark.parametrize(
    ("action", "parameter"), [("invert", "drawing"), ("score", "image"), ("nearest", "image")]
)
def test_an_empty_paper_is_refused_by_the_parameters_name(
    demo: Demo, action: str, parameter: str, paper: Any
) -> None:
    empty = Image.new("RGBA" if isinstance(paper, tuple) else "RGB", (280, 280), paper)

    with pytest.raises(InvalidInput) as refused:
        demo.call(action, **{parameter: empty})

    assert str(refused.value) == (
        f"{parameter}: There is nothing on the paper yet. Draw a digit, as large as you like."
    )


def test_a_picture_beyond_50_megapixels_is_refused(demo: Demo) -> None:
    with pytest.raises(InvalidInput, match=r"^image: .*50 megapixels"):
        demo.call("score", image=Image.new("L", (8000, 7000)))


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 1},
        {"count": 100, "truncation": 5.0},
        {"truncation": 0.0},
        {"truncation": 1e-12},
        {"seed": 0},
        {"seed": 2**53 - 1},
        {"digit": "7"},
    ],
    ids=str,
)
def test_an_extreme_argument_is_taken(demo: Demo, arguments: dict[str, Any]) -> None:
    drawing = demo.call("sample", **({"count": 2, "seed": 0} | arguments))

    assert len(drawing.samples) == arguments.get("count", 2)


class TestFiftyAtOnce:
    """Fifty callers on fifty threads get what each gets alone."""

    @staticmethod
    def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
        with ThreadPoolExecutor(len(calls)) as threads:
            return [future.result() for future in [threads.submit(call) for call in calls]]

    def test_samples_are_the_same(self, demo: Demo) -> None:
        calls = [
            lambda seed=seed: demo.call("sample", seed=seed, count=3, digit=seed % 10, scored=True)
            for seed in range(50)
        ]
        alone = [call() for call in calls]

        assert self.at_once(calls) == alone

    def test_all_actions_may_be_mixed(self, demo: Demo) -> None:
        drawing = drawn(3)
        kinds: list[Callable[[int], Any]] = [
            lambda seed: demo.call("sample", seed=seed, count=2),
            lambda seed: demo.call("explore", seed=seed, x=1.0, y=-1.0),
            lambda seed: demo.call("invert", drawing=drawing, digit=seed % 10, steps=2),
            lambda seed: demo.call("grid", seed=seed, digit=seed % 10, side=2),
            lambda seed: demo.call("nearest", image=drawing, count=1 + seed % 5),
            lambda seed: demo.call("score", image=drawn(seed % 10)),
            lambda seed: demo.call("interpolate", **WAY, steps=2 + seed % 3),
            lambda seed: demo.call("save", seed=seed, count=2),
            lambda seed: demo.call("replay", step=seed),
            lambda seed: demo.call("tutorial_faults"),
        ]
        calls = [lambda n=n: kinds[n % len(kinds)](n) for n in range(50)]
        alone = [call() for call in calls]

        assert self.at_once(calls) == alone
