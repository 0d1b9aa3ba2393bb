"""What is said where torch refuses to make a container: every error is torch's own."""

from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from torch import nn

Explain = Callable[..., Any]


@pytest.fixture
def explain(linting: ModuleType) -> Explain:
    def explain(make: Callable[[], Any], container: str = "Sequential") -> Any:
        with pytest.raises((TypeError, KeyError)) as refused:
            make()
        return linting.explain_refusal(refused.value, container)

    return explain


def relu() -> nn.Module:
    return nn.ReLU()


@pytest.mark.parametrize(
    "layers",
    [[relu()], (relu(),), (relu() for _ in range(2)), {"act": relu()}, {"act": relu()}.values()],
)
def test_a_sequential_of_a_collection_is_unpacked(explain: Explain, layers: Any) -> None:
    finding = explain(lambda: nn.Sequential(layers))
    assert (finding.rule, finding.severity) == ("sequential-of-list", "error")
    names = {"nn": nn, "OrderedDict": OrderedDict, "layers": layers}
    assert isinstance(eval(finding.mend, names), nn.Sequential)


def test_it_is_said_what_was_given(explain: Explain) -> None:
    assert explain(lambda: nn.Sequential([relu()])).message == (
        "nn.Sequential was given a list in place of layers."
    )


def test_a_class_in_place_of_a_layer_is_called(explain: Explain) -> None:
    finding = explain(lambda: nn.Sequential(nn.ReLU))  # type: ignore[arg-type]
    assert (finding.rule, finding.mend) == ("class-for-layer", "nn.ReLU()")


def test_any_other_value_is_no_module(explain: Explain) -> None:
    finding = explain(lambda: nn.ModuleList([3]), "ModuleList")  # type: ignore[list-item]
    assert (finding.rule, finding.message) == (
        "no-module",
        "The ModuleList was given a value of type int, which is no module.",
    )


@pytest.mark.parametrize(
    "make",
    [lambda: nn.ModuleList(relu()), lambda: nn.ModuleList(relu(), relu())],  # type: ignore
)
def test_a_module_list_takes_one_list(explain: Explain, make: Callable[[], Any]) -> None:
    finding = explain(make, "ModuleList")
    assert finding.rule == "module-list-arguments"
    names = {"nn": nn, "first": relu(), "second": relu()}
    assert len(eval(finding.mend, names)) == 2


@pytest.mark.parametrize(
    "make",
    [lambda: nn.ModuleDict([relu()]), lambda: nn.ModuleDict(act=relu())],  # type: ignore
)
def test_a_module_dict_takes_one_dictionary(explain: Explain, make: Callable[[], Any]) -> None:
    finding = explain(make, "ModuleDict")
    assert finding.rule == "module-dict-arguments"
    names = {"nn": nn, "first": relu(), "second": relu()}
    assert list(eval(finding.mend, names)) == ["first", "second"]


@pytest.mark.parametrize(
    ("key", "mend"), [("type", '"type_": layer'), ("a.b", '"a_b": layer'), ("", '"_": layer')]
)
def test_a_refused_key_is_changed_as_little_as_can_be(
    explain: Explain, key: str, mend: str
) -> None:
    finding = explain(lambda: nn.ModuleDict({key: relu()}), "ModuleDict")
    assert (finding.rule, finding.mend) == ("module-dict-key", mend)
    eval(f"nn.ModuleDict({{{finding.mend}}})", {"nn": nn, "layer": relu()})


def test_a_key_is_a_text(explain: Explain) -> None:
    finding = explain(lambda: nn.ModuleDict({1: relu()}), "ModuleDict")  # type: ignore[dict-item]
    assert finding.rule == "module-dict-key"
    names = {"nn": nn, "layers": {1: relu()}}
    assert list(eval(finding.mend, names)) == ["1"]


def test_another_error_is_left_to_others(linting: ModuleType) -> None:
    assert linting.explain_refusal(TypeError("unsupported operand")) is None
    assert linting.explain_refusal(KeyError("3")) is None
    assert linting.explain_refusal(ValueError("list is not a Module subclass")) is None
