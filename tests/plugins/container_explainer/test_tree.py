"""The tree: every place in the order of ``print``, and how each module holds the others."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torchvision
from torch import Tensor, nn

from tests.plugins.container_explainer.architectures import Choices, Twice
from tests.plugins.container_explainer.rows import row

TakeApart = Callable[..., Any]


class Backwards(nn.Sequential):
    """A Sequential that does not do what a Sequential does."""

    def forward(self, input: Tensor) -> Tensor:
        for layer in reversed(self):
            input = layer(input)
        return input


class Chooser(nn.ModuleDict):
    """A ModuleDict that can be called."""

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = self["one"](input)
        return result


class Renamed(nn.Sequential):
    """A Sequential by another name."""


def test_rows_stand_in_the_order_of_print(take_apart: TakeApart) -> None:
    def names(module: nn.Module) -> list[str]:
        lines = str(module).splitlines()
        return [line.strip().partition(")")[0].lstrip("(") for line in lines if "): " in line]

    explanation = take_apart(torchvision.models.resnet18)
    assert [r.name for r in explanation.modules[1:]] == names(torchvision.models.resnet18())


def test_paths_lead_to_the_modules(take_apart: TakeApart) -> None:
    model = torchvision.models.resnet18()
    for found in take_apart(torchvision.models.resnet18).modules:
        assert type(model.get_submodule(found.path)).__name__ == found.class_name
        assert found.path.rpartition(".")[2] == found.name
        assert found.depth == (found.path.count(".") + 1 if found.path else 0)


@pytest.mark.parametrize(
    ("architecture", "kind", "own_forward"),
    [
        (lambda: nn.Sequential(nn.ReLU()), "Sequential", False),
        (lambda: nn.Sequential(), "Sequential", False),
        (lambda: nn.Sequential(OrderedDict(act=nn.ReLU())), "Sequential", False),
        (lambda: Renamed(nn.ReLU()), "Sequential", False),
        (lambda: Backwards(nn.ReLU()), "Sequential", True),
        (lambda: nn.ModuleList([nn.ReLU()]), "ModuleList", False),
        (lambda: nn.ModuleDict({"one": nn.ReLU()}), "ModuleDict", False),
        (lambda: Chooser({"one": nn.ReLU()}), "ModuleDict", True),
        (Choices, "module", False),
        (lambda: nn.Linear(2, 2), "layer", False),
        (lambda: nn.ParameterList(), "layer", False),
    ],
)
def test_each_module_has_a_kind(
    take_apart: TakeApart, architecture: Callable[[], nn.Module], kind: str, own_forward: bool
) -> None:
    root = row(take_apart(architecture), "")
    assert (root.kind, root.own_forward) == (kind, own_forward)


def test_arguments_are_those_of_print(take_apart: TakeApart) -> None:
    explanation = take_apart(lambda: nn.Sequential(nn.Conv2d(3, 8, 3, stride=2)))
    assert row(explanation, "0").arguments == "3, 8, kernel_size=(3, 3), stride=(2, 2)"


def test_arguments_that_cannot_be_told_do_not_spoil_the_rest(take_apart: TakeApart) -> None:
    class Shy(nn.Linear):
        def extra_repr(self) -> str:
            return f"mean={self.weight.mean().item()}"

    shy = row(take_apart(lambda: Shy(2, 2), (1, 2)), "")
    assert shy.arguments == "extra_repr() raised RuntimeError"
    assert shy.parameters == 6


def test_an_empty_place_is_left_out(take_apart: TakeApart) -> None:
    class Optional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.downsample: nn.Module | None
            self.register_module("downsample", None)

    assert [found.kind for found in take_apart(Optional).modules] == ["layer"]


def test_a_depth_leaves_out_what_is_below_and_its_tensors(take_apart: TakeApart) -> None:
    whole = take_apart(torchvision.models.resnet18, (1, 3, 64, 64))
    part = take_apart(torchvision.models.resnet18, (1, 3, 64, 64), depth=1)
    assert part.modules == [found for found in whole.modules if found.depth <= 1]
    assert [t.module for t in part.tensors] == ["conv1", *5 * ["bn1"], *2 * ["fc"]]
    assert (part.parameters, part.depth, part.module_count) == (
        whole.parameters,
        whole.depth,
        whole.module_count,
    )


def test_depth_zero_is_the_whole_model_alone(take_apart: TakeApart) -> None:
    (only,) = take_apart(Twice, (1, 4), depth=0).modules
    assert only.path == ""
    assert only.parameters == 20
