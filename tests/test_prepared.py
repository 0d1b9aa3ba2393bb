"""What is computed once for a model is computed once, and goes with the model."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import torch
from torch import Tensor, nn

from demo_app.prepared import once_for_each_model


def test_it_is_computed_once_for_each_model() -> None:
    asked = []

    @once_for_each_model
    def doubled(model: nn.Linear) -> Tensor:
        asked.append(model)
        return model.weight * 2

    one, other = nn.Linear(1, 1), nn.Linear(1, 1)

    assert doubled(one) is doubled(one)
    assert doubled(other) is not doubled(one)
    assert asked == [one, other]


def test_it_goes_with_its_model() -> None:
    @once_for_each_model
    def doubled(model: nn.Linear) -> Tensor:
        return model.weight * 2

    model = nn.Linear(1, 1)
    kept = weakref.ref(doubled(model))
    del model
    gc.collect()

    assert kept() is None


def test_threads_that_ask_at_once_all_get_the_same() -> None:
    together = Barrier(4)

    @once_for_each_model
    def doubled(model: nn.Linear) -> Tensor:
        together.wait(timeout=30)
        return model.weight * 2

    model = nn.Linear(1, 1)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(doubled, [model] * 4))

    assert len({id(tensor) for tensor in found}) == 1


def test_it_is_an_ordinary_tensor_whoever_asks_first() -> None:
    @once_for_each_model
    def doubled(model: nn.Linear) -> Tensor:
        return model.weight * 2

    model = nn.Linear(1, 1)
    with torch.inference_mode():
        doubled(model)

    assert not doubled(model).is_inference()
    assert not doubled(model).requires_grad
