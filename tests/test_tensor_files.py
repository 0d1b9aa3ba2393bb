"""Tensors out of a file into those of a module: block by block, converted, cut files noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app import tensor_files
from demo_app.checkpoints import CheckpointMetadata, load, read_header, save
from demo_app.errors import CheckpointError
from demo_app.tensor_files import DTYPES, copy_tensors

METADATA = CheckpointMetadata(architecture="none", license="CC0-1.0", source="written by hand")
Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Writes tensors into a checkpoint."""

    def write(**tensors: torch.Tensor) -> Path:
        save(tmp_path / "net.safetensors", tensors, METADATA)
        return tmp_path / "net.safetensors"

    return write


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_every_dtype_comes_back_as_it_was(saved: Saved, dtype: str) -> None:
    stored = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, dtype))
    target = torch.zeros_like(stored)
    copy_tensors(saved(x=stored), {"x": target})
    assert torch.equal(target, stored)


def test_half_precision_on_disk_becomes_the_precision_of_the_target(saved: Saved) -> None:
    stored = torch.randn(40, 50).half()
    target = torch.zeros(40, 50)
    copy_tensors(saved(x=stored), {"x": target})
    assert torch.equal(target, stored.float())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9])
def test_tensors_may_end_anywhere_in_a_block(
    saved: Saved, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(tensor_files, "_BLOCK_BYTES", 16)
    stored = {"a": torch.randn(count), "b": torch.randn(count, dtype=torch.float64)}
    targets = {name: torch.zeros_like(tensor) for name, tensor in stored.items()}
    copy_tensors(saved(**stored), targets)
    assert all(torch.equal(targets[name], stored[name]) for name in stored)


def test_the_order_in_the_file_is_not_that_of_the_targets(saved: Saved) -> None:
    stored = {"b": torch.tensor([1.0, 2.0]), "a": torch.tensor(7), "c": torch.zeros(0, 3)}
    targets = {name: torch.ones_like(stored[name]) for name in ("c", "b", "a")}
    copy_tensors(saved(**stored), targets)
    assert targets["a"] == 7
    assert targets["b"].tolist() == [1.0, 2.0]


def test_a_target_in_another_order_of_memory_is_filled_in_its_own(saved: Saved) -> None:
    stored = torch.randn(4, 6)
    target = torch.zeros(6, 4).t()
    copy_tensors(saved(x=stored), {"x": target})
    assert torch.equal(target, stored)
    assert not target.is_contiguous()


def test_parameters_are_filled_although_they_have_gradients(saved: Saved) -> None:
    parameter = torch.nn.Parameter(torch.zeros(3))
    copy_tensors(saved(x=torch.ones(3)), {"x": parameter})
    assert parameter.tolist() == [1.0, 1.0, 1.0]
    assert parameter.requires_grad


def test_a_file_that_is_cut_off_after_it_was_checked_is_an_error(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = torch.nn.Linear(30, 30)
    path = saved(**module.state_dict())
    header = read_header(path)
    monkeypatch.setattr("demo_app.checkpoints.read_header", lambda path: header)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"net\.safetensors cannot be read .*too early"):
        load(path, module)


def test_numbers_that_no_module_takes_are_named_before_anything_is_loaded(saved: Saved) -> None:
    path = saved(x=torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(CheckpointError, match=r"net\.safetensors cannot be used: .* C64"):
        read_header(path)
