"""What a module ends in, and its loss."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.plugins.container_explainer.linting.mends import mended, only, rules

Lint = Callable[..., list[Any]]


def ending(*last: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3), *last)


class Functional(nn.Module):
    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(self.layer(x))


STATED: list[tuple[nn.Module, str, str, str]] = [
    (nn.Softmax(dim=1), "CrossEntropyLoss", "softmax-before-loss", "warning"),
    (nn.LogSoftmax(dim=1), "CrossEntropyLoss", "softmax-before-loss", "hint"),
    (nn.Sigmoid(), "CrossEntropyLoss", "sigmoid-before-loss", "warning"),
    (nn.ReLU(), "CrossEntropyLoss", "softmax-before-loss", "warning"),
    (nn.Sigmoid(), "BCEWithLogitsLoss", "sigmoid-before-loss", "warning"),
    (nn.Softmax(dim=1), "BCEWithLogitsLoss", "softmax-before-loss", "warning"),
    (nn.Softmax(dim=1), "NLLLoss", "loss-needs-ending", "warning"),
    (nn.Identity(), "NLLLoss", "loss-needs-ending", "warning"),
    (nn.Identity(), "BCELoss", "loss-needs-ending", "error"),
]


@pytest.mark.parametrize(("last", "loss", "rule", "severity"), STATED)
@pytest.mark.parametrize("inputs", [[(2, 4)], []], ids=["run", "not run"])
def test_an_ending_that_does_not_go_with_the_loss_is_mended(
    lint: Lint, last: nn.Module, loss: str, rule: str, severity: str, inputs: list[Any]
) -> None:
    model = ending(last)
    found = only(lint(model, *inputs, loss=loss), rule)
    assert found.severity == severity
    assert lint(mended(model, found), *inputs, loss=loss) == []


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (nn.Identity(), "CrossEntropyLoss"),
        (nn.LogSoftmax(dim=1), "NLLLoss"),
        (nn.Identity(), "BCEWithLogitsLoss"),
        (nn.Sigmoid(), "BCELoss"),
        (nn.Softmax(dim=1), "MSELoss"),
        (nn.Tanh(), "CrossEntropyLoss"),
    ],
)
def test_an_ending_that_goes_with_the_loss_is_not_mentioned(
    lint: Lint, last: nn.Module, loss: str
) -> None:
    assert lint(ending(last), (2, 4), loss=loss) == []


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.LogSoftmax(dim=1), nn.Sigmoid()])
def test_where_no_loss_is_stated_it_is_a_hint(lint: Lint, last: nn.Module) -> None:
    (found,) = lint(ending(last), (2, 4))
    assert found.severity == "hint"
    assert "If it is trained with " in found.message


def test_a_loss_that_the_module_holds_is_stated(lint: Lint) -> None:
    model = Functional(lambda x: torch.softmax(x, 1))
    model.loss = nn.CrossEntropyLoss()
    assert only(lint(model, (2, 4)), "softmax-before-loss").severity == "warning"


def test_a_held_loss_without_a_rule_leaves_nothing_to_guess(lint: Lint) -> None:
    model = Functional(lambda x: torch.softmax(x, 1))
    model.loss = nn.MSELoss()
    assert lint(model, (2, 4)) == []


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.softmax(x, 1),
        lambda x: x.softmax(1),
        lambda x: nn.functional.softmax(x, dim=1),
        lambda x: {"out": nn.functional.dropout(x.softmax(1)).reshape(2, 3, 1)[:, :, 0]},
    ],
)
def test_a_function_at_the_end_is_an_ending(lint: Lint, function: Callable[[Tensor], Any]) -> None:
    found = only(lint(Functional(function), (2, 4), loss="CrossEntropyLoss"), "softmax-before-loss")
    assert (found.severity, found.path) == ("warning", "")
    assert found.mend == "# In forward: leave softmax out, and take it where results are shown."


@pytest.mark.parametrize(
    "function",
    [lambda x: torch.softmax(x, 1) @ torch.ones(3, 3), lambda x: x * torch.sigmoid(x)],
)
def test_a_softmax_or_gate_in_the_middle_is_no_ending(
    lint: Lint, function: Callable[[Tensor], Any]
) -> None:
    assert lint(Functional(function), (2, 4), loss="CrossEntropyLoss") == []


def test_the_order_of_a_container_is_said_to_be_that(lint: Lint) -> None:
    (found,) = lint(ending(nn.Softmax(dim=1)))
    assert found.message.endswith("(This is the order in the container.)")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nn.CrossEntropyLoss()", "CrossEntropyLoss"),
        ("F.cross_entropy", "CrossEntropyLoss"),
        ("torch.nn.functional.binary_cross_entropy_with_logits", "BCEWithLogitsLoss"),
        ("BCEWithLogitsLoss", "BCEWithLogitsLoss"),
        ("nll_loss", "NLLLoss"),
        ("nn.BCELoss(reduction='sum')", "BCELoss"),
        ("MSELoss", "other"),
        ("", "other"),
    ],
)
def test_a_loss_has_several_names(
    module: Callable[[str], ModuleType], text: str, name: str
) -> None:
    assert module("linting.losses").loss_named(text) == name


def test_what_is_said_of_the_floor_of_the_loss_is_true() -> None:
    logits = torch.tensor([[100.0, 0.0, 0.0]])
    target = torch.tensor([0])
    twice = nn.functional.cross_entropy(logits.softmax(1), target)
    assert torch.isclose(twice, torch.log1p(2 / torch.tensor(torch.e)))


class TestReluBeforeSoftmax:
    def test_it_is_a_warning_until_it_is_gone(self, lint: Lint) -> None:
        model = ending(nn.ReLU(), nn.Dropout(), nn.Softmax(dim=1))
        found = only(lint(model, (2, 4)), "relu-before-softmax")
        assert (found.severity, found.path) == ("warning", "1")
        assert rules(lint(mended(model, found), (2, 4))) == {"softmax-before-loss"}

    def test_a_leaky_one_is_fine(self, lint: Lint) -> None:
        findings = lint(ending(nn.LeakyReLU(), nn.Softmax(dim=1)), (2, 4))
        assert rules(findings) == {"softmax-before-loss"}


class TestSoftmaxWithoutDim:
    @pytest.mark.parametrize("kind", [nn.Softmax, nn.LogSoftmax, nn.Softmin])
    def test_it_is_a_warning_until_it_has_one(self, lint: Lint, kind: Any) -> None:
        model = nn.Sequential(kind(), nn.Linear(4, 2))
        found = only(lint(model), "softmax-without-dim")
        assert (found.severity, found.mend) == ("warning", f"self[0] = nn.{kind.__name__}(dim=-1)")
        assert lint(mended(model, found), (2, 4)) == []
