"""``match``: a file by its header alone, and beside a model by name or as code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from demo_app import Demo, File, Host, InvalidInput

from .safetensors_files import entry, raw, stored

NET = "net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))"


@pytest.fixture
def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def test_without_a_model_the_file_is_told(demo: Demo, net: nn.Sequential) -> None:
    report = demo.call("match", file=stored(net.state_dict(), {"author": "somebody"}))

    assert (report.tensors, report.count, report.bytes) == (4, 58, 4 * 58)
    assert report.metadata == {"author": "somebody"}
    assert [row.path for row in report.rows] == [
        "0",
        "0.bias",
        "0.weight",
        "2",
        "2.bias",
        "2.weight",
    ]
    assert report.match is None


def test_a_depth_lists_groups_alone(demo: Demo, net: nn.Sequential) -> None:
    report = demo.call("match", file=stored(net.state_dict()), depth=1)
    assert [(row.path, row.count) for row in report.rows] == [("0", 40), ("2", 18)]


def test_beside_typed_code(demo: Demo, net: nn.Sequential) -> None:
    found = demo.call("match", file=stored(net.state_dict()), code=NET).match

    assert (found.model, found.title, found.verdict) == ("code", "net", "Fits as it is.")
    assert found.as_it_is.complete
    (way,) = found.ways
    assert not way.renames
    assert way.code == "model.load_state_dict(state_dict)"


def test_a_prefix_is_taken_off_by_code_that_works(demo: Demo, net: nn.Sequential) -> None:
    saved = {f"module.{name}": tensor for name, tensor in net.state_dict().items()}
    (way,) = demo.call("match", file=stored(saved), code=NET).match.ways

    assert way.renames
    assert way.fit.complete
    fresh = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    exec(way.code, {"state_dict": dict(saved), "model": fresh})
    assert torch.equal(fresh[2].weight, net[2].weight)


def test_what_is_missing_unexpected_or_of_another_shape_is_named(
    demo: Demo, net: nn.Sequential
) -> None:
    tensors = net.state_dict()
    tensors["2.weight"] = torch.zeros(3, 8)
    del tensors["0.bias"]
    fit = demo.call("match", file=stored(tensors), code=NET).match.as_it_is

    assert fit.missing == ["0.bias"]
    (wrong,) = fit.wrong_shapes
    assert (wrong.name, wrong.stored, wrong.expected) == ("2.weight", [3, 8], [2, 8])


def test_the_shipped_checkpoint_fits_its_model(demo: Demo, host: Host) -> None:
    plugin = host.plugin("container_explainer")
    path: Path = host.checkpoint_path(plugin, plugin.models["lenet"])
    file = File(name=path.name, data=path.read_bytes())

    report = demo.call("match", file=file, model="container_explainer/lenet")
    assert report.match.as_it_is.complete
    assert report.metadata


def test_both_a_model_and_code_are_refused(demo: Demo, net: nn.Sequential) -> None:
    with pytest.raises(InvalidInput, match="model: give either"):
        demo.call("match", file=stored(net.state_dict()), code=NET, model="torchvision/alexnet")


F32 = entry("F32", [2], 0, 8)
LIES: dict[str, Callable[[], Any]] = {
    "longer than the file": lambda: raw({"a": F32}, b"\0" * 8, length=10**6),
    "a header of 100 MB": lambda: raw({"a": F32}, length=100_000_000),
    "past the end": lambda: raw({"a": entry("F32", [200], 0, 800)}, b"\0" * 8),
    "overlapping": lambda: raw({"a": F32, "b": entry("F32", [2], 4, 12)}, b"\0" * 12),
    "one name twice": lambda: raw(
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
        b'"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
        b"\0" * 8,
    ),
    "no JSON": lambda: raw(b"{" * 5_000),
    "a trillion numbers": lambda: raw({"a": entry("F32", [10**6, 10**6], 0, 8)}, b"\0" * 8),
    "a pickle": lambda: File(name="net.pth", data=b"PK\x03\x04" + b"\0" * 100),
    "nothing": lambda: File(name="empty", data=b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused_with_its_name(demo: Demo, lie: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: "):
        demo.call("match", file=LIES[lie](), code=NET)


@pytest.mark.parametrize("given", ["net.safetensors", 3, None, {"path": "/etc/passwd"}], ids=str)
def test_what_is_no_file_is_refused(demo: Demo, given: Any) -> None:
    with pytest.raises(InvalidInput, match="file: should be an uploaded file"):
        demo.call("match", file=given)
