"""What visitors get from the actions, for the models of every ready demo and no others."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Demo, Host, InvalidInput
from demo_app.conformance import outcomes
from demo_app.engine import LocalEngine
from demo_app.errors import DemoError, Unknown
from demo_app.testing import context, write_plugin

MakeHost = Callable[..., Host]

ZOO = """
from demo_app import Card, ModelSpec, TensorSpec, hookimpl

@hookimpl
def demo_card():
    return Card(title="The zoo", summary="Models for tests.")

@hookimpl
def demo_models():
    return [
        ModelSpec(name="large", example_inputs=(TensorSpec(shape=(1, 10_000)),)),
        ModelSpec(name="lists", title="Parameters in lists"),
        ModelSpec(name="shy", title="One that shows its weights"),
        ModelSpec(name="unbuildable"),
    ]

@hookimpl
def demo_build_model(name):
    import torch
    from torch import nn

    class Shy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))

        def __repr__(self):
            return f"Shy({self.weight.tolist()})"

    if name == "large":
        return nn.Sequential(*[nn.Linear(10_000, 10_000) for _ in range(100)])
    if name == "lists":
        ones = nn.Parameter(torch.ones(2, 3))
        return nn.Sequential(nn.ParameterList([ones]), nn.ParameterDict({"ones": ones}))
    if name == "shy":
        return Shy()
    raise ValueError("no such <i>animal</i>")
"""

BROKEN = ZOO.replace("def demo_card", "def demo_crad")


@pytest.fixture
def zoo(plugins: Path, make_host: MakeHost) -> Host:
    """The explainer, a demo with models of every kind, and a demo that is not ready."""
    write_plugin(plugins, "zoo", ZOO)
    write_plugin(plugins, "broken", BROKEN)
    return make_host(plugins, discover=True, only=["container_explainer", "zoo", "broken"])


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def test_every_model_of_every_ready_demo_is_listed(zoo: Host) -> None:
    choices = zoo["container_explainer"].call("models")
    others = [choice for choice in choices if not choice.model.startswith("container_explainer/")]
    assert [(c.model, c.demo_title, c.title) for c in others] == [
        ("zoo/large", "The zoo", ""),
        ("zoo/lists", "The zoo", "Parameters in lists"),
        ("zoo/shy", "The zoo", "One that shows its weights"),
        ("zoo/unbuildable", "The zoo", ""),
    ]


def test_every_model_of_the_app_is_explained_and_printed(host: Host, demo: Demo) -> None:
    choices = demo.call("models")
    assert choices
    for choice in choices:
        explanation = demo.call("explain", model=choice.model)
        assert explanation.model == choice.model
        assert explanation.title == choice.title
        owner, _, name = choice.model.partition("/")
        if host[owner].models[name].example_inputs:
            assert explanation.notes == []
        # Of a plain list PyTorch sees nothing.
        assert (explanation.bytes > 0) == (name != "plain_list")
        assert demo.call("print_structure", model=choice.model).startswith(explanation.class_name)


class TestTenBillionParameters:
    def test_they_are_explained_without_memory_for_them(self, zoo: Host) -> None:
        demo = zoo["container_explainer"]
        demo.call("explain", model="zoo/lists")
        before = peak_megabytes()
        explanation = demo.call("explain", model="zoo/large")
        assert explanation.parameters == 100 * (10_000 * 10_000 + 10_000)
        assert explanation.bytes == 4 * explanation.parameters
        assert explanation.multiply_adds == 100 * 10_000 * 10_000
        assert explanation.output == "[1, 10000]"
        assert peak_megabytes() - before < 200

    def test_they_are_printed_without_memory_for_them(self, zoo: Host) -> None:
        before = peak_megabytes()
        text = zoo["container_explainer"].call("print_structure", model="zoo/large")
        assert "(99): Linear(in_features=10000, out_features=10000, bias=True)" in text
        assert peak_megabytes() - before < 200


class TestUnknownModels:
    @pytest.mark.parametrize("action", ["explain", "print_structure"])
    def test_the_nearest_name_is_suggested(self, zoo: Host, action: str) -> None:
        with pytest.raises(Unknown, match=r"no model named 'zoo/larg'\. Did you mean 'zoo/large'"):
            zoo["container_explainer"].call(action, model="zoo/larg")

    def test_where_none_is_near_all_are_named(self, zoo: Host) -> None:
        with pytest.raises(Unknown, match="zoo/large, zoo/lists, zoo/shy, zoo/unbuildable"):
            zoo["container_explainer"].call("explain", model="?")

    def test_a_model_of_a_demo_that_is_not_ready_is_unknown(self, zoo: Host) -> None:
        with pytest.raises(Unknown, match="no model named 'broken/large'"):
            zoo["container_explainer"].call("explain", model="broken/large")

    @pytest.mark.parametrize("arguments", [{"model": ""}, {"model": "x" * 201}, {"model": 3}, {}])
    def test_what_is_no_name_is_refused(self, zoo: Host, arguments: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput, match=r"^model: "):
            zoo["container_explainer"].call("explain", **arguments)

    @pytest.mark.parametrize("depth", [-1, 101, 1.5, True])
    def test_a_depth_out_of_bounds_is_refused(self, zoo: Host, depth: Any) -> None:
        with pytest.raises(InvalidInput, match=r"^depth: "):
            zoo["container_explainer"].call("explain", model="zoo/lists", depth=depth)


class TestWhatCannotBeShown:
    def test_a_model_that_does_not_build_says_so(self, zoo: Host) -> None:
        with pytest.raises(DemoError, match=r"demo_build_model\('unbuildable'\) raised ValueError"):
            zoo["container_explainer"].call("explain", model="zoo/unbuildable")

    def test_the_others_go_on(self, zoo: Host) -> None:
        with pytest.raises(DemoError):
            zoo["container_explainer"].call("explain", model="zoo/unbuildable")
        assert zoo["container_explainer"].call("explain", model="zoo/lists").parameters == 6

    def test_a_print_that_needs_values_says_so(self, zoo: Host) -> None:
        with pytest.raises(DemoError, match=r"print\(model\) itself raises NotImplementedError"):
            zoo["container_explainer"].call("print_structure", model="zoo/shy")


@pytest.mark.parametrize(
    "model", ["image_classifier/efficientnet_lite0", "zoo/lists"], ids=["demo", "lists"]
)
def test_the_print_is_that_of_the_real_model(zoo: Host, host: Host, model: str) -> None:
    app = zoo if model.startswith("zoo/") else host
    name, _, spec = model.partition("/")
    real = app[name].build_model(spec)
    assert app["container_explainer"].call("print_structure", model=model) == str(real)


class TestNothingIsLoaded:
    def test_no_weights_are_loaded(self, make_host: MakeHost) -> None:
        host = make_host(discover=True)
        for choice in host["container_explainer"].call("models"):
            host["container_explainer"].call("explain", model=choice.model)
        assert isinstance(host.engine, LocalEngine)
        assert len(host.engine.models) == 0

    def test_the_actions_are_plain_functions_of_the_other_demos(
        self, zoo: Host, module: Callable[[str], ModuleType]
    ) -> None:
        actions = module("actions")
        explanation = actions.explain(context(demos=zoo), model="zoo/lists")
        assert explanation.parameters == 6
        assert "zoo/large" in {choice.model for choice in actions.models(context(demos=zoo))}

    def test_the_global_random_state_is_left_alone(self, zoo: Host) -> None:
        before = torch.get_rng_state()
        zoo["container_explainer"].call("explain", model="zoo/large")
        zoo["container_explainer"].call("print_structure", model="zoo/large")
        assert torch.equal(torch.get_rng_state(), before)


def test_alone_it_lists_its_own_gallery(make_host: MakeHost) -> None:
    host = make_host(discover=True, only=["container_explainer"])
    demo = host["container_explainer"]
    own = [f"container_explainer/{name}" for name in demo.models]
    assert [choice.model for choice in demo.call("models")] == own


def test_where_a_container_is_printed_the_tree_has_a_row(demo: Demo) -> None:
    explanation = demo.call("explain", model="image_classifier/efficientnet_lite0")
    text = demo.call("print_structure", model="image_classifier/efficientnet_lite0")
    for row in explanation.modules[1:]:
        assert f"({row.name}): {row.class_name}(" in text


def test_building_the_tab_and_listing_the_actions_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from demo_app import Host\n"
        "from demo_app.surfaces.page.shell import build_tab\n"
        "host = Host(only=['container_explainer'])\n"
        "build_tab(host, host.plugin('container_explainer'))\n"
        "assert 'explain' in host['container_explainer'].actions\n"
        "assert host.plugin('container_explainer').problem is None\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_keeps_the_contract(host: Host) -> None:
    assert [
        (outcome.check.name, outcome.text)
        for outcome in outcomes(host, host.plugin("container_explainer"))
        if outcome.passed is False
    ] == []
