"""One set of weights in several places."""

from collections.abc import Callable
from typing import Any

import torchvision
from torch import nn

from tests.plugins.container_explainer.architectures import Tied, Twice
from tests.plugins.container_explainer.linting.mends import mended, of_rule, only
from tests.plugins.container_explainer.rows import tokens

Lint = Callable[..., list[Any]]


def test_a_sequential_times_a_number_is_a_warning_until_it_is_copied(lint: Lint) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU()) * 3
    shared = only(lint(model, (2, 4)), "shared-weights")
    assert shared.severity == "warning"
    assert "3 layers with parameters and one set of weights: 0 = 2 = 4 (Linear), 20" in (
        shared.message
    )
    repaired = mended(model, shared)
    assert len(list(repaired.parameters())) == 6
    assert lint(repaired, (2, 4)) == []


def test_a_list_times_a_number_is_a_warning(lint: Lint) -> None:
    model = nn.Module()
    model.layers = nn.ModuleList([nn.Linear(4, 4)] * 2)
    shared = only(lint(model), "shared-weights")
    assert (shared.path, shared.severity) == ("layers", "warning")
    assert lint(mended(model, shared)) == []


def test_blocks_are_named_once_and_not_their_parts(lint: Lint) -> None:
    block = nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    (shared,) = lint(nn.ModuleList([block] * 2))
    assert shared.rule == "shared-weights"


def test_one_activation_in_several_places_is_fine(lint: Lint) -> None:
    act = nn.ReLU()
    assert lint(nn.Sequential(nn.Linear(2, 3), act, nn.Linear(3, 2), act), (1, 2)) == []


def test_one_module_by_two_names_is_a_hint(lint: Lint) -> None:
    model = Twice()
    shared = only(lint(model, (2, 4)), "shared-module")
    assert (shared.severity, shared.path) == ("hint", "first")
    assert of_rule(lint(mended(model, shared), (2, 4)), "shared-module") == []


def test_tied_tensors_are_a_hint(lint: Lint) -> None:
    model = Tied()
    tied = only(lint(model, tokens(2, 5)), "tied-tensors")
    assert (tied.severity, tied.path) == ("hint", "head")
    assert tied.message == "head.weight is the same tensor as embedding.weight."
    assert lint(mended(model, tied), tokens(2, 5)) == []


def test_a_model_with_many_equal_blocks_shares_none(lint: Lint) -> None:
    assert lint(torchvision.models.resnet18()) == []
