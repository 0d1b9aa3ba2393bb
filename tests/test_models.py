"""Loaded models: on first use, once, frozen and shared; private copies; dropped only when idle."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from demo_app import Context, Host, ModelSpec, action
from demo_app.checkpoints import CheckpointMetadata, save
from demo_app.engine import LocalEngine
from demo_app.errors import ActionFailed, OutOfMemory, Unknown
from demo_app.testing import write_plugin
from tests.sources import LINEAR

HostOf = Callable[..., Host]


def specs(*names: str) -> Callable[[], list[ModelSpec]]:
    return lambda: [ModelSpec(name=name) for name in names]


def linear(name: str) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())


def store(host: Host) -> Any:
    assert isinstance(host.engine, LocalEngine)
    return host.engine.models


@action
def look(ctx: Context) -> tuple[bool, bool, bool]:
    weight = next(ctx.model().parameters())
    return ctx.model().training, weight.requires_grad, weight.is_inference()


@action(grad=True)
def gradient(ctx: Context) -> list[float]:
    x = torch.ones(2, requires_grad=True)
    ctx.model()(x).sum().backward()
    return x.grad.tolist() if x.grad is not None else []


@action(grad=True)
def train(ctx: Context) -> tuple[float, float]:
    """The largest weight of a private copy after training, and that of the shared model."""
    copy = ctx.model(trainable=True)
    copy(torch.ones(2)).sum().backward()
    with torch.no_grad():
        for parameter in copy.parameters():
            parameter += 100
    return copy[0].weight.max().item(), ctx.model()[0].weight.max().item()


@action
def trainable_without_gradients(ctx: Context) -> bool:
    return ctx.model(trainable=True)[0].weight.is_inference()


@pytest.fixture
def host(host_of: HostOf) -> Host:
    actions = (look, gradient, train, trainable_without_gradients)
    return host_of(*actions, demo_models=specs("net"), demo_build_model=linear)


def test_nothing_is_loaded_at_the_start(host: Host) -> None:
    host.start()
    assert len(store(host)) == 0


def test_a_model_is_in_eval_mode_frozen_and_no_inference_tensor(host: Host) -> None:
    assert host["made"].call("look") == (False, False, False)


def test_gradients_flow_through_a_model_first_loaded_in_inference_mode(host: Host) -> None:
    host["made"].call("look")
    assert len(host["made"].call("gradient")) == 2


def test_a_trainable_model_is_private_to_its_call(host: Host) -> None:
    for _ in range(2):
        trained, shared = host["made"].call("train")
        assert trained > 90 > shared


def test_a_trainable_model_can_be_had_in_inference_mode(host: Host) -> None:
    assert host["made"].call("trainable_without_gradients") is False


def test_concurrent_first_calls_load_once(host_of: HostOf) -> None:
    loads: list[str] = []
    gate = threading.Barrier(8)

    def build(name: str) -> torch.nn.Module:
        loads.append(name)
        return linear(name)

    @action
    def identity(ctx: Context) -> int:
        gate.wait()
        return id(ctx.model())

    demo = host_of(identity, demo_models=specs("net"), demo_build_model=build)["made"]
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(demo.call, "identity") for _ in range(8)]
        identities = {call.result() for call in calls}
    assert (len(identities), loads) == (1, ["net"])


def test_two_models_load_at_the_same_time_with_the_weights_each_has_alone(
    host_of: HostOf,
) -> None:
    gate = threading.Barrier(2)

    @action
    def weights(ctx: Context, *, name: str) -> list[float]:
        gate.wait()
        return ctx.model(name)[0].weight.flatten().tolist()

    options = {"demo_models": specs("a", "b"), "demo_build_model": linear}
    demo = host_of(weights, **options)["made"]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: demo.call("weights", name=name), ["a", "b"])
    assert first == second


def test_a_failed_load_is_tried_again(host_of: HostOf) -> None:
    attempts: list[str] = []

    def build(name: str) -> torch.nn.Module:
        attempts.append(name)
        if len(attempts) < 3:
            raise MemoryError
        return linear(name)

    host = host_of(look, demo_models=specs("net"), demo_build_model=build)
    with pytest.raises(OutOfMemory):
        host["made"].call("look")
    assert host["made"].call("look") == (False, False, False)


@pytest.mark.parametrize(
    ("name", "message"),
    [("nte", "no model of made named 'nte'. Did you mean 'net'"), (None, "There is: net, other")],
)
def test_an_unknown_model_is_named(host_of: HostOf, name: str | None, message: str) -> None:
    @action
    def use(ctx: Context) -> bool:
        return ctx.model(name).training

    options = {"demo_models": specs("net", "other"), "demo_build_model": linear}
    with pytest.raises(Unknown, match=message):
        host_of(use, **options)["made"].call("use")


class TestLeases:
    @pytest.fixture
    def host(self, host_of: HostOf) -> Host:
        @action
        def hold(ctx: Context) -> Iterator[int]:
            model = ctx.model()
            while not ctx.stopped:
                yield id(model)

        @action
        def fail(ctx: Context) -> None:
            ctx.model()
            raise ValueError

        return host_of(hold, look, fail, demo_models=specs("net"), demo_build_model=linear)

    def test_a_model_in_use_is_not_dropped(self, host: Host) -> None:
        with host["made"].stream("hold") as values:
            before = next(values)
            assert store(host).unload_idle() == 0
            assert host["made"].call("look") == (False, False, False)
            assert (len(store(host)), next(values)) == (1, before)

    @pytest.mark.parametrize("end", ["close", "stop", "exhaust"])
    def test_the_end_of_a_stream_gives_its_model_back(self, host: Host, end: str) -> None:
        values = host["made"].stream("hold")
        next(values)
        if end == "close":
            values.close()
        else:
            values.stop()
            assert list(values) == []
        assert store(host).unload_idle() == 1

    def test_a_failing_call_gives_its_model_back(self, host: Host) -> None:
        with pytest.raises(ActionFailed):
            host["made"].call("fail")
        assert store(host).unload_idle() == 1

    def test_a_stream_that_nobody_closes_gives_its_model_back(self, host: Host) -> None:
        values = host["made"].stream("hold")
        next(values)
        del values
        gc.collect()
        assert store(host).unload_idle() == 1

    def test_a_stream_that_was_never_begun_holds_nothing(self, host: Host) -> None:
        host["made"].stream("hold").close()
        assert host["made"].stop() == 0
        assert len(store(host)) == 0

    def test_closing_the_host_frees_the_models(self, host: Host) -> None:
        host["made"].call("look")
        (loaded,) = store(host)._loaded.values()
        module = weakref.ref(loaded.module)
        del loaded
        host.close()
        assert module() is None


WHERE = """
@action
def where(ctx: Context) -> list[str]:
    weight = ctx.model().weight
    return [str(weight.device), str(ctx.device), str(weight.dtype)]
"""


class TestDevice:
    @pytest.fixture
    def host(self, tmp_path: Path, make_host: Callable[..., Host]) -> Host:
        source = LINEAR.replace("[weights]", "[weights, where]") + WHERE
        folder = write_plugin(tmp_path, "linear", source)
        metadata = CheckpointMetadata(architecture="linear", license="CC0-1.0", source="by hand")
        tensors = {"weight": torch.tensor([[1.0, 2.0]]).half(), "bias": torch.zeros(1).half()}
        save(folder / "net.safetensors", tensors, metadata)
        return make_host(tmp_path)

    def test_the_cpu_can_be_asked_for(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEMO_APP_DEVICE", "cpu")
        assert host["linear"].call("where") == ["cpu", "cpu", "torch.float32"]

    @pytest.mark.skipif(
        not torch.accelerator.is_available(), reason="this machine has no accelerator"
    )
    def test_a_model_is_loaded_onto_the_accelerator(self, host: Host) -> None:
        accelerator = torch.accelerator.current_accelerator()
        assert accelerator is not None
        model, context, dtype = host["linear"].call("where")
        assert {model.partition(":")[0], context.partition(":")[0]} == {accelerator.type}
        assert dtype == "torch.float32"
        assert host["linear"].call("weights") == [[1.0, 2.0]]
