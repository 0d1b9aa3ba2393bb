"""The diagram: what fed what, repeats drawn once, safe and the same every time."""

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from torch import Tensor, nn

from demo_app import TensorSpec
from demo_app.meta import build_on_meta
from tests.plugins.container_explainer.architectures import Choices, Twice

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<img src=x onerror=alert(1)>'\"&\x01"


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.shortcut = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = torch.relu(self.layer(x) + self.shortcut(x))
        return result


class Looping(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(count)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Stashing(nn.Module):
    """Hands a tensor to a module behind the back of the call."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Sequential(Adding(), nn.Linear(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        self.second[0].other = hidden
        result: Tensor = self.second(x)
        return result


class Adding(nn.Module):
    other: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.norm(x) + self.other
        return result


@pytest.fixture(scope="session")
def draw(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    def draw(architecture: Callable[[], nn.Module], *shapes: Any, **options: Any) -> Any:
        parts = options.pop("parts", {"": shapes} if shapes else {})
        inputs = {path: [TensorSpec(shape=s) for s in each] for path, each in parts.items()}
        built = build_on_meta(architecture)
        return module("drawing.diagram").diagram(built, inputs, **{"title": "A model", **options})

    return draw


@pytest.fixture(scope="session")
def fed(module: Callable[[str], ModuleType]) -> Callable[..., set[tuple[str, str]]]:
    """Which step inside the whole model fed which, by name; "in" and "out" for its own."""

    def fed(architecture: Callable[[], nn.Module], *shapes: Any) -> set[tuple[str, str]]:
        inputs = {"": [torch.empty(shape, device="meta") for shape in shapes]}
        (call,), _ = module("drawing.dataflow").flow(build_on_meta(architecture), inputs)
        name = lambda step: "in" if step is None else step.name  # noqa: E731
        inner = {(name(s), step.name) for step in call.steps for s in step.takes}
        return inner | {(name(s), "out") for s in call.returns}

    return fed


def texts(drawn: Any) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(drawn.svg).iter(f"{SVG}text")]


class TestWhatFedWhat:
    def test_layers_in_a_row(self, fed: Any) -> None:
        found = fed(lambda: nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True)), (1, 4))
        assert found == {("in", "0"), ("0", "1"), ("1", "out")}

    def test_a_shortcut_and_the_sum(self, fed: Any) -> None:
        assert fed(Residual, (1, 4)) == {
            *{("in", "layer"), ("in", "shortcut"), ("layer", "+"), ("shortcut", "+")},
            *{("+", "relu"), ("relu", "out")},
        }

    def test_a_layer_called_again(self, fed: Any) -> None:
        assert fed(Twice, (1, 4)) == {("in", "first"), ("first", "first"), ("first", "out")}

    def test_views_and_constants_are_no_steps(self, fed: Any) -> None:
        class Viewing(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = nn.Linear(4, 4)

            def forward(self, x: Tensor) -> Tensor:
                result: Tensor = self.layer(x.view(1, -1).contiguous() * 2).flatten() + 1
                return result

        assert fed(Viewing, (2, 2)) == {("in", "layer"), ("layer", "out")}

    def test_a_parameter_that_is_added_is_named(self, module: Callable[[str], ModuleType]) -> None:
        class Positions(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.positions = nn.Parameter(torch.zeros(4))
                self.layer = nn.Linear(4, 4)

            def forward(self, x: Tensor) -> Tensor:
                result: Tensor = self.layer(x + self.positions)
                return result

        inputs = {"": [torch.empty(1, 4, device="meta")]}
        (call,), _ = module("drawing.dataflow").flow(build_on_meta(Positions), inputs)
        assert (call.steps[0].name, call.steps[0].arguments) == ("+", "positions")

    def test_a_tensor_that_is_handed_over_in_secret(self, fed: Any) -> None:
        assert ("first", "second") in fed(Stashing, (1, 4))

    def test_the_residual_edges_of_a_block(self, fed: Any) -> None:
        import torchvision

        block = lambda: torchvision.models.resnet.BasicBlock(8, 8)  # noqa: E731
        assert {("in", "+"), ("bn2", "+"), ("+", "relu")} < fed(block, (1, 8, 6, 6))


class TestDrawing:
    def test_it_has_boxes_shapes_and_ends(self, draw: Any) -> None:
        drawn = draw(lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU()), (2, 4))
        shapes, boxes = texts(drawn)[:3], texts(drawn)[3:]
        assert shapes == ["[2, 4]", "[2, 5]", "[2, 5]"]
        assert boxes == ["input", "0", "Linear · 25", "1", "ReLU", "output"]
        assert (drawn.depth, drawn.boxes, drawn.notes) == (1, 4, [])

    def test_equal_blocks_in_a_row_are_drawn_once(self, draw: Any) -> None:
        import torchvision

        drawn = draw(torchvision.models.resnet152, (1, 3, 224, 224))
        assert {"× 2", "× 7", "× 35"} <= set(texts(drawn))
        assert drawn.boxes < 30

    def test_what_repeats_together_is_drawn_once(self, draw: Any) -> None:
        drawn = draw(lambda: Looping(20), (1, 4))
        assert "× 20" in texts(drawn)
        assert "layers.0" in texts(drawn)
        assert "layers.1" not in texts(drawn)

    def test_a_different_block_is_not_folded_in(self, draw: Any) -> None:
        widths = [4, 4, 4, 8, 8]
        layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
        drawn = draw(lambda: nn.Sequential(*layers), (1, 4))
        assert {"0 … 1", "× 2", "2", "3"} <= set(texts(drawn))

    def test_a_container_that_nobody_called_is_transparent(self, draw: Any) -> None:
        names = set(texts(draw(Choices, (2, 4))))
        assert {"layers.0", "activations.relu", "layers.1"} <= names
        assert "forgotten" not in names

    @pytest.mark.parametrize(("depth", "inner"), [(0, False), (1, False), (2, True)])
    def test_a_depth_says_what_is_open(self, draw: Any, depth: int, inner: bool) -> None:
        def architecture() -> nn.Module:
            return nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.Tanh()), nn.ReLU())

        drawn = draw(architecture, (1, 4), depth=depth)
        assert drawn.depth == depth
        assert ("Tanh" in texts(drawn)) is inner

    def test_parts_that_are_called_apart_stand_side_by_side(self, draw: Any) -> None:
        def architecture() -> nn.Module:
            return nn.ModuleDict({"one": nn.Linear(3, 4), "other": nn.Sequential(nn.Linear(5, 6))})

        drawn = draw(architecture, parts={"one": [(1, 3)], "other": [(2, 5)]})
        assert texts(drawn).count("input") == 2
        assert {"one", "other", "[1, 4]", "[2, 6]"} <= set(texts(drawn))

    def test_the_same_model_gives_the_same_picture(self, draw: Any) -> None:
        assert draw(Residual, (1, 4)).svg == draw(Residual, (1, 4)).svg

    def test_it_is_told_to_those_who_cannot_see_it(self, draw: Any) -> None:
        root = ElementTree.fromstring(draw(Residual, (1, 4), title="Shortcut").svg)
        assert root.get("role") == "img"
        assert "Shortcut" in (root.get("aria-label") or "")
        description = root.find(f"{SVG}desc")
        assert description is not None
        assert "input; layer; shortcut; +; relu; output" in (description.text or "")

    def test_it_sets_no_colour_of_text(self, draw: Any) -> None:
        svg = draw(Residual, (1, 4)).svg
        assert "fill: currentColor" in svg
        assert "id=" not in svg


class TestLimits:
    def test_what_a_model_says_is_escaped(self, draw: Any) -> None:
        class Hostile(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.add_module(HOSTILE.replace(".", ""), nn.Linear(2, 2))

            def extra_repr(self) -> str:
                return HOSTILE

            def forward(self, x: Tensor) -> Tensor:
                for layer in self.children():
                    x = layer(x)
                return x

        Hostile.__name__ = HOSTILE
        drawn = draw(lambda: nn.Sequential(Hostile()), (1, 2), title=HOSTILE)
        root = ElementTree.fromstring(drawn.svg)
        assert root.find(f".//{SVG}img") is None
        assert "<img" not in drawn.svg

    def test_a_very_large_model_is_opened_less_deep(self, draw: Any) -> None:
        def architecture() -> nn.Module:
            return nn.Sequential(
                *(nn.Sequential(nn.Linear(4, n), nn.Linear(n, 4)) for n in range(1, 300))
            )

        drawn = draw(architecture, (1, 4), depth=2)
        assert (drawn.depth, drawn.boxes) == (1, 301)
        (note,) = drawn.notes
        assert note.startswith("Drawn 1 deep: deeper it would have more than 400 boxes")
        assert len(drawn.svg) < 500_000

    def test_the_inside_of_a_dense_block_is_left_closed(self, draw: Any) -> None:
        import torchvision

        drawn = draw(torchvision.models.densenet121, (1, 3, 64, 64), depth=3)
        assert "denseblock1" in texts(drawn)
        assert "denselayer1" not in texts(drawn)

    def test_a_loop_without_end_in_sight_is_cut(
        self, draw: Any, module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module("drawing.dataflow"), "MAX_CALLS", 10)
        (note,) = draw(lambda: Looping(50), (1, 4)).notes
        assert "too often to be drawn" in note

    def test_a_pass_that_stops_is_drawn_so_far(self, draw: Any) -> None:
        drawn = draw(lambda: nn.Sequential(nn.Linear(4, 4), nn.Linear(5, 4)), (1, 4))
        assert "Linear · 20" in texts(drawn)
        assert "stopped in 1 (Linear)" in drawn.notes[0]

    def test_inputs_of_an_impossible_shape_are_none(self, draw: Any) -> None:
        drawn = draw(Residual, (1, -4))
        assert drawn.svg == ""
        assert drawn.notes[0].startswith("Its example inputs cannot be made: ")

    def test_without_inputs_there_is_none(self, draw: Any) -> None:
        drawn = draw(Residual)
        assert drawn.svg == ""
        assert "names no example inputs" in drawn.notes[0]
