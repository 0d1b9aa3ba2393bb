"""Modules, parameters and tensors in plain attributes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.plugins.container_explainer.linting.mends import mended, of_rule, only, rules

Lint = Callable[..., list[Any]]


class Holder(nn.Module):
    """A module with one attribute, ``held``."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held
        self.head = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(x)
        return result


def linear() -> nn.Module:
    return nn.Linear(2, 2)


HIDDEN: list[tuple[str, Callable[[], Any], str]] = [
    ("list", lambda: [linear(), linear()], "self.held = nn.ModuleList(self.held)"),
    ("tuple", lambda: (linear(), linear()), "self.held = nn.ModuleList(self.held)"),
    ("set", lambda: {linear()}, "self.held_modules = nn.ModuleList([*self.held])"),
    ("dict", lambda: {"a": linear()}, "self.held = nn.ModuleDict(self.held)"),
    (
        "list of lists",
        lambda: [[linear()], [linear(), linear()]],
        "self.held = nn.ModuleList(nn.ModuleList(value) for value in self.held)",
    ),
    (
        "dict of lists",
        lambda: {"a": [linear()], "b": [linear()]},
        "self.held = nn.ModuleDict({key: nn.ModuleList(value) for key, value in "
        "self.held.items()})",
    ),
    (
        "list of pairs",
        lambda: [("a", linear()), ("b", linear())],
        "self.held_modules = nn.ModuleList([self.held[0][1], self.held[1][1]])",
    ),
    (
        "list with a gap",
        lambda: [None, linear()],
        "self.held_modules = nn.ModuleList([self.held[1]])",
    ),
    (
        "dict in a list with a number",
        lambda: [3, {"a": linear()}],
        'self.held_modules = nn.ModuleList([self.held[1]["a"]])',
    ),
]


@pytest.mark.parametrize(
    ("held", "mend"), [case[1:] for case in HIDDEN], ids=[case[0] for case in HIDDEN]
)
def test_modules_in_plain_containers_are_an_error_until_registered(
    lint: Lint, held: Callable[[], Any], mend: str
) -> None:
    model = Holder(held())
    hidden = only(lint(model), "hidden-module")
    assert (hidden.severity, hidden.path, hidden.mend) == ("error", "held", mend)
    before = sum(p.numel() for p in model.parameters())
    repaired = mended(model, hidden)
    assert lint(repaired) == []
    assert sum(p.numel() for p in repaired.parameters()) > before


def test_the_numbers_that_are_not_trained_are_counted(lint: Lint) -> None:
    hidden = only(lint(Holder([linear(), linear()])), "hidden-module")
    assert hidden.message == "2 modules (Linear) with 12 parameters in a plain list: held."


def test_the_path_leads_to_the_attribute_of_an_inner_module(lint: Lint) -> None:
    model = nn.ModuleDict({"left": nn.Sequential(Holder([linear()]))})
    hidden = only(lint(model), "hidden-module")
    assert hidden.path == "left.0.held"
    assert hidden.mend.startswith('self["left"][0].held = ')
    assert lint(mended(model, hidden)) == []


def test_an_attribute_of_any_name_is_mended(lint: Lint) -> None:
    model = nn.Module()
    model.__dict__["no name"] = [linear()]
    hidden = only(lint(model), "hidden-module")
    assert lint(mended(model, hidden)) == []
    assert sum(p.numel() for p in model.parameters()) == 6


def test_modules_without_parameters_are_a_hint(lint: Lint) -> None:
    assert only(lint(Holder([nn.ReLU(), nn.Tanh()])), "hidden-module").severity == "hint"


def test_a_dropout_that_eval_does_not_reach_is_a_warning(lint: Lint) -> None:
    model = Holder([nn.Dropout()])
    assert only(lint(model), "hidden-module").severity == "warning"
    assert model.eval().held[0].training


def test_what_is_also_registered_is_not_hidden(lint: Lint) -> None:
    model = Holder(None)
    model.held = [model.head]
    assert lint(model) == []


def test_what_was_put_past_pytorch_on_purpose_is_left_alone(lint: Lint) -> None:
    model = Holder(None)
    model.__dict__["teacher"] = linear()
    assert lint(model) == []


def test_a_list_that_holds_itself_ends(lint: Lint) -> None:
    held: list[Any] = [linear()]
    held.append(held)
    assert rules(lint(Holder(held))) == {"hidden-module"}


class TestKeys:
    def test_those_that_a_module_dict_refuses_are_replaced(self, lint: Lint) -> None:
        held = {"conv.1": linear(), "type": linear(), "": linear(), 3: linear(), "fine": linear()}
        model = Holder(held)
        findings = lint(model)
        keys = only(findings, "module-dict-key")
        assert keys.severity == "warning"
        assert "'conv.1'" in keys.message
        assert "'fine'" not in keys.message
        repaired = mended(model, only(findings, "hidden-module"))
        assert list(repaired.held) == ["conv_1", "type_", "_", "3", "fine"]
        assert lint(repaired) == []

    def test_two_that_become_the_same_are_kept_apart(self, lint: Lint) -> None:
        model = Holder({"a.b": linear(), "a_b": linear()})
        repaired = mended(model, only(lint(model), "hidden-module"))
        assert list(repaired.held) == ["a_b", "a_b_"]

    def test_good_ones_are_not_mentioned(self, lint: Lint) -> None:
        assert of_rule(lint(Holder({"conv": linear()})), "module-dict-key") == []

    @pytest.mark.parametrize(
        "key", ["type", "keys", "items", "pop", "forward", "training", "a.b", ""]
    )
    def test_refused_are_exactly_those_that_torch_refuses(
        self, module: Callable[[str], ModuleType], key: str
    ) -> None:
        registration = module("linting.registration")
        with pytest.raises(KeyError):
            nn.ModuleDict({key: linear()})
        assert registration.refused_key(key)
        assert list(nn.ModuleDict({registration.accepted_key(key): linear()}))


class TestTensors:
    @pytest.mark.parametrize(
        ("held", "count"),
        [
            (lambda: [nn.Parameter(torch.zeros(3))], 3),
            (lambda: {"a": nn.Parameter(torch.zeros(3))}, 3),
            (lambda: [None, nn.Parameter(torch.zeros(3))], 3),
        ],
    )
    def test_parameters_in_plain_containers_are_an_error(
        self, lint: Lint, held: Callable[[], Any], count: int
    ) -> None:
        model = Holder(held())
        hidden = only(lint(model), "hidden-parameter")
        assert hidden.severity == "error"
        repaired = mended(model, hidden)
        assert sum(p.numel() for p in repaired.parameters()) == 6 + count
        assert of_rule(lint(repaired), "hidden-parameter") == []

    def test_one_that_a_hook_makes_from_parameters_is_fine(self, lint: Lint) -> None:
        assert lint(torch.nn.utils.spectral_norm(nn.Linear(2, 2)), (1, 2)) == []

    def test_a_plain_tensor_is_a_hint_until_it_is_a_buffer(self, lint: Lint) -> None:
        model = Holder(torch.ones(3))
        plain = only(lint(model), "plain-tensor")
        assert plain.severity == "hint"
        repaired = mended(model, plain)
        assert "held" in repaired.state_dict()
        assert lint(repaired) == []


class TestVariables:
    def test_a_list_that_is_no_part_of_the_model_is_an_error(self, lint: Lint) -> None:
        layers = [linear(), linear()]
        hidden = only(lint(nn.ReLU(), hidden=[("layers", layers)]), "hidden-module")
        assert (hidden.severity, hidden.path) == ("error", "layers")
        assert hidden.mend == "layers = nn.ModuleList(layers)"
        names: dict[str, Any] = {"nn": nn, "layers": layers}
        exec(hidden.mend, names)
        assert len(list(names["layers"].parameters())) == 4

    def test_one_whose_members_are_in_the_model_is_not(self, lint: Lint) -> None:
        layers = [nn.Linear(2, 3), nn.ReLU()]
        assert lint(nn.Sequential(*layers), hidden=[("layers", layers)]) == []

    def test_a_module_by_itself_or_another_value_is_not(self, lint: Lint) -> None:
        variables = [("spare", linear()), ("width", 3), ("sizes", [1, 2])]
        assert lint(nn.ReLU(), hidden=variables) == []
