"""Checkpoint files: what they say of themselves, strict loads, atomic saves."""

import json
import os
import re
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from demo_app.checkpoints import (
    CheckpointMetadata,
    check_fit,
    load,
    read_header,
    rewrite_metrics,
    save,
)
from demo_app.errors import CheckpointError

METADATA = CheckpointMetadata(
    architecture="Linear",
    license="CC0-1.0",
    source="written by hand",
    config={"width": 3, "activation": "größer"},
    classes=["cat", "dög"],
    preprocessing={"mean": [0.5, 0.25]},
    metrics={"top1": {"value": 0.75, "split": "val", "how": "centre crop"}},
    training={"epochs": 3},
    extra={"vocabulary": ["a", "\n", "\u2028"]},
)


def saved(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save(path / "net.safetensors", tensors, METADATA)
    return path / "net.safetensors"


def header_only(path: Path, header: Any) -> Path:
    """A file with that header and no tensors."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    (path / "made.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    return path / "made.safetensors"


class TestMetadata:
    def test_it_comes_back_as_it_was_saved(self, tmp_path: Path) -> None:
        assert read_header(saved(tmp_path, {"x": torch.zeros(1)})).metadata == METADATA

    def test_load_returns_it(self, tmp_path: Path) -> None:
        model = nn.Linear(2, 3)
        assert load(saved(tmp_path, model.state_dict()), model) == METADATA

    def test_what_is_empty_takes_no_place(self) -> None:
        bare = CheckpointMetadata(architecture="a", license="", source="s")
        assert bare.to_header() == {"architecture": "a", "license": "", "source": "s"}
        assert CheckpointMetadata.from_header(bare.to_header()) == bare

    def test_what_others_wrote_is_kept_as_extra(self) -> None:
        header = METADATA.to_header() | {"format": "pt"}
        assert CheckpointMetadata.from_header(header).extra == METADATA.extra | {"format": "pt"}

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"license": None, "source": None}, "its metadata lacks license, source"),
            ({"config": "{"}, "its metadata is no JSON"),
            ({"config": "[" * 100_000}, "its metadata is no JSON"),
            ({"classes": '"cat"'}, "the classes in its metadata is no list"),
            ({"config": "[]"}, "the config in its metadata is no dict"),
            ({"extra": "[]"}, "the extra in its metadata is no dict"),
        ],
    )
    def test_metadata_that_cannot_be_read_is_an_error(
        self, changes: dict[str, str | None], message: str
    ) -> None:
        header = {k: v for k, v in (METADATA.to_header() | changes).items() if v is not None}
        with pytest.raises(CheckpointError, match=message):
            CheckpointMetadata.from_header(header)


class TestHeader:
    def test_it_tells_shapes_and_types_without_the_numbers(self, tmp_path: Path) -> None:
        header = read_header(
            saved(
                tmp_path, {"a": torch.zeros(2, 3), "n": torch.tensor(7), "h": torch.ones(1).half()}
            )
        )
        assert header.shapes == {"a": (2, 3), "n": (), "h": (1,)}
        assert header.dtypes == {"a": "F32", "n": "I64", "h": "F16"}

    def test_reading_it_imports_no_torch(self, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from demo_app.checkpoints import read_header\n"
            f"read_header(Path({str(saved(tmp_path, {'x': torch.zeros(1)}))!r}))\n"
            "print('torch' in sys.modules)"
        )
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert ran.stdout == "False\n"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"short",
            b"this is a text, not a checkpoint",
            struct.pack("<Q", 2**63) + b"{}",
            struct.pack("<Q", 1000) + b"{}",
            struct.pack("<Q", 2) + b"[]",
            struct.pack("<Q", 4) + b"\xff\xfe\xfd\xfc",
            b"PK\x03\x04" + b"\0" * 100,
            b"\x80\x04\x95" + b"\0" * 100,
        ],
    )
    def test_garbage_is_called_damaged(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "net.safetensors").write_bytes(content)
        with pytest.raises(CheckpointError, match=r"net\.safetensors is damaged or cut off"):
            read_header(tmp_path / "net.safetensors")

    @pytest.mark.parametrize("where", ["missing", "folder"])
    def test_what_is_no_file_is_called_missing(self, tmp_path: Path, where: str) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(CheckpointError, match=f"The checkpoint {where} is missing"):
            read_header(tmp_path / where)

    def test_a_file_that_may_not_be_read_is_an_error_of_the_checkpoint(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> bool:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "is_file", refuse)
        with pytest.raises(CheckpointError, match="net cannot be read"):
            read_header(tmp_path / "net")

    @pytest.mark.parametrize(
        "header",
        [
            {"__metadata__": {"architecture": 1}},
            {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
            {"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 0]}},
            {"x": {"dtype": "pickle", "shape": [], "data_offsets": [0, 0]}},
        ],
    )
    def test_a_header_that_does_not_add_up_is_damaged(self, tmp_path: Path, header: Any) -> None:
        with pytest.raises(CheckpointError, match="damaged or cut off"):
            read_header(header_only(tmp_path, header))

    def test_every_cut_of_a_file_is_noticed(self, tmp_path: Path) -> None:
        path = saved(tmp_path, {"x": torch.arange(4)})
        whole = path.read_bytes()
        for length in range(0, len(whole), 7):
            path.write_bytes(whole[:length])
            with pytest.raises(CheckpointError):
                read_header(path)


class TestFit:
    def test_every_difference_is_listed_by_name(self, tmp_path: Path) -> None:
        tensors = {"weight": torch.zeros(3, 4), "offset": torch.zeros(3)}
        with pytest.raises(CheckpointError) as caught:
            load(saved(tmp_path, tensors), nn.Linear(2, 3))
        assert str(caught.value) == (
            "The checkpoint does not fit Linear: missing: bias; unexpected: offset; "
            "wrong shape: weight is [3, 4], the model has [3, 2]"
        )

    def test_nothing_is_copied_if_anything_does_not_fit(self, tmp_path: Path) -> None:
        model = nn.Linear(2, 3)
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        tensors = {"weight": torch.full((3, 2), 7.0), "bias": torch.zeros(4)}
        with pytest.raises(CheckpointError):
            load(saved(tmp_path, tensors), model)
        assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())

    def test_a_long_list_is_cut(self, tmp_path: Path) -> None:
        path = saved(tmp_path, {f"layer_{i}": torch.zeros(1) for i in range(10, 21)})
        with pytest.raises(CheckpointError, match=r"layer_17 and 3 more$") as caught:
            check_fit(read_header(path), nn.ReLU())
        assert "layer_18" not in str(caught.value)

    def test_a_shape_of_as_many_numbers_is_still_another_shape(self, tmp_path: Path) -> None:
        tensors = {"weight": torch.zeros(2, 3), "bias": torch.zeros(3)}
        with pytest.raises(CheckpointError, match=re.escape("weight is [2, 3]")):
            load(saved(tmp_path, tensors), nn.Linear(2, 3))


class TestSave:
    def test_a_failed_save_leaves_the_old_file_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        before = path.read_bytes()

        def fail(tensors: Any, file: str, metadata: Any) -> None:
            Path(file).write_bytes(b"half of")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("safetensors.torch.save_file", fail)
        with pytest.raises(OSError, match="No space left"):
            save(path, {"x": torch.ones(1)}, METADATA)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == [path.name]

    def test_a_process_killed_while_it_saves_leaves_the_old_file_whole(
        self, tmp_path: Path
    ) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        script = f"""
import os, signal, safetensors.torch, torch
from pathlib import Path
from demo_app.checkpoints import CheckpointMetadata, save

def killed(tensors, file, metadata):
    Path(file).write_bytes(b"half of it")
    os.kill(os.getpid(), signal.SIGKILL)

safetensors.torch.save_file = killed
metadata = CheckpointMetadata(architecture="a", license="l", source="s")
save(Path({str(path)!r}), {{"x": torch.ones(1)}}, metadata)
"""
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True)
        assert ran.returncode == -signal.SIGKILL
        assert read_header(path).metadata == METADATA

    def test_a_file_that_is_saved_again_is_replaced(self, tmp_path: Path) -> None:
        model = nn.Linear(1, 1)
        for value in (1.0, 2.0):
            path = saved(tmp_path, {"weight": torch.full((1, 1), value), "bias": torch.zeros(1)})
        load(path, model)
        assert model.weight.item() == 2.0
        assert path.stat().st_mode & 0o777 == 0o644

    def test_equal_weights_make_equal_files(self, tmp_path: Path) -> None:
        contents = {saved(tmp_path, {"x": torch.arange(4)}).read_bytes() for _ in range(8)}
        assert len(contents) == 1

    def test_folders_are_made(self, tmp_path: Path) -> None:
        assert saved(tmp_path / "a" / "b", {"x": torch.zeros(1)}).is_file()

    @pytest.mark.parametrize(
        "view",
        [
            lambda whole: whole[:2],
            lambda whole: whole.T,
            lambda whole: whole[:, 1],
            lambda whole: whole.view(-1)[2:5],
            lambda whole: whole.expand(2, 4, 4),
        ],
    )
    def test_views_of_one_memory_are_saved_with_their_own_numbers(
        self, tmp_path: Path, view: Any
    ) -> None:
        from safetensors.torch import load_file

        whole = torch.arange(16.0).view(4, 4)
        stored = load_file(saved(tmp_path, {"whole": whole, "part": view(whole)}))
        assert torch.equal(stored["whole"], whole)
        assert torch.equal(stored["part"], view(whole))

    def test_parameters_with_gradients_are_saved(self, tmp_path: Path) -> None:
        assert saved(tmp_path, dict(nn.Linear(2, 2).named_parameters())).is_file()


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """A file's header and, as they are, the bytes of its tensors."""
    content = path.read_bytes()
    end = 8 + struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:end]), content[end:]


class TestRewriteMetrics:
    @pytest.mark.parametrize(
        "metrics", [{}, {"a": {"value": 1.0}}, {f"größe {n}": {"value": n} for n in range(99)}]
    )
    def test_changes_the_metrics_and_nothing_else(
        self, tmp_path: Path, metrics: dict[str, Any]
    ) -> None:
        model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5)).half()
        path = saved(tmp_path, model.state_dict())
        header, tensors = parts(path)
        rewrite_metrics(path, metrics)
        changed, same = parts(path)
        assert same == tensors
        assert read_header(path).metadata == replace(METADATA, metrics=metrics)
        for file in (header, changed):
            file["__metadata__"].pop("metrics", None)
        assert changed == header

    def test_what_others_wrote_stays_where_they_wrote_it(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        metadata = METADATA.to_header() | {"format": "pt", "extra": '{"a":  1}'}
        save_file({"x": torch.arange(3)}, path, metadata=metadata)
        rewrite_metrics(path, {})
        del metadata["metrics"]
        assert parts(path)[0]["__metadata__"] == metadata

    def test_the_tensors_load_as_before(self, tmp_path: Path) -> None:
        model, other = nn.Linear(2, 3), nn.Linear(2, 3)
        path = saved(tmp_path, model.state_dict())
        rewrite_metrics(path, {"a": {"value": 1.0}})
        load(path, other)
        assert torch.equal(other.weight, model.weight)

    def test_the_header_keeps_the_tensors_aligned(self, tmp_path: Path) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        for length in range(9):
            rewrite_metrics(path, {"a": "b" * length})
            assert struct.unpack("<Q", path.read_bytes()[:8])[0] % 8 == 0

    def test_the_same_metrics_make_the_same_file(self, tmp_path: Path) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        rewrite_metrics(path, {"a": {"value": 1.0}})
        once = path.read_bytes()
        rewrite_metrics(path, {})
        rewrite_metrics(path, {"a": {"value": 1.0}})
        assert path.read_bytes() == once

    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_whatever_stops_it_the_old_file_is_left_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        before = path.read_bytes()

        def fail(source: Any, target: Any) -> None:
            raise error

        monkeypatch.setattr("shutil.copyfileobj", fail)
        with pytest.raises(type(error)):
            rewrite_metrics(path, {})
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == [path.name]

    def test_a_file_that_others_may_not_read_stays_so(self, tmp_path: Path) -> None:
        path = saved(tmp_path, {"x": torch.zeros(1)})
        path.chmod(0o600)
        rewrite_metrics(path, {})
        assert path.stat().st_mode & 0o777 == 0o600
