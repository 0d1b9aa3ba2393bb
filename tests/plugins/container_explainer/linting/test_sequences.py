"""Recurrent layers in a Sequential."""

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor, nn

from tests.plugins.container_explainer.linting.mends import mended, of_rule, only, rules

Lint = Callable[..., list[Any]]


class TakesTuple(nn.Module):
    """A layer that knows what a recurrent layer returns."""

    def forward(self, given: tuple[Tensor, Any]) -> Tensor:
        return given[0]


@pytest.mark.parametrize("recurrent", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_tuple_that_is_handed_on_is_an_error_until_its_first_part_is(
    lint: Lint, recurrent: Any
) -> None:
    model = nn.Sequential(recurrent(6, 4, batch_first=True), nn.Linear(4, 2))
    findings = lint(model, (2, 5, 6))
    found = only(findings, "tuple-in-sequential")
    assert (found.severity, found.path) == ("error", "0")
    assert "the Linear after it takes one tensor" in found.message
    assert rules(findings) == {"tuple-in-sequential"}
    repaired = mended(model, found)
    # The copy that is run has the hook too: a pass shows that the mend works.
    assert of_rule(lint(repaired, (2, 5, 6)), "forward-fails") == []


def test_it_is_seen_without_inputs(lint: Lint) -> None:
    model = nn.Sequential(nn.LSTM(6, 4), nn.Linear(4, 2))
    assert only(lint(model), "tuple-in-sequential").path == "0"


def test_it_is_seen_from_one_sequential_into_the_next(lint: Lint) -> None:
    model = nn.Sequential(nn.Sequential(nn.LSTM(6, 4)), nn.Sequential(nn.Linear(4, 2)))
    assert only(lint(model), "tuple-in-sequential").path == "0"


def test_at_the_end_the_tuple_is_the_result(lint: Lint) -> None:
    assert lint(nn.Sequential(nn.Linear(3, 6), nn.LSTM(6, 4, batch_first=True)), (2, 5, 3)) == []


def test_a_layer_of_the_visitors_own_may_take_it(lint: Lint) -> None:
    model = nn.Sequential(nn.LSTM(6, 4, batch_first=True), TakesTuple(), nn.ReLU())
    assert lint(model, (2, 5, 6)) == []


def test_a_list_is_no_sequence(lint: Lint) -> None:
    assert lint(nn.ModuleList([nn.LSTM(6, 4), nn.Linear(4, 2)])) == []
