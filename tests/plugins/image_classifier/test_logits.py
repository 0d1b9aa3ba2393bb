"""Probabilities and losses of every kind of head."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


@pytest.fixture
def room(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.logits")


@pytest.fixture
def binary(heads: Any) -> Any:
    return heads.Head(kind="binary")


@pytest.fixture
def linear(heads: Any) -> Any:
    return heads.Head(kind="linear")


def test_probabilities_of_classes_are_a_softmax(room: Any, linear: Any) -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0]])

    torch.testing.assert_close(room.predict(logits, linear), logits.softmax(1))


def test_a_binary_logit_speaks_for_the_second_class(room: Any, binary: Any) -> None:
    probabilities = room.predict(torch.tensor([[3.0], [-3.0], [0.0]]), binary)

    assert probabilities.argmax(1).tolist()[:2] == [1, 0]
    assert probabilities[2].tolist() == [0.5, 0.5]
    torch.testing.assert_close(probabilities.sum(1), torch.ones(3))


def test_a_binary_probability_is_never_rounded_to_nothing(room: Any, binary: Any) -> None:
    probabilities = room.predict(torch.tensor([[30.0], [-30.0]]), binary)

    assert probabilities[0, 0] == probabilities[1, 1]
    assert probabilities[0, 0].item() == pytest.approx(9.357623e-14, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_binary_loss_is_the_cross_entropy_of_two_classes(
    room: Any, binary: Any, smoothing: float
) -> None:
    logits, labels = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([1, 1, 0])

    loss = room.classification_loss(logits, labels, binary, label_smoothing=smoothing)

    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(loss, cross_entropy(both, labels, label_smoothing=smoothing))


@pytest.mark.parametrize("logit", [20.0, 1000.0])
def test_a_binary_loss_grows_with_the_logit_and_so_does_not_lose_its_gradient(
    room: Any, binary: Any, logit: float
) -> None:
    logits = torch.tensor([[logit]], requires_grad=True)

    loss = room.classification_loss(logits, torch.tensor([0]), binary)
    loss.backward()

    assert loss.item() == pytest.approx(logit)
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(1.0)


def test_auxiliary_logits_count_a_third_at_most(room: Any, linear: Any) -> None:
    logits = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3])
    main, first, second = (cross_entropy(each, labels) for each in logits)

    loss = room.classification_loss(tuple(logits), labels, linear)

    torch.testing.assert_close(loss, main + 0.3 * (first + second))


@pytest.mark.parametrize(("name", "side"), [("googlenet", 64), ("inception_v3", 299)])
def test_a_network_with_auxiliary_heads_can_be_trained(
    room: Any, heads: Any, untrained: Callable[[str], Any], binary: Any, name: str, side: int
) -> None:
    model = heads.replace_head(untrained(name), 2, "binary").train()
    photos = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))

    outputs: tuple[Tensor, ...] = model(photos)
    room.classification_loss(outputs, torch.tensor([0, 1]), binary).backward()

    for place in heads.find_head(model).names:
        assert model.get_submodule(place).weight.grad.abs().sum() > 0
