"""Heads that ship are made and measured by the commands, from folders of photos."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from demo_app import DemoError, Host, TrainJob
from demo_app.checkpoints import CheckpointMetadata, read_header
from demo_app.evaluation import evaluate
from demo_app.plugin import Plugin
from tests.plugins.image_classifier.labelled_photos import write_folders

FOLDERS = {"roses": "reds", "tulips": "blues", "weeds": "greens"}
COUNT = 4


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for split in ("train", "val"):
        write_folders(folder, split, FOLDERS, COUNT)
    return folder


@pytest.fixture(scope="session")
def plugin(host: Host) -> Plugin:
    return host.plugin("image_classifier")


def job(model: str, data: Path | None, checkpoint: Path) -> TrainJob:
    return TrainJob(
        model=model,
        data=data,
        checkpoint=checkpoint,
        state=checkpoint.with_suffix(".state"),
        report=lambda line: None,
    )


@pytest.fixture(scope="session")
def made(plugin: Plugin, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head for roses (red squares) and tulips (blue ones)."""
    path = tmp_path_factory.mktemp("made") / "head.safetensors"
    plugin.call_hook("demo_train", job=job("roses_tulips", data, path))
    return path


@pytest.fixture
def measure(host: Host, plugin: Plugin) -> Callable[..., Any]:
    def measure(path: Path, data: Path | None, model: str = "roses_tulips") -> Any:
        spec = plugin.model(model)
        return evaluate(host, plugin, spec, data=data, checkpoint=path, report=lambda line: None)

    return measure


def test_a_head_is_small_and_names_its_backbone(made: Path) -> None:
    header = read_header(made)

    assert made.stat().st_size < 40_000
    assert header.shapes == {"weight": (1, 1280), "bias": (1,)}
    assert header.metadata.classes == ["roses", "tulips"]
    assert header.metadata.config["backbone"] == "efficientnet_lite0"
    assert len(header.metadata.config["backbone_sha256"]) == 64


def test_it_says_how_it_was_trained(made: Path) -> None:
    metadata: CheckpointMetadata = read_header(made).metadata

    assert metadata.training["photos"] == [COUNT, COUNT]
    assert metadata.training["accuracy"] == 1.0
    assert "CC BY 2.0" in metadata.source


def test_the_same_photos_make_the_same_file(
    plugin: Plugin, made: Path, data: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.safetensors"

    plugin.call_hook("demo_train", job=job("roses_tulips", data, again))

    assert again.read_bytes() == made.read_bytes()


def test_it_is_measured_on_the_validation_photos_of_its_classes_alone(
    made: Path, data: Path, measure: Callable[..., Any]
) -> None:
    measured = measure(made, data).measured

    accuracy = measured["accuracy"]
    assert accuracy["value"] == 1.0
    assert accuracy["confusion_matrix"] == [[COUNT, 0], [0, COUNT]]
    assert accuracy["class_accuracies"] == {"roses": 1.0, "tulips": 1.0}
    assert str(2 * COUNT) in accuracy["split"]
    assert "0.5" in accuracy["measured"]
    assert 0 < measured["cross_entropy"]["value"] < 0.3


def test_mixed_up_validation_photos_show_in_the_confusion_matrix(
    made: Path, tmp_path: Path, measure: Callable[..., Any]
) -> None:
    write_folders(tmp_path, "val", {"roses": "blues", "tulips": "blues"}, 3)

    accuracy = measure(made, tmp_path).measured["accuracy"]

    assert accuracy["value"] == 0.5
    assert accuracy["confusion_matrix"] == [[0, 3], [0, 3]]


def test_a_head_of_another_backbone_is_not_measured(
    made: Path,
    data: Path,
    measure: Callable[..., Any],
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        module("transfer.trained_heads"), "backbone_sha256", lambda network: "another"
    )

    with pytest.raises(DemoError, match="another efficientnet_lite0 than the one here"):
        measure(made, data)


@pytest.mark.parametrize("model", ["flowers", "roses_tulips"])
def test_training_without_data_says_what_is_needed(
    plugin: Plugin, tmp_path: Path, model: str
) -> None:
    with pytest.raises(DemoError, match="--data"):
        plugin.call_hook("demo_train", job=job(model, None, tmp_path / "head"))


def test_measuring_without_data_says_what_is_needed(
    made: Path, measure: Callable[..., Any]
) -> None:
    with pytest.raises(DemoError, match="--data"):
        measure(made, None)


def test_of_published_weights_nothing_is_measured(
    checkpoint: Path, data: Path, measure: Callable[..., Any]
) -> None:
    assert measure(checkpoint, data, "efficientnet_lite0").measured == {}
