"""A head knows its backbone, survives its checkpoint, and refuses other weights."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from demo_app import DemoError
from demo_app.checkpoints import CheckpointMetadata, read_header, rewrite_metrics
from demo_app.meta import build_on_meta


@pytest.fixture(scope="session")
def trained_heads(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.trained_heads")


@pytest.fixture(scope="session")
def sha256(module: Callable[[str], ModuleType]) -> Callable[[nn.Module], str]:
    return module("transfer.fingerprint").backbone_sha256  # type: ignore[no-any-return]


class Small(nn.Module):
    """A network with a head, a norm and a counter."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)


def small(seed: int = 0) -> Small:
    network = Small()
    draws = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        nn.init.normal_(parameter, generator=draws)
    return network


def test_equal_backbones_have_equal_hashes(sha256: Callable[[nn.Module], str]) -> None:
    assert sha256(small()) == sha256(small())


def test_the_head_and_counters_do_not_count(sha256: Callable[[nn.Module], str]) -> None:
    other = small()
    nn.init.zeros_(other.fc.weight)
    assert other.norm.num_batches_tracked is not None
    other.norm.num_batches_tracked.add_(7)

    assert sha256(other) == sha256(small())


@pytest.mark.parametrize("name", ["conv.weight", "conv.bias", "norm.running_var"])
def test_every_other_tensor_counts(sha256: Callable[[nn.Module], str], name: str) -> None:
    other = small()
    other.state_dict()[name].view(-1)[0] += 1e-3

    assert sha256(other) != sha256(small())


def test_measuring_a_checkpoint_leaves_the_hash_alone(
    sha256: Callable[[nn.Module], str],
    module: Callable[[str], ModuleType],
    network: nn.Module,
    checkpoint: Path,
    tmp_path: Path,
) -> None:
    from demo_app.checkpoints import load

    copy = tmp_path / checkpoint.name
    copy.write_bytes(checkpoint.read_bytes())
    rewrite_metrics(copy, {"accuracy": {"value": 0.5}})
    again = module("models").build_model("efficientnet_lite0")
    load(copy, again)

    assert sha256(again) == sha256(network)


@pytest.fixture
def make(trained_heads: Any, module: Callable[[str], ModuleType], heads: Any) -> Callable[..., Any]:
    """Makes a head of a kind on a backbone with a given hash."""

    def make(kind: str = "linear", classes: int = 3, sha256: str = "0" * 64) -> Any:
        head = heads.Head(kind=kind, hidden=8)
        names = tuple("abc"[:classes])
        built = trained_heads.build_head(head, 4, classes)
        return trained_heads.TrainedHead(
            head=head,
            classes=names,
            backbone="small",
            backbone_sha256=sha256,
            preprocessing=module("architectures.conversion").PREPROCESSING,
            tensors=built.state_dict(),
            training={"epochs": 3},
        )

    return make


@pytest.mark.parametrize(("kind", "classes"), [("linear", 3), ("mlp", 3), ("binary", 2)])
def test_a_head_survives_its_checkpoint(
    trained_heads: Any, make: Callable[..., Any], kind: str, classes: int
) -> None:
    trained = make(kind, classes)
    metadata = CheckpointMetadata(
        architecture="head",
        license="CC0-1.0",
        source="a test",
        config=json.loads(json.dumps(trained.config())),
        classes=list(trained.classes),
        preprocessing=trained.preprocessing.to_metadata(),
        training=dict(trained.training),
    )

    again = trained_heads.TrainedHead.from_metadata(metadata, trained.tensors)

    features = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    assert again.module()(features).equal(trained.module()(features))
    assert (again.head, again.classes, again.training) == (
        trained.head,
        trained.classes,
        trained.training,
    )


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_the_order_in_which_tensors_were_stored_does_not_matter(
    make: Callable[..., Any], kind: str
) -> None:
    trained = make(kind)

    other = replace(trained, tensors=dict(reversed(list(trained.tensors.items()))))

    features = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    assert other.in_features == trained.in_features == 4
    assert other.module()(features).equal(trained.module()(features))


def test_metadata_of_something_else_is_refused(trained_heads: Any, checkpoint: Path) -> None:
    with pytest.raises(DemoError, match="does not say which backbone"):
        trained_heads.TrainedHead.from_metadata(read_header(checkpoint).metadata, {})


def test_a_head_accepts_its_own_backbone(
    make: Callable[..., Any], sha256: Callable[[nn.Module], str]
) -> None:
    make(sha256=sha256(small())).require_backbone(small())


def test_a_head_refuses_another_backbone(
    make: Callable[..., Any], sha256: Callable[[nn.Module], str]
) -> None:
    with pytest.raises(DemoError, match="features of another small than the one here"):
        make(sha256=sha256(small())).require_backbone(small(seed=1))


@pytest.mark.parametrize(
    ("kind", "classes", "outputs"), [("linear", 5, 5), ("mlp", 5, 5), ("binary", 2, 1)]
)
def test_a_head_builds_on_meta_too(
    trained_heads: Any, heads: Any, kind: str, classes: int, outputs: int
) -> None:
    head = heads.Head(kind=kind)

    built = build_on_meta(lambda: trained_heads.build_head(head, 1280, classes))

    assert built(torch.empty(2, 1280, device="meta")).shape == (2, outputs)
