"""The heads that ship state what was measured, and belong to the backbone that ships."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from demo_app import Demo, Host
from demo_app.checkpoints import CheckpointMetadata

HEADS = ["flowers", "roses_tulips"]


@pytest.fixture(params=HEADS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def metadata(demo: Demo, name: str) -> CheckpointMetadata:
    metadata = demo.metadata(name)
    assert metadata is not None
    return metadata


def test_a_head_is_a_few_tens_of_kilobytes(host: Host, name: str) -> None:
    path: Path = host.checkpoint_root / "image_classifier" / f"{name}.safetensors"

    assert path.stat().st_size < 60_000


def test_it_belongs_to_the_backbone_that_ships(
    module: Callable[[str], ModuleType], metadata: CheckpointMetadata, network: nn.Module
) -> None:
    sha256 = module("transfer.fingerprint").backbone_sha256(network)

    assert metadata.config["backbone"] == "efficientnet_lite0"
    assert metadata.config["backbone_sha256"] == sha256


def test_the_stated_accuracy_is_that_of_the_stated_confusion_matrix(
    metadata: CheckpointMetadata,
) -> None:
    stated = metadata.metrics["accuracy"]
    confusion = torch.tensor(stated["confusion_matrix"])

    assert stated["value"] == pytest.approx((confusion.trace() / confusion.sum()).item())
    assert list(stated["class_accuracies"]) == metadata.classes
    assert list(stated["class_accuracies"].values()) == pytest.approx(
        (confusion.diagonal() / confusion.sum(1)).tolist()
    )
    assert stated["interval"][0] < stated["value"] < stated["interval"][1]
    assert str(int(confusion.sum())) in stated["split"]


def test_it_names_the_origin_and_the_licence_of_its_photos(metadata: CheckpointMetadata) -> None:
    assert "flower_photos" in metadata.source
    assert "CC BY 2.0" in metadata.source
    assert metadata.license == "Apache-2.0"


def test_it_says_what_was_tried(metadata: CheckpointMetadata) -> None:
    assert "weight decay" in metadata.training["tried"]


def test_nine_of_ten_photos_are_named_rightly(metadata: CheckpointMetadata) -> None:
    assert metadata.metrics["accuracy"]["value"] >= 0.9
