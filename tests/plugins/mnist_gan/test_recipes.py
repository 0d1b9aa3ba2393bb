"""How the learning rate falls, and how a network is kept out of a step."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from demo_app.training import autocast


@pytest.fixture(scope="session")
def recipes(module: Callable[[str], ModuleType]) -> Any:
    return module("recipes")


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 1), (250, 1), (500, 1), (750, 0.5), (900, 0.2), (990, 0.02), (999, 0.02)],
)
def test_learning_rates_are_constant_then_fall_to_2_percent(
    recipes: Any, step: int, factor: float
) -> None:
    recipe = replace(recipes.GAN, steps=1000, constant=0.5)

    assert recipe.rate_factor(step) == pytest.approx(factor)


def test_learning_rates_never_rise(recipes: Any) -> None:
    factors = [recipes.GAN.rate_factor(step) for step in range(0, recipes.GAN.steps, 100)]

    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1


def test_a_frozen_network_gets_no_gradient_but_hands_it_on(recipes: Any) -> None:
    network = nn.Linear(3, 1)
    x = torch.ones(2, 3, requires_grad=True)

    with recipes.frozen(network):
        network(x).sum().backward()

    assert network.weight.grad is None
    assert x.grad is not None
    assert x.grad.equal(network.weight.detach().expand(2, 3))


def test_a_network_thaws_even_after_an_error(recipes: Any) -> None:
    network = nn.Linear(3, 1)

    with pytest.raises(RuntimeError, match="shapes"), recipes.frozen(network):
        network(torch.ones(2, 4))

    assert network.weight.requires_grad


def test_products_are_near_those_without_autocast() -> None:
    draws = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 16, 16, generator=draws)

    with autocast():
        product = one @ other

    torch.testing.assert_close(product.float(), one @ other, atol=0.2, rtol=0.02)
