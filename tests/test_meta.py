"""Building on the meta device: the same architecture, no memory, nothing disturbed elsewhere."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn

from demo_app import Host, ModelSpec
from demo_app.meta import OnMeta, build_on_meta, to_meta


class Tied(nn.Module):
    """Ties in every form: within one module, between modules, and a buffer of two modules."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight
        self.own = nn.Parameter(torch.ones(2))
        self.alias = self.own
        self.register_buffer("mask", torch.ones(4), persistent=False)
        self.head.register_buffer("mask", self.mask)


class LooksAtValues(Tied):
    """It cannot be built on the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = [float(rate) for rate in torch.linspace(0, 1, 3)]
        self.head.weight.requires_grad_(False)


def layout(module: nn.Module) -> dict[str, tuple[object, ...]]:
    """Shapes and dtypes by name, and which names stand for one tensor."""
    tensors = [
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ]
    first: dict[int, str] = {}
    return {
        name: (t.shape, t.dtype, t.requires_grad, type(t), first.setdefault(id(t), name))
        for name, t in tensors
    }


def is_all_meta(module: nn.Module) -> bool:
    return all(t.is_meta for t in [*module.parameters(), *module.buffers()])


@pytest.mark.parametrize(
    "architecture",
    [
        Tied,
        LooksAtValues,
        torchvision.models.regnet_y_400mf,
        lambda: nn.TransformerEncoderLayer(8, 2, 16),
        lambda: nn.Linear(2, 3).half(),
        lambda: nn.BatchNorm2d(3),
    ],
)
def test_a_module_has_the_shapes_dtypes_and_ties_of_the_real_one(
    architecture: Callable[[], nn.Module],
) -> None:
    built = build_on_meta(architecture)
    assert is_all_meta(built)
    assert layout(built) == layout(architecture())


def test_a_trillion_parameters_are_no_matter() -> None:
    built = build_on_meta(lambda: nn.Sequential(*[nn.Linear(10**6, 10**6, bias=False)]))
    assert sum(parameter.numel() for parameter in built.parameters()) == 10**12


def test_values_that_were_looked_at_are_the_real_ones() -> None:
    built = build_on_meta(LooksAtValues)
    assert isinstance(built, LooksAtValues)
    assert built.rates == [0.0, 0.5, 1.0]


def test_an_architecture_that_fails_raises_its_own_error() -> None:
    def fail() -> nn.Module:
        raise LookupError("of its own")

    with pytest.raises(LookupError, match="of its own"):
        build_on_meta(fail)


@pytest.mark.parametrize("first", [nn.Identity, LooksAtValues])
def test_a_lazy_layer_stays_lazy(first: Callable[[], nn.Module]) -> None:
    built = build_on_meta(lambda: nn.ModuleList([first(), nn.LazyLinear(3)]))
    assert is_all_meta(built)
    layer = built.get_submodule("1")
    assert layer(torch.empty(2, 5, device="meta")).shape == (2, 3)


@pytest.mark.parametrize("architecture", [Tied, LooksAtValues])
def test_the_global_random_state_is_left_as_it_was(architecture: Callable[[], nn.Module]) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    build_on_meta(architecture)
    assert torch.equal(torch.get_rng_state(), before)


def test_moving_what_is_there_keeps_it_trainable_or_frozen() -> None:
    module = Tied()
    module.own.requires_grad_(False)
    before = layout(module)
    to_meta(module)
    assert is_all_meta(module)
    assert layout(module) == before


class TestElsewhere:
    def test_other_threads_go_on_to_make_real_tensors(self) -> None:
        inside, outside = threading.Event(), threading.Event()

        def slow() -> nn.Module:
            inside.set()
            outside.wait()
            return nn.Linear(2, 2)

        with ThreadPoolExecutor(1) as pool:
            building = pool.submit(build_on_meta, slow)
            inside.wait()
            made = torch.ones(2)
            outside.set()
            assert is_all_meta(building.result())
        assert made.tolist() == [1, 1]
        assert torch.get_default_device() == torch.device("cpu")

    def test_a_device_that_is_named_is_kept(self) -> None:
        with OnMeta():
            assert torch.ones(2, device="cpu").device.type == "cpu"
            assert torch.ones(2).is_meta

    def test_a_file_imported_meanwhile_keeps_its_tensors(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = "import torch\nMEAN = torch.tensor([0.5])\n"
        (tmp_path / "imported_while_building.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)

        def architecture() -> nn.Module:
            import imported_while_building  # type: ignore[import-not-found]

            module = nn.Linear(1, 1)
            module.register_buffer("mean", imported_while_building.MEAN)
            return module

        built = build_on_meta(architecture)
        imported: Tensor = sys.modules.pop("imported_while_building").MEAN
        assert is_all_meta(built)
        assert imported.tolist() == [0.5]


def test_a_demo_builds_a_model_of_any_size_on_request(host_of: Callable[..., Host]) -> None:
    host = host_of(
        demo_models=lambda: [ModelSpec(name="net", checkpoint=None)],
        demo_build_model=lambda name: nn.Linear(10**6, 10**6, bias=False),
    )
    built = host["made"].build_model("net", meta=True)
    assert built.weight.is_meta
    assert built.weight.numel() == 10**12


def test_checking_that_checkpoints_fit_takes_no_memory_for_the_models(
    host_of: Callable[..., Host],
) -> None:
    host = host_of(
        demo_models=lambda: [ModelSpec(name="net", checkpoint=None)],
        demo_build_model=lambda name: nn.Linear(10**6, 10**6, bias=False),
    )
    host.check_fit(host.plugin("made"))
    assert host.plugin("made").problem is None
