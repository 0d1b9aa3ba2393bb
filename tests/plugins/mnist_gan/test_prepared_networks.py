"""The forms in which a processor computes the networks: the same numbers as the loaded ones."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import Host, checkpoints
from demo_app.testing import context

COUNT = 70
"""More than two of the chunks that are computed at once."""
CLOSE = {"rtol": 0, "atol": 1e-4}


@pytest.fixture(scope="module")
def room(host: Host) -> Callable[[str], ModuleType]:
    name = host["mnist_gan"].module.__name__
    return lambda room: importlib.import_module(f"{name}.{room}")


@pytest.fixture(scope="module")
def prepared(room: Callable[[str], ModuleType]) -> ModuleType:
    return room("prepared_networks")


@pytest.fixture
def loaded(host: Host) -> nn.Module:
    """The networks with the weights that ship, unknown to anything that was prepared before."""
    plugin = host.plugin("mnist_gan")
    networks = host.build_model(plugin, "gan")
    checkpoints.load(host.checkpoint_path(plugin, plugin.model("gan")), networks)
    return networks.eval().requires_grad_(False)


@pytest.fixture
def random_weights(room: Callable[[str], ModuleType]) -> nn.Module:
    """Small networks whose every number is drawn, those of the normalisations included."""
    models = room("models")
    networks = nn.ModuleDict(
        {
            "generator": models.Generator(channels=8),
            "discriminator": models.Discriminator(channels=4),
            "judge": models.Judge(width=4, features=8),
        }
    )
    draws = torch.Generator().manual_seed(0)
    for name, tensor in networks.state_dict().items():
        if tensor.is_floating_point():
            tensor.uniform_(*(0.5, 2.0) if "var" in name else (-0.3, 0.3), generator=draws)
    return networks.eval().requires_grad_(False)


@pytest.fixture(params=["loaded", "random_weights"])
def networks(request: pytest.FixtureRequest) -> Any:
    return dict(request.getfixturevalue(request.param).named_children())


def latents_of(count: int) -> Tensor:
    return torch.randn(count, 64, generator=torch.Generator().manual_seed(1))


def digits_of(count: int) -> Tensor:
    return torch.arange(count) % 10


def test_the_prepared_generator_draws_the_same_digits(prepared: Any, networks: Any) -> None:
    drawn = prepared.prepared_generator(networks["generator"])(latents_of(COUNT), digits_of(COUNT))

    torch.testing.assert_close(
        drawn, networks["generator"](latents_of(COUNT), digits_of(COUNT)), **CLOSE
    )


def test_it_draws_the_same_between_two_digits(prepared: Any, networks: Any) -> None:
    shares = torch.rand(COUNT, 10, generator=torch.Generator().manual_seed(2))
    shares = shares / shares.sum(1, keepdim=True)
    drawn = prepared.prepared_generator(networks["generator"])(latents_of(COUNT), shares)

    torch.testing.assert_close(drawn, networks["generator"](latents_of(COUNT), shares), **CLOSE)


def test_a_digit_is_the_same_alone_and_among_many(prepared: Any, networks: Any) -> None:
    generator = prepared.prepared_generator(networks["generator"])
    latents, digits = latents_of(COUNT), digits_of(COUNT)

    alone = torch.cat([generator(latents[i : i + 1], digits[i : i + 1]) for i in range(COUNT)])

    torch.testing.assert_close(alone, generator(latents, digits), **CLOSE)


def test_the_gradient_reaches_the_latents_as_through_the_module(
    prepared: Any, networks: Any
) -> None:
    goal = torch.rand(COUNT, 1, 28, 28, generator=torch.Generator().manual_seed(3))

    def gradient(network: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        latents = latents_of(COUNT).requires_grad_()
        error = (network(latents, digits_of(COUNT)) - goal).square().sum()
        return torch.autograd.grad(error, latents)[0]

    found = gradient(prepared.prepared_generator(networks["generator"]))

    assert found.abs().max() > 0.01
    torch.testing.assert_close(found, gradient(networks["generator"]), rtol=1e-3, atol=1e-3)


def test_the_prepared_judge_sees_the_same(prepared: Any, networks: Any) -> None:
    images = networks["generator"](latents_of(COUNT), digits_of(COUNT))

    torch.testing.assert_close(
        prepared.prepared_judge(networks["judge"])(images), networks["judge"](images), **CLOSE
    )


def test_preparing_leaves_the_loaded_networks_as_they_were(prepared: Any, networks: Any) -> None:
    parts = networks["generator"], networks["judge"]
    before = [{k: v.clone() for k, v in part.state_dict().items()} for part in parts]

    prepared.prepared_generator(networks["generator"])
    prepared.prepared_judge(networks["judge"])

    for known, part in zip(before, parts, strict=True):
        torch.testing.assert_close(dict(part.state_dict()), known, rtol=0, atol=0)


def test_actions_compute_with_them_on_a_processor(
    room: Callable[[str], ModuleType], prepared: Any, random_weights: nn.Module
) -> None:
    found = room("networks").Networks.of(context(models={"gan": random_weights}))
    generator = random_weights.get_submodule("generator")

    assert found.judge is prepared.prepared_judge(random_weights.get_submodule("judge"))
    torch.testing.assert_close(
        found.generate(latents_of(COUNT), digits_of(COUNT)),
        prepared.prepared_generator(generator)(latents_of(COUNT), digits_of(COUNT)),
        rtol=0,
        atol=0,
    )
