"""What is explained, printed, drawn and saved of code that a visitor types, and of torchvision."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo, File, Host, InvalidInput
from demo_app.errors import Unknown
from demo_app.surfaces.cli import main
from demo_app.testing import write_plugin

NET = "net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())"
RAISES = """
class Net(nn.Module):
    def forward(self, x):
        return x.no_such_method()

net = Net()
"""

PARTS = """
from demo_app import Card, ModelSpec, TensorSpec, hookimpl

@hookimpl
def demo_card():
    return Card(title="Parts", summary="Models for tests.")

@hookimpl
def demo_models():
    return [
        ModelSpec(
            name="pair",
            example_inputs={
                "one": (TensorSpec(shape=(1, 2)),), "other": (TensorSpec(shape=(1, 3)),)
            },
        ),
        ModelSpec(name="tokens", example_inputs=(TensorSpec(shape=(1, 5), dtype="int64"),)),
    ]

@hookimpl
def demo_build_model(name):
    from torch import nn

    if name == "pair":
        return nn.ModuleDict({"one": nn.Linear(2, 2), "other": nn.Linear(3, 3)})
    return nn.Embedding(10, 4)
"""


@pytest.fixture
def parts(plugins: Path, make_host: Callable[..., Host]) -> Demo:
    """The explainer beside a demo with a model of two parts, and one that takes tokens."""
    write_plugin(plugins, "parts", PARTS)
    host = make_host(plugins, discover=True, only=["container_explainer", "parts"])
    return host["container_explainer"]


class TestWhichModel:
    @pytest.mark.parametrize(
        "action", ["explain", "print_structure", "diagram", "save", "lint"], ids=str
    )
    @pytest.mark.parametrize(
        "given", [{}, {"model": "torchvision/alexnet", "code": NET}], ids=["neither", "both"]
    )
    def test_exactly_one_of_model_and_code_is_taken(
        self, demo: Demo, action: str, given: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidInput, match="model: give either the name of a model, or code"):
            demo.call(action, **given)

    def test_code_is_explained(self, demo: Demo) -> None:
        explanation = demo.call("explain", code=NET, input_shape=[2, 3, 10, 12])

        assert (explanation.model, explanation.title) == ("code", "net")
        assert explanation.output == "[2, 640]"
        assert explanation.parameters == 8 * 3 * 9 + 8
        assert explanation.multiply_adds == 2 * 8 * 10 * 8 * 3 * 9

    def test_code_is_run_anew_by_every_call(self, demo: Demo) -> None:
        first = demo.call("explain", code=NET, input_shape=[1, 3, 8, 8])
        assert demo.call("explain", code=NET, input_shape=[1, 3, 8, 8]) == first

    def test_a_model_of_torchvision_is_explained_by_its_name(self, demo: Demo) -> None:
        explanation = demo.call("explain", model="torchvision/AlexNet")

        assert explanation.model == "torchvision/alexnet"
        # What torchvision publishes as num_params.
        assert explanation.parameters == 61_100_840
        assert explanation.output == "[1, 1000]"

    def test_one_that_torchvision_lacks_is_named(self, demo: Demo) -> None:
        with pytest.raises(Unknown, match="no torchvision model named 'resnet19'"):
            demo.call("explain", model="torchvision/resnet19")

    def test_they_are_listed_where_asked_for(self, demo: Demo) -> None:
        without = {choice.model for choice in demo.call("models")}
        found = {choice.model for choice in demo.call("models", torchvision=True)} - without

        assert {"torchvision/resnet152", "torchvision/swin_b", "torchvision/s3d"} <= found
        assert all(name.startswith("torchvision/") for name in found)

    def test_code_that_makes_no_module_is_told_what_to_write(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match=r"makes no module\. Write one, such as net = "):
            demo.call("explain", code="x = 3")

    def test_an_error_in_the_code_has_its_place(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match=r"^Line 2, column \d+: "):
            demo.call("explain", code="net = nn.ReLU()\nnet = nn.Lineaer(3, 4)")

    def test_print_is_exactly_that_of_the_module(self, demo: Demo) -> None:
        assert demo.call("print_structure", code=NET) == (
            "Sequential(\n"
            "  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n"
            "  (1): ReLU()\n"
            "  (2): Flatten(start_dim=1, end_dim=-1)\n"
            ")"
        )


class TestInputShape:
    def test_without_one_typed_code_is_not_run_and_says_what_is_missing(self, demo: Demo) -> None:
        explanation = demo.call("explain", code=NET)

        assert explanation.multiply_adds is None
        assert "give the shape of its input" in explanation.notes[0]

    def test_it_replaces_the_example_of_a_model(self, demo: Demo) -> None:
        explanation = demo.call("explain", model="torchvision/resnet18", input_shape=[4, 3, 64, 64])
        assert (explanation.input, explanation.output) == ("[4, 3, 64, 64]", "[4, 1000]")

    def test_the_dtype_stays_that_of_the_example(self, parts: Demo) -> None:
        explanation = parts.call("explain", model="parts/tokens", input_shape=[3, 7])
        assert explanation.output == "[3, 7, 4]"

    def test_a_typed_embedding_gets_whole_numbers(self, demo: Demo) -> None:
        code = "net = nn.Sequential(nn.Embedding(100, 8), nn.Linear(8, 2))"
        explanation = demo.call("explain", code=code, input_shape=[2, 6])

        assert (explanation.output, explanation.notes) == ("[2, 6, 2]", [])

    def test_a_model_of_several_parts_keeps_its_own(self, parts: Demo) -> None:
        with pytest.raises(InvalidInput, match=r"called apart \(one, other\).*Leave input_shape"):
            parts.call("explain", model="parts/pair", input_shape=[1, 2])

    def test_several_inputs_of_one_shape_change_together(self, demo: Demo) -> None:
        explanation = demo.call(
            "explain", model="torchvision/raft_small", input_shape=[1, 3, 128, 128], depth=0
        )
        assert explanation.input == "[1, 3, 128, 128], [1, 3, 128, 128]"
        assert explanation.notes == []

    @pytest.mark.parametrize(
        "shape", [[], [0, 3], [-1], [1.5], [True], [1] * 9, [100_001], ["a"], "1,3", 7], ids=str
    )
    @pytest.mark.parametrize("action", ["explain", "lint", "diagram", "save"])
    def test_what_is_no_shape_is_refused(self, demo: Demo, action: str, shape: Any) -> None:
        with pytest.raises(InvalidInput, match=r"^input_shape"):
            demo.call(action, code=NET, input_shape=shape)

    def test_too_many_numbers_are_refused(self, demo: Demo) -> None:
        with pytest.raises(
            InvalidInput, match=r"input_shape: it has 10,000,000,000 numbers; up to"
        ):
            demo.call("explain", code=NET, input_shape=[100_000, 100_000])

    def test_what_does_not_fit_leaves_the_shapes_so_far(self, demo: Demo) -> None:
        code = "net = nn.Sequential(nn.Linear(4, 5), nn.Linear(6, 7))"
        explanation = demo.call("explain", code=code, input_shape=[1, 4])

        assert explanation.stopped_in == "1"
        assert explanation.modules[1].output == "[1, 5]"

    def test_what_a_typed_forward_raises_is_shown_with_its_place(self, demo: Demo) -> None:
        (note,) = demo.call("explain", code=RAISES, input_shape=[1, 4]).notes
        assert "Line 4, column 18: " in note


class TestFormats:
    def test_markdown_is_a_text(self, demo: Demo) -> None:
        text = demo.call("explain", code=NET, input_shape=[1, 3, 8, 8], format="markdown")
        assert "| 1 | ReLU | [1, 8, 6, 6] | [1, 8, 6, 6] | 0 |" in text

    def test_json_has_what_the_report_has(self, demo: Demo) -> None:
        arguments = {"code": NET, "input_shape": [1, 3, 8, 8]}
        read = json.loads(demo.call("explain", **arguments, format="json"))
        assert read["multiply_adds"] == demo.call("explain", **arguments).multiply_adds

    @pytest.mark.parametrize("format", ["csv", "markdown", "json"])
    def test_a_saved_file_holds_the_same_text(self, demo: Demo, format: str) -> None:
        arguments: dict[str, Any] = {"code": NET, "input_shape": [1, 3, 8, 8], "format": format}
        file: File = demo.call("save", **arguments)

        assert file.name == {"csv": "net.csv", "markdown": "net.md", "json": "net.json"}[format]
        assert file.data.decode() == demo.call("explain", **arguments)

    def test_a_saved_drawing_is_the_diagram(self, demo: Demo) -> None:
        arguments: dict[str, Any] = {"code": NET, "input_shape": [1, 3, 8, 8]}
        file = demo.call("save", **arguments, format="svg")

        assert file.name == "net.svg"
        assert file.data.decode() == demo.call("diagram", **arguments).svg

    def test_a_drawing_needs_an_input(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match="input_shape: a diagram needs the shape"):
            demo.call("save", code=NET, format="svg")

    def test_a_diagram_without_an_input_says_so(self, demo: Demo) -> None:
        drawing = demo.call("diagram", code=NET)
        assert drawing.svg == ""
        assert "give the shape of its input" in drawing.notes[0]


class TestOnTheCommandLine:
    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "net.py"
        path.write_text(NET)
        return path

    def test_a_file_of_code_is_explained_in_markdown(
        self, demo: Demo, file: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        line = "call container_explainer explain --code @net.py --input-shape 1,3,224,224"
        assert main([*line.split(), "--format", "markdown"]) == 0

        assert (
            capfd.readouterr().out.strip()
            == demo.call(
                "explain", code=NET, input_shape=[1, 3, 224, 224], format="markdown"
            ).strip()
        )

    def test_a_layer_is_inserted(self, file: Path, capfd: pytest.CaptureFixture[str]) -> None:
        line = "call container_explainer edit --code @net.py --operation insert --child 1 --json"
        assert main([*line.split(), "--layer", "nn.Dropout(0.1)"]) == 0

        report = json.loads(capfd.readouterr().out)
        assert report["title"] == "Insert Dropout at 1"

    def test_a_drawing_is_written(self, file: Path) -> None:
        line = "call container_explainer save --code @net.py --input-shape 1,3,8,8 --format svg"
        assert main([*line.split(), "--out", "net.svg"]) == 0

        assert Path("net.svg").read_text().startswith("<svg")


class TestGallery:
    def test_each_names_its_source_and_a_model_that_is_there(self, demo: Demo) -> None:
        exhibits = demo.call("gallery")
        known = {choice.model for choice in demo.call("models", torchvision=True)}

        assert {exhibit.model for exhibit in exhibits} <= known
        assert all(exhibit.source.startswith("https://") for exhibit in exhibits)
        assert len({exhibit.name for exhibit in exhibits}) == len(exhibits) == 12

    def test_every_network_of_this_demo_can_be_typed(self, demo: Demo, host: Host) -> None:
        typed = {exhibit.name for exhibit in demo.call("gallery") if exhibit.code}
        assert set(host["container_explainer"].models) <= typed

    def test_the_code_makes_what_the_exhibit_is(self, demo: Demo) -> None:
        for exhibit in demo.call("gallery"):
            if exhibit.code:
                printed = demo.call("print_structure", model=exhibit.model)
                assert demo.call("print_structure", code=exhibit.code) == printed

    def test_the_code_runs_as_the_exhibit_does(self, demo: Demo) -> None:
        for exhibit in demo.call("gallery"):
            if exhibit.code:
                typed = demo.call("explain", code=exhibit.code, input_shape=exhibit.input_shape)
                named = demo.call("explain", model=exhibit.model)
                assert (typed.output, typed.multiply_adds, typed.notes) == (
                    named.output,
                    named.multiply_adds,
                    named.notes,
                )

    def test_a_demo_that_is_not_there_has_no_exhibit(self, parts: Demo) -> None:
        models = {exhibit.model for exhibit in parts.call("gallery")}
        assert "mnist_gan/gan" not in models
        assert "container_explainer/lenet" in models or "torchvision/alexnet" in models

    def test_the_codes_are_python(self, module: Callable[[str], ModuleType]) -> None:
        for code in module("subject.exhibits").CODES.values():
            ast.parse(code)

    def test_the_choices_run_with_each_of_the_four(self, demo: Demo) -> None:
        code = next(e.code for e in demo.call("gallery") if e.name == "choices")

        assert demo.call("run_code", code=code).printed.splitlines() == [
            "conv relu [1, 10, 10, 10]",
            "conv prelu [1, 10, 10, 10]",
            "pool relu [1, 10, 4, 4]",
            "pool prelu [1, 10, 4, 4]",
        ]
