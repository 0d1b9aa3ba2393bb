"""Learning rates, noise and optimisers are as the recipe says."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

NETWORKS = ("transformer", "lstm")


def test_the_learning_rate_rises_stays_and_falls(module: Callable[[str], ModuleType]) -> None:
    rooms = module("recipes")
    recipe = rooms.Recipe(regularisation={}, steps=1000, warmup=100, constant=0.4)

    factors = [rooms.learning_rate_factor(step, recipe) for step in range(1000)]

    assert factors[0] == factors[1] == 0.02
    assert factors[49] == 0.5
    assert factors[:100] == sorted(factors[:100])
    assert set(factors[99:401]) == {1.0}
    assert factors[400:] == sorted(factors[400:], reverse=True)
    assert factors[700] == pytest.approx(0.5)
    assert factors[-1] == 0.02


def test_noise_stays_and_is_eased_towards_the_end(module: Callable[[str], ModuleType]) -> None:
    rooms = module("recipes")
    recipe = rooms.Recipe(regularisation={}, steps=1000, eased_from=0.6, eased_to=0.2)

    factors = [rooms.noise_factor(step, recipe) for step in range(1001)]

    assert set(factors[:601]) == {1.0}
    assert factors[600:] == sorted(factors[600:], reverse=True)
    assert factors[800] == pytest.approx(0.6)
    assert factors[1000] == pytest.approx(0.2)


def test_noise_that_is_not_eased_stays_to_the_end(module: Callable[[str], ModuleType]) -> None:
    rooms = module("recipes")

    factors = {
        rooms.noise_factor(step, rooms.Recipe(regularisation={}, steps=9)) for step in range(10)
    }

    assert factors == {1.0}


@pytest.mark.parametrize("model", NETWORKS)
def test_every_parameter_has_one_optimiser(
    module: Callable[[str], ModuleType],
    make_network: Callable[..., Any],
    model: str,
) -> None:
    rooms, network = module("recipes"), make_network(model)

    optimizers = list(rooms.optimizers(network, rooms.RECIPES[model]))

    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    taken = [id(p) for group in groups for p in group["params"]]
    assert sorted(taken) == sorted(id(p) for p in network.parameters())
    assert len(optimizers) == (2 if model == "transformer" else 1)


def test_norms_and_biases_do_not_decay(
    module: Callable[[str], ModuleType], transformer: Any
) -> None:
    rooms = module("recipes")
    *_, adam = rooms.optimizers(transformer, rooms.RECIPES["transformer"])

    decays = {id(p): group["weight_decay"] for group in adam.param_groups for p in group["params"]}
    for name, parameter in transformer.named_parameters():
        if parameter.ndim == 1:
            assert decays[id(parameter)] == 0, name
