"""What the page's rooms hand to its scripts: the numbers of the actions, whole and in order."""

import base64
import io
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import gradio as gr
import pytest
from PIL import Image, ImageChops

from demo_app import Demo


@pytest.fixture(scope="session")
def room(module: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """A room of the page by its name."""
    return lambda name: module(f"page.{name}")


def decoded(source: str) -> Image.Image:
    kind, data = source.split(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def told(text: str) -> Any:
    assert "<" not in text
    return json.loads(text)


@pytest.fixture(scope="module")
def walk(demo: Demo, room: Callable[[str], ModuleType]) -> Any:
    return demo.call("step", image=room("drawings").ship())


@pytest.fixture(scope="module")
def shown(walk: Any, room: Callable[[str], ModuleType]) -> Any:
    return told(room("layers").shown(walk))


class TestLayers:
    def test_every_layer_has_its_shapes_and_numbers(self, walk: Any, shown: Any) -> None:
        for step, layer in zip(walk.steps, shown["steps"], strict=True):
            assert layer["path"] == step.path
            assert layer["given"] == step.input_shape
            assert layer["returned"] == step.output_shape
            assert layer["figures"]["smallest"] == step.minimum
            assert layer["values"] == step.values

    def test_every_layer_is_explained(self, shown: Any) -> None:
        assert all(layer["means"] for layer in shown["steps"])

    def test_maps_and_filters_have_their_own_sizes(self, shown: Any) -> None:
        conv = shown["steps"][3]
        assert [decoded(one).size for one in conv["maps"]] == [(10, 10)] * 16
        assert [decoded(one).size for one in conv["filters"]] == [(5, 5)] * 16

    def test_cut_maps_are_those_of_the_sheet(
        self, walk: Any, room: Callable[[str], ModuleType], module: Callable[[str], ModuleType]
    ) -> None:
        import torch

        maps = torch.arange(10 * 3 * 4, dtype=torch.float32).view(10, 3, 4)
        sheet = module("experiments.stepping").tiled(maps)
        cut = room("pictures").maps_of(sheet, 10, width=4, height=3)
        for one, numbers in zip(cut, maps, strict=True):
            greys = ((numbers - numbers.min()) / 11 * 255).round().int().flatten().tolist()
            assert list(one.get_flattened_data()) == greys

    def test_the_end_has_every_class_with_its_share(self, walk: Any, shown: Any) -> None:
        assert [one["name"] for one in shown["classes"]] == walk.classes
        assert [one["share"] for one in shown["classes"]] == walk.probabilities


class TestDrawings:
    @pytest.mark.parametrize(
        ("name", "expected"), [("Ship", "ship"), ("Airplane", "airplane"), ("Car", "automobile")]
    )
    def test_lenet_sees_what_is_drawn(
        self, demo: Demo, room: Callable[[str], ModuleType], name: str, expected: str
    ) -> None:
        walk = demo.call("step", image=room("drawings").DRAWINGS[name]())
        best = max(range(10), key=walk.probabilities.__getitem__)
        assert walk.classes[best] == expected

    def test_no_two_are_alike(self, room: Callable[[str], ModuleType]) -> None:
        first, *others = (draw() for draw in room("drawings").DRAWINGS.values())
        assert all(ImageChops.difference(first, other).getbbox() for other in others)


class TestLabs:
    def test_a_convolution_has_what_the_script_needs_to_follow_it(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        labs = room("labs")
        found = demo.call("lab", kind="convolution", **labs.FIRST).convolution
        shown = labs.convolved(found)
        pixels = decoded(shown["input"])
        numbers = pixels.load()
        assert numbers is not None
        window = [
            cast(int, numbers[found.column + x, found.row + y]) / 255
            for y in range(3)
            for x in range(3)
        ]
        products = [a * b for a, b in zip(window, labs.FIRST["numbers"], strict=True)]
        assert sum(products) == pytest.approx(shown["value"], abs=1e-5)
        assert [line.partition(":")[0] for line in shown["formula"]] == ["height", "width"]
        assert [one["name"] for one in shown["dimensions"]] == ["Conv1d", "Conv2d", "Conv3d"]
        assert pixels.size == tuple(shown["size"])

    def test_pooling_names_the_winners(self, demo: Demo, room: Callable[[str], ModuleType]) -> None:
        found = demo.call("lab", kind="max_pool", table=list(range(16))).max_pool
        shown = room("labs").pooled(found)
        assert shown["pooled"] == [[5, 7], [13, 15]]
        assert shown["winners"] == [(1, 1), (1, 3), (3, 1), (3, 3)]

    def test_what_a_script_sends_is_read_by_name_only(
        self, room: Callable[[str], ModuleType]
    ) -> None:
        labs = room("labs")
        read = labs.read({"stride": 2, "image": "x", "kind": "relu"}, labs.FIRST)
        assert read == labs.FIRST | {"stride": 2}
        assert labs.read("nothing", labs.FIRST) == labs.FIRST


class TestSubject:
    @pytest.mark.parametrize(
        "text", ["1,3,32,32", " 1, 3, 32, 32 ", "[1, 3, 32, 32]", "(1,3,32,32)", "1 × 3 × 32 × 32"]
    )
    def test_a_shape_is_read_however_it_is_written(
        self, room: Callable[[str], ModuleType], text: str
    ) -> None:
        assert room("subject").read_shape(text) == [1, 3, 32, 32]

    @pytest.mark.parametrize("text", ["", "  ", None, "[]"])
    def test_none_is_the_models_own(
        self, room: Callable[[str], ModuleType], text: str | None
    ) -> None:
        assert room("subject").read_shape(text) is None

    @pytest.mark.parametrize("text", ["1, n", "-1, 3", "1.5", "1, 3; 2", "²", "1" * 30])
    def test_anything_else_is_refused(self, room: Callable[[str], ModuleType], text: str) -> None:
        with pytest.raises(gr.Error, match="whole numbers"):
            room("subject").read_shape(text)

    def test_the_code_that_the_page_begins_with_runs(
        self, demo: Demo, room: Callable[[str], ModuleType]
    ) -> None:
        subject, printed = room("subject").of_code(demo, room("sources").CODE, None)
        assert printed == "Linear(in_features=64, out_features=10, bias=True)\n"
        assert subject.shape is not None
        explanation = demo.call("explain", **subject.with_shape)
        assert explanation.output == "[1, 10]"
        assert explanation.multiply_adds > 0


class TestEditArguments:
    def test_only_the_boxes_of_the_operation_count(self, room: Callable[[str], ModuleType]) -> None:
        boxes = dict.fromkeys(("at", "child", "layer", "name", "names", "start", "stop"), "7")
        read = room("edits").arguments("Slice", boxes | {"at": "", "stop": " "})
        assert read == {"operation": "slice", "start": 7}

    def test_a_child_is_an_index_or_a_name(self, room: Callable[[str], ModuleType]) -> None:
        arguments = room("edits").arguments
        assert arguments("Delete", {"at": "", "child": "-1"})["child"] == -1
        assert arguments("Delete", {"at": "", "child": "conv1"})["child"] == "conv1"

    def test_what_is_no_number_is_said(self, room: Callable[[str], ModuleType]) -> None:
        with pytest.raises(gr.Error, match="Times: give a whole number"):
            room("edits").arguments("Repeat", {"at": "", "times": "two", "shared": True})

    def test_every_example_can_be_done(self, demo: Demo, room: Callable[[str], ModuleType]) -> None:
        for label, operation in room("operations").OPERATIONS.items():
            asked = room("edits").arguments(label, operation.example)
            report = demo.call("edit", model=operation.model, **asked)
            assert report.before != report.after


def test_the_example_of_a_checkpoint_fits_the_named_lenet(
    demo: Demo, room: Callable[[str], ModuleType]
) -> None:
    file = room("checkpoint").example_file(demo)
    found = demo.call("match", file=file, model="container_explainer/lenet").match
    (way,) = found.ways
    assert way.renames
    assert way.fit.complete
    assert found.as_it_is.matched == []
