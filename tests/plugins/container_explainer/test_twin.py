"""A second tree of modules: it shares what the first shares, and leaves it as it was."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

from demo_app import InvalidInput
from tests.plugins.container_explainer.architectures import Buffers, Tied, Twice

Twin = Callable[..., nn.Module]


@pytest.fixture(scope="module")
def twin(module: Callable[[str], ModuleType]) -> Twin:
    made: Twin = module("altering.twin").twin
    return made


@pytest.fixture(scope="module")
def on_meta(module: Callable[[str], ModuleType]) -> Callable[[Tensor], Tensor]:
    made: Callable[[Tensor], Tensor] = module("altering.twin").on_meta
    return made


class Holder(nn.Module):
    """Things that are neither modules nor registered tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(2, 2)
        self.again = [self.one, nn.Linear(2, 2)]
        self.table = {"one": self.one, "scale": torch.ones(3)}
        self.lock = threading.Lock()
        self.call = self.one.forward
        self.seen: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(len(x))
        result: Tensor = self.call(x) * self.table["scale"].sum()
        return result


def test_it_has_other_modules_and_the_same_tensors(twin: Twin) -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    made = twin(net)
    assert str(made) == str(net)
    assert not set(made.modules()) & set(net.modules())
    assert [id(t) for t in made.parameters()] == [id(t) for t in net.parameters()]


@pytest.mark.parametrize("architecture", [Tied, Twice])
def test_what_is_shared_stays_shared(
    twin: Twin, on_meta: Any, architecture: Callable[[], nn.Module]
) -> None:
    net = architecture()
    made = twin(net, on_meta)
    assert len(list(made.parameters())) == len(list(net.parameters()))
    assert len(list(made.modules())) == len(list(net.modules()))
    assert all(parameter.is_meta for parameter in made.parameters())


def test_parameters_and_buffers_keep_shape_dtype_and_whether_they_are_trained(
    twin: Twin, on_meta: Any
) -> None:
    net = Buffers().requires_grad_(False)
    made = twin(net, on_meta)
    assert isinstance(made.scale, nn.Parameter)
    assert not made.scale.requires_grad
    assert made.mean.dtype is torch.float64
    assert made.mask.is_meta
    assert list(made.state_dict()) == list(net.state_dict())


def test_lists_dictionaries_and_methods_lead_into_the_twin(twin: Twin, on_meta: Any) -> None:
    net = Holder()
    made: Any = twin(net, on_meta)
    assert made.again[0] is made.table["one"] is made.one is not net.one
    assert made.again[1].weight.is_meta
    assert made.table["scale"].is_meta
    assert made.lock is net.lock
    assert made(torch.ones(4, 2, device="meta")).shape == (4, 2)
    assert (made.seen, net.seen) == ([4], [])


def test_hooks_of_one_are_not_hooks_of_the_other(twin: Twin) -> None:
    net = nn.Linear(2, 2)
    calls: list[str] = []
    net.register_forward_hook(lambda *_: calls.append("given"))
    made = twin(net)
    made.register_forward_hook(lambda *_: calls.append("new"))
    net(torch.ones(1, 2))
    assert calls == ["given"]


@pytest.mark.parametrize("normed", [parametrizations.weight_norm, parametrizations.spectral_norm])
def test_parametrised_weights_are_computed_from_the_twin_s_own(
    twin: Twin, on_meta: Any, normed: Any
) -> None:
    net = normed(nn.Linear(3, 2))
    made = twin(net, on_meta).eval()
    assert parametrize.is_parametrized(made)
    assert made(torch.ones(1, 3, device="meta")).shape == (1, 2)
    assert not net.weight.is_meta


def test_a_lazy_layer_stays_lazy_when_its_twin_has_run(twin: Twin, on_meta: Any) -> None:
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
    made = twin(net, on_meta)
    assert made(torch.ones(2, 3, device="meta")).shape == (2, 4)
    assert isinstance(net[0], nn.LazyLinear)
    assert net(torch.ones(2, 5)).shape == (2, 4)


def test_torchscript_cannot_be_taken_apart(twin: Twin) -> None:
    class Scripted(torch.jit.ScriptModule):
        pass

    with pytest.raises(InvalidInput, match="compiled by TorchScript"):
        twin(nn.Sequential(Scripted()))
