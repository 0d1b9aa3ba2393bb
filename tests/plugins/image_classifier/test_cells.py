"""The maps in front of a network's average, found in the numbers, whatever the network."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

AVERAGING = ["scratch_resnet18", "mobilenet_v2", "mnasnet0_5", "squeezenet1_1", "regnet_y_400mf"]
"""By a module, by the function, by ``mean``, with a convolution for a head, with attention."""
OTHERS = ["mobilenet_v3_small", "convnet"]
"""A hidden layer behind the average, and cells that are flattened."""


@pytest.fixture
def cells(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.cells")


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", AVERAGING)
def test_the_mean_of_the_maps_is_what_the_head_gets(
    cells: Any, untrained: Callable[[str], nn.Module], image: Tensor, name: str
) -> None:
    with torch.no_grad():
        pooled, maps = cells.feature_maps(untrained(name), image)

    assert maps.ndim == 4
    assert torch.allclose(maps.mean(dim=(2, 3)), pooled, atol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_there_are_no_maps_where_something_else_comes_between(
    cells: Any, untrained: Callable[[str], nn.Module], image: Tensor, name: str
) -> None:
    with torch.no_grad():
        pooled, maps = cells.feature_maps(untrained(name), image)

    assert maps is None
    assert pooled.ndim == 2


def test_whether_a_network_averages_is_tried_once(
    cells: Any, untrained: Callable[[str], nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = untrained("scratch_resnet18")
    first = cells.averages_cells(network, (3, 64, 64))
    monkeypatch.setattr(cells, "feature_maps", lambda *_: pytest.fail("it was tried again"))

    assert first is cells.averages_cells(network, (3, 64, 64)) is True


def test_threads_that_share_a_network_get_the_maps_of_their_own_picture(
    cells: Any, untrained: Callable[[str], nn.Module]
) -> None:
    network = untrained("scratch_resnet18").requires_grad_(False)
    draws = torch.Generator().manual_seed(0)
    images = [torch.randn(1, 3, 64, 64, generator=draws) for _ in range(8)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda image: cells.feature_maps(network, image)[1], images))

    for image, maps in zip(images, found, strict=True):
        assert torch.allclose(maps, cells.feature_maps(network, image)[1], atol=1e-5)
