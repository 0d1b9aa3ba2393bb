"""Accuracy, the confusion matrix and its rows, by hand."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch


@pytest.fixture(scope="session")
def confusion(module: Callable[[str], ModuleType]) -> Any:
    return module("lessons.confusion")


LABELS = torch.tensor([0, 0, 0, 1, 1])
DECIDED = torch.tensor([0, 0, 1, 1, 1])


def test_rows_are_the_right_classes_and_columns_the_decisions(confusion: Any) -> None:
    matrix = confusion.confusion_matrix(LABELS, DECIDED, 3)

    assert matrix.tolist() == [[2, 1, 0], [0, 2, 0], [0, 0, 0]]


def test_accuracies_follow_from_the_matrix(confusion: Any) -> None:
    matrix = confusion.confusion_matrix(LABELS, DECIDED, 3)

    assert confusion.accuracy(matrix) == pytest.approx(0.8)
    assert confusion.class_accuracies(matrix) == [pytest.approx(2 / 3), 1.0, None]


def test_a_binary_head_decides_at_a_probability_of_one_half(confusion: Any, heads: Any) -> None:
    logits = torch.tensor([[-0.01], [0.0], [0.01]])

    assert confusion.decide(logits, heads.Head(kind="binary")).tolist() == [0, 0, 1]


def test_a_linear_head_decides_for_the_largest_logit(confusion: Any, heads: Any) -> None:
    logits = torch.tensor([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0]])

    assert confusion.decide(logits, heads.Head()).tolist() == [1, 0]


def test_the_interval_is_wilsons(confusion: Any) -> None:
    low, high = confusion.wilson_interval(0.9, 100)

    assert low == pytest.approx(0.8256, abs=1e-4)
    assert high == pytest.approx(0.9448, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_interval_stays_within_bounds(confusion: Any, share: float) -> None:
    low, high = confusion.wilson_interval(share, 5)

    assert 0 <= low <= share <= high <= 1
    assert high - low > 0.2
