"""Out of memory: what is idle goes, the call is tried once more, then it is said clearly."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from demo_app import Context, Host, ModelSpec, action
from demo_app.engine import LocalEngine, is_out_of_memory
from demo_app.errors import ActionFailed, OutOfMemory

HostOf = Callable[..., Host]
WORDS = r"not enough memory for this call\. Try a smaller input, or again later\."


def models() -> list[ModelSpec]:
    return [ModelSpec(name="small"), ModelSpec(name="large")]


def build(name: str) -> torch.nn.Module:
    return torch.nn.Linear(2, 2)


class Device:
    """Memory that lacks room for the first ``refusals`` attempts."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.attempts = 0
        self.loaded: list[list[str]] = []

    def allocate(self, host: Host) -> None:
        assert isinstance(host.engine, LocalEngine)
        self.loaded.append(sorted(name for _, name in host.engine.models._loaded))
        self.attempts += 1
        if self.attempts <= self.refusals:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


@action
def load(ctx: Context, *, name: str) -> str:
    ctx.model(name)
    return name


def host_on(device: Device, host_of: HostOf) -> Host:
    """A host whose actions ``compute`` and ``stream`` need room on the device."""

    @action(seed=True)
    def compute(ctx: Context) -> list[float]:
        ctx.model("large")
        draws = torch.rand(2, generator=ctx.rng).tolist()
        device.allocate(host)
        return draws

    @action
    def stream(ctx: Context, *, first: int = 0) -> Iterator[int]:
        yield from range(first)
        device.allocate(host)
        yield first

    @action
    def hold(ctx: Context) -> Iterator[None]:
        ctx.model("small")
        while True:
            yield

    host = host_of(compute, stream, hold, load, demo_models=models, demo_build_model=build)
    return host


def test_idle_models_are_dropped_and_the_call_is_tried_once_more(host_of: HostOf) -> None:
    device = Device(refusals=1)
    host = host_on(device, host_of)
    host["made"].call("load", name="small")
    host["made"].call("compute")
    assert device.loaded == [["large", "small"], ["large"]]


def test_the_second_try_draws_the_same_numbers(host_of: HostOf) -> None:
    tried_twice = host_on(Device(refusals=1), host_of)["made"].call("compute", seed=7)
    assert tried_twice == host_on(Device(refusals=0), host_of)["made"].call("compute", seed=7)


def test_a_second_refusal_is_a_clear_error(host_of: HostOf) -> None:
    device = Device(refusals=2)
    with pytest.raises(OutOfMemory, match=WORDS):
        host_on(device, host_of)["made"].call("compute")
    assert device.attempts == 2


def test_a_model_in_use_by_another_call_stays(host_of: HostOf) -> None:
    device = Device(refusals=1)
    host = host_on(device, host_of)
    with host["made"].stream("hold") as held:
        next(held)
        host["made"].call("compute")
    assert device.loaded == [["large", "small"], ["large", "small"]]


def test_a_stream_is_tried_again_before_its_first_value(host_of: HostOf) -> None:
    device = Device(refusals=1)
    assert list(host_on(device, host_of)["made"].stream("stream")) == [0]
    assert device.attempts == 2


def test_a_stream_that_gave_a_value_is_not_tried_again(host_of: HostOf) -> None:
    device = Device(refusals=1)
    values = host_on(device, host_of)["made"].stream("stream", first=1)
    assert next(values) == 0
    with pytest.raises(OutOfMemory, match=WORDS):
        next(values)
    assert device.attempts == 1


def test_the_failed_attempt_keeps_nothing_alive_during_the_second(host_of: HostOf) -> None:
    tensors: list[Any] = []
    alive = []

    @action
    def compute(ctx: Context) -> None:
        alive.append([reference() is not None for reference in tensors])
        tensor = torch.zeros(3)
        tensors.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(OutOfMemory):
        host_of(compute)["made"].call("compute")
    assert alive == [[], [False]]


def test_an_engine_out_of_memory_goes_on_to_serve(host_of: HostOf) -> None:
    demo = host_on(Device(refusals=2), host_of)["made"]
    with pytest.raises(OutOfMemory):
        demo.call("compute")
    assert len(demo.call("compute")) == 2


@pytest.mark.parametrize(
    ("error", "is_lack"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_told_from_other_errors(error: Exception, is_lack: bool) -> None:
    assert is_out_of_memory(error) is is_lack


def test_another_error_is_not_tried_again(host_of: HostOf) -> None:
    attempts = []

    @action
    def compute(ctx: Context) -> None:
        attempts.append(1)
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(ActionFailed):
        host_of(compute)["made"].call("compute")
    assert attempts == [1]
