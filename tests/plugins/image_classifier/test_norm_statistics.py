"""Norms get the statistics of the photos that were learned from, whatever was before."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(scope="session")
def rooms(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.norm_statistics")


@pytest.fixture
def batches() -> list[Tensor]:
    draws = torch.Generator().manual_seed(0)
    return [3 + 2 * torch.randn(8, 3, 8, 8, generator=draws) for _ in range(4)]


@pytest.fixture
def norm() -> nn.BatchNorm2d:
    """A norm whose statistics are those of something else."""
    norm = nn.BatchNorm2d(3, momentum=0.01)
    norm(100 + torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(1)))
    return norm.eval()


def test_they_are_the_average_over_the_batches(
    rooms: Any, norm: nn.BatchNorm2d, batches: list[Tensor]
) -> None:
    for _ in rooms.set_statistics(nn.Sequential(norm), batches):
        pass

    means = torch.stack([batch.mean(dim=(0, 2, 3)) for batch in batches]).mean(dim=0)
    variances = torch.stack([batch.var(dim=(0, 2, 3)) for batch in batches]).mean(dim=0)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    torch.testing.assert_close(norm.running_mean, means)
    torch.testing.assert_close(norm.running_var, variances)


def test_the_network_is_left_as_it_was_otherwise(
    rooms: Any, norm: nn.BatchNorm2d, batches: list[Tensor]
) -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1), norm, nn.Dropout(0.5)).train()
    weights = {name: value.clone() for name, value in network.named_parameters()}
    random = torch.get_rng_state()

    for _ in rooms.set_statistics(network, batches):
        pass

    assert norm.momentum == 0.01
    assert not any(module.training for module in network.modules())
    assert all(torch.equal(weights[name], value) for name, value in network.named_parameters())
    assert torch.equal(torch.get_rng_state(), random)


def test_it_can_be_left_after_each_batch(
    rooms: Any, norm: nn.BatchNorm2d, batches: list[Tensor]
) -> None:
    steps = rooms.set_statistics(nn.Sequential(norm), batches)

    assert len(list(steps)) == 4


def test_photos_learned_by_heart_are_named_rightly_in_eval_mode(
    rooms: Any, module: Callable[[str], ModuleType], untrained: Callable[[str], nn.Module]
) -> None:
    network = untrained("efficientnet_lite0")
    module("transfer.heads").replace_head(network, 2, "linear")
    photos = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(16) % 2
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    network.train().get_submodule("dropout").eval()
    for _ in range(8):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(photos), labels).backward()
        optimizer.step()
    with torch.no_grad():
        before = network.eval()(photos).argmax(dim=1)

    for _ in rooms.set_statistics(network, [photos]):
        pass

    with torch.no_grad():
        after = network(photos).argmax(dim=1)
    assert (before == labels).float().mean() < 0.7
    assert torch.equal(after, labels)
