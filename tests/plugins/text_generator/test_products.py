"""A product with one vector is a linear layer, whichever way the matrix is kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear

SHAPES = [(1, 1), (3, 5), (65, 256), (776, 256), (2432, 608)]


@pytest.fixture(scope="session")
def products(module: Callable[[str], ModuleType]) -> Any:
    return module("products")


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def half(weight: Tensor) -> Tensor:
    """The nearest numbers that half precision has."""
    return weight.half().float()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("stored", [half, lambda weight: weight], ids=["half", "single"])
@pytest.mark.parametrize("biased", [True, False], ids=["bias", "no bias"])
def test_it_is_a_linear_layer(
    products: Any, shape: tuple[int, int], stored: Callable[[Tensor], Tensor], biased: bool
) -> None:
    weight, x = stored(drawn(*shape)), drawn(1, shape[1], seed=1)
    bias = drawn(shape[0], seed=2) if biased else None
    exact = linear(x.double(), weight.double(), None if bias is None else bias.double())

    result = products.product(weight, bias)(x)

    assert result.shape == (1, shape[0])
    assert (result - exact).abs().max() < 1e-6 * shape[1]


def test_the_input_is_not_rounded_to_half_precision(products: Any) -> None:
    weight = torch.ones(4, 4)
    x = torch.full((1, 4), 1 + 2**-20)

    assert (products.product(weight)(x) == 4 + 2**-18).all()


def test_weights_that_half_precision_would_change_are_kept_as_they_are(products: Any) -> None:
    for odd in (1 + 2**-20, 1e30, 1e-30):
        weight = torch.full((8, 8), odd)

        torch.testing.assert_close(products.product(weight)(torch.eye(8)[:1])[0], weight[:, 0])


def test_without_the_operation_for_half_precision_the_results_agree(
    products: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight, x = half(drawn(65, 256)), drawn(1, 256, seed=1)
    expected = products.product(weight)(x)

    class Missing:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name)

    monkeypatch.setattr(torch, "ops", Missing())

    torch.testing.assert_close(products.product(weight)(x), expected, rtol=0, atol=1e-4)


def test_many_threads_may_use_one_product(products: Any) -> None:
    multiply = products.product(half(drawn(776, 256)))
    inputs = [drawn(1, 256, seed=seed) for seed in range(40)]
    alone = [multiply(x) for x in inputs]

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(multiply, inputs * 5))

    assert all(one.equal(other) for one, other in zip(together, alone * 5, strict=True))


def test_a_product_leaves_no_graph_behind(products: Any) -> None:
    for weight in (drawn(3, 3), half(drawn(3, 3))):
        weight.requires_grad_(True)

        assert not products.product(weight)(torch.ones(1, 3)).requires_grad
