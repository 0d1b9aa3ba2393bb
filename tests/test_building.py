"""Building and filling modules: nothing initialised in vain, nothing computed lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app.checkpoints import (
    CheckpointMetadata,
    build,
    build_untrained,
    load,
    read_header,
    save,
)

METADATA = CheckpointMetadata(architecture="a", license="CC0-1.0", source="by hand")


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight


class Buffers(nn.Module):
    """Buffers of every kind, computed in ``__init__``."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2))
        nn.init.normal_(self.weight)
        self.register_buffer("mask", torch.tril(torch.ones(3, 3)), persistent=False)
        self.register_buffer("positions", torch.arange(4) / 10, persistent=False)
        self.register_buffer("constant", nn.init.constant_(torch.empty(3), 7.0), persistent=False)
        generator = torch.Generator().manual_seed(1)
        noise = torch.empty(4).normal_(generator=generator)
        self.register_buffer("noise", noise, persistent=False)


class Deep(nn.Module):
    """Layers whose constructors initialise in every way that torch has."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.recurrent = nn.LSTM(2, 3)
        self.attention = nn.MultiheadAttention(4, 2)
        self.embedding = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 2)
        nn.init.trunc_normal_(self.head.weight, std=0.02)
        nn.init.orthogonal_(self.embedding.weight)
        nn.init.xavier_uniform_(self.head.weight)
        self.head.bias.data.uniform_(-1, 1)


def norm() -> nn.Module:
    return nn.BatchNorm1d(3)


def trained(architecture: Callable[[], nn.Module], folder: Path) -> tuple[nn.Module, Path]:
    """A module with numbers of its own, and its checkpoint."""
    torch.manual_seed(11)
    module = architecture()
    with torch.no_grad():
        for tensor in module.state_dict(keep_vars=True).values():
            tensor.copy_(torch.randint(-9, 9, tensor.shape))
    save(folder / "net.safetensors", module.state_dict(), METADATA)
    return module, folder / "net.safetensors"


@pytest.mark.parametrize("architecture", [Tied, Buffers, Deep, norm])
def test_a_built_and_loaded_module_equals_the_saved_one(
    tmp_path: Path, architecture: Callable[[], nn.Module]
) -> None:
    original, path = trained(architecture, tmp_path)
    module = build(architecture)
    load(path, module)
    expected = dict(original.named_parameters()) | dict(original.named_buffers())
    actual = dict(module.named_parameters()) | dict(module.named_buffers())
    assert expected.keys() == actual.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(actual[name], tensor, rtol=0, atol=0)


class TestInitialisation:
    def test_parameters_are_not_initialised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        filled: list[int] = []
        for name in ("uniform_", "normal_"):
            fill = getattr(torch.Tensor, name)

            def counted(tensor: Tensor, *args: Any, fill: Any = fill, **kwargs: Any) -> Tensor:
                filled.append(tensor.numel())
                return fill(tensor, *args, **kwargs)

            monkeypatch.setattr(torch.Tensor, name, counted)

        def layers() -> nn.Module:
            return nn.Sequential(nn.Linear(50, 50), nn.Conv2d(3, 8, 3), nn.Embedding(9, 9))

        build(layers)
        skipped = list(filled)
        layers()
        assert skipped == []
        assert len(filled) >= 5

    def test_what_is_no_parameter_is_initialised(self) -> None:
        module, expected = build(Buffers), Buffers()
        for name, buffer in expected.named_buffers():
            assert torch.equal(module.get_buffer(name), buffer)

    def test_a_module_built_elsewhere_meanwhile_is_initialised(self) -> None:
        inside, outside = threading.Event(), threading.Event()

        def slow() -> nn.Module:
            inside.set()
            outside.wait()
            return nn.Linear(2, 2)

        with ThreadPoolExecutor(1) as pool:
            building = pool.submit(build, slow)
            inside.wait()
            weight = nn.init.constant_(nn.Parameter(torch.zeros(2)), 3.0)
            outside.set()
            building.result()
        assert weight.tolist() == [3.0, 3.0]


class TestRandomState:
    @pytest.mark.parametrize("make", [build, build_untrained])
    def test_building_leaves_it_as_it_was(self, make: Callable[..., nn.Module]) -> None:
        torch.manual_seed(5)
        before = torch.get_rng_state()

        def architecture() -> nn.Module:
            torch.randn(3)
            return Deep()

        make(architecture)
        assert torch.equal(torch.get_rng_state(), before)

    @pytest.mark.parametrize("make", [build, build_untrained])
    def test_it_is_put_back_if_building_fails(self, make: Callable[..., nn.Module]) -> None:
        before = torch.get_rng_state()

        def architecture() -> nn.Module:
            torch.randn(3)
            raise ValueError

        with pytest.raises(ValueError, match=r"^$"):
            make(architecture)
        assert torch.equal(torch.get_rng_state(), before)

    def test_an_untrained_module_is_the_same_every_time(self) -> None:
        torch.manual_seed(1)
        first = build_untrained(lambda: nn.Linear(3, 3)).weight
        torch.manual_seed(2)
        second = build_untrained(lambda: nn.Linear(3, 3)).weight
        assert torch.equal(first, second)
        assert first.std() > 0

    def test_many_threads_build_the_same_untrained_module(self) -> None:
        before = torch.get_rng_state()
        with ThreadPoolExecutor(8) as pool:
            built = list(pool.map(lambda _: build_untrained(Deep).head.bias, range(24)))
        assert all(torch.equal(bias, built[0]) for bias in built)
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_builder_may_build_another_model(self) -> None:
        outer = build(lambda: nn.Sequential(build(lambda: nn.Linear(1, 1))))
        assert isinstance(outer[0], nn.Linear)


class TestTiedWeights:
    def test_they_are_stored_once(self, tmp_path: Path) -> None:
        _, path = trained(Tied, tmp_path)
        assert list(read_header(path).shapes) == ["embedding.weight"]

    def test_they_are_still_tied_after_loading(self, tmp_path: Path) -> None:
        original, path = trained(Tied, tmp_path)
        module: Any = build(Tied)
        load(path, module)
        assert module.head.weight is module.embedding.weight
        assert torch.equal(module.head.weight, original.get_parameter("head.weight"))

    def test_a_file_with_both_names_is_loaded_too(self, tmp_path: Path) -> None:
        weight = torch.arange(15.0).view(5, 3)
        tensors = {"embedding.weight": weight, "head.weight": weight.clone()}
        save(tmp_path / "net", tensors, METADATA)
        module: Any = build(Tied)
        load(tmp_path / "net", module)
        assert torch.equal(module.head.weight, weight)


class TestTypes:
    @pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16, torch.float64])
    def test_storage_of_another_width_becomes_the_modules_own(
        self, tmp_path: Path, stored: torch.dtype
    ) -> None:
        tensors = {
            "weight": torch.tensor([[0.5, -2.0]]).to(stored),
            "bias": torch.ones(1).to(stored),
        }
        save(tmp_path / "net", tensors, METADATA)
        module: Any = build(lambda: nn.Linear(2, 1))
        load(tmp_path / "net", module)
        assert module.weight.dtype is torch.float32
        assert module.weight.tolist() == [[0.5, -2.0]]

    def test_a_module_of_half_width_stays_one(self, tmp_path: Path) -> None:
        save(tmp_path / "net", nn.Linear(2, 1).state_dict(), METADATA)
        module: Any = build(lambda: nn.Linear(2, 1).half())
        load(tmp_path / "net", module)
        assert module.weight.dtype is torch.float16

    @pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
    def test_weights_loaded_in_any_mode_can_take_part_in_gradients(
        self, tmp_path: Path, mode: Any
    ) -> None:
        save(tmp_path / "net", nn.Linear(2, 1).state_dict(), METADATA)
        module: Any = build(lambda: nn.Linear(2, 1))
        with mode():
            load(tmp_path / "net", module)
        module(torch.ones(2)).backward()
        assert module.weight.grad.tolist() == [[1.0, 1.0]]
