"""The networks from scratch ship as what their own recipe made, and name what is given to them."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from demo_app import Demo, EvaluationJob, Host, InvalidInput, TrainJob
from demo_app.checkpoints import CheckpointMetadata

AIMS = {"convnet_mnist": 0.992, "resnet_cifar10": 0.90}


@pytest.fixture(params=list(AIMS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def metadata(demo: Demo, name: str) -> CheckpointMetadata:
    metadata = demo.metadata(name)
    assert metadata is not None
    return metadata


@pytest.fixture
def one() -> Image.Image:
    """A drawn one."""
    picture = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(picture).line([(150, 50), (140, 230)], fill="black", width=22)
    return picture


class TestCheckpoint:
    def test_it_is_under_ten_megabytes(self, host: Host, name: str) -> None:
        path = host.checkpoint_root / "image_classifier" / f"{name}.safetensors"

        assert path.stat().st_size < 10_000_000

    def test_the_stated_accuracy_is_that_of_the_stated_confusion_matrix(
        self, metadata: CheckpointMetadata
    ) -> None:
        stated = metadata.metrics["accuracy"]
        confusion = torch.tensor(stated["confusion_matrix"])

        assert confusion.sum() == 10_000
        assert stated["value"] == pytest.approx((confusion.trace() / 10_000).item())

    def test_it_reaches_its_aim_on_the_test_split(
        self, metadata: CheckpointMetadata, name: str
    ) -> None:
        stated = metadata.metrics["accuracy"]

        assert stated["value"] >= AIMS[name]
        assert "test" in stated["split"]

    def test_it_was_made_by_the_recipe_that_is_here(
        self, module: Callable[[str], ModuleType], metadata: CheckpointMetadata, name: str
    ) -> None:
        recipe = module("architectures.scratch_networks").SCRATCH[name].recipe

        stated = {"restarts": [], **metadata.training["recipe"]}
        assert stated == json.loads(json.dumps(asdict(recipe)))
        assert len(metadata.training["curve"]) == recipe.all_epochs

    def test_cifar_pictures_are_said_to_be_lossy(self, demo: Demo) -> None:
        metadata = demo.metadata("resnet_cifar10")
        assert metadata is not None

        assert "lossy" in metadata.source
        assert "lossy" in metadata.metrics["accuracy"]["split"]


class TestNaming:
    def test_a_drawn_digit_is_read(self, demo: Demo, one: Image.Image) -> None:
        result = demo.call("classify", image=one, head="convnet_mnist", top_k=10)

        assert result.predictions[0].class_name == "1"
        assert len(result.predictions) == 10
        assert sum(p.probability for p in result.predictions) == pytest.approx(1, abs=1e-5)

    def test_a_photo_is_no_digit(self, demo: Demo, examples: Path) -> None:
        with pytest.raises(InvalidInput, match="image: That does not look like a digit"):
            demo.call("classify", image=Image.open(examples / "cat.jpg"), head="convnet_mnist")

    def test_a_cat_is_a_cat_in_32_pixels(self, demo: Demo, examples: Path) -> None:
        cat = Image.open(examples / "cat.jpg")

        explanation = demo.call("explain", image=cat, class_name="cat", head="resnet_cifar10")

        assert explanation.crop.size == (32, 32)
        assert explanation.overlay.size == (448, 448)
        mean = sum(map(sum, explanation.cells)) / 16
        assert explanation.bias + mean == pytest.approx(explanation.logit, abs=1e-3)

    def test_a_hidden_layer_is_not_explained(self, demo: Demo, one: Image.Image) -> None:
        with pytest.raises(InvalidInput, match="hidden layer"):
            demo.call("explain", image=one, head="convnet_mnist")


class TestCommand:
    def test_training_and_evaluation_make_a_checkpoint_and_its_metrics(
        self,
        module: Callable[[str], ModuleType],
        tiny_mnist: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        rooms = module("architectures.scratch_networks")
        scratch = rooms.SCRATCH["convnet_mnist"]
        short = replace(scratch.recipe, epochs=1, batch=50)
        monkeypatch.setitem(rooms.SCRATCH, "convnet_mnist", replace(scratch, recipe=short))
        job = TrainJob(
            model="convnet_mnist",
            data=tiny_mnist,
            checkpoint=tmp_path / "net.safetensors",
            state=tmp_path / "state",
            report=lambda line: None,
        )
        before = torch.get_rng_state()

        tensors, metadata = rooms.train_from_scratch(job)
        assert torch.get_rng_state().equal(before)

        network = module("models").build_model("convnet_mnist")
        network.load_state_dict(tensors)
        metrics: Any = module("evaluation").evaluate(
            EvaluationJob(
                model="convnet_mnist",
                data=tiny_mnist,
                module=network.eval().requires_grad_(False),
                metadata=metadata,
                report=lambda line: None,
            )
        )

        assert all(t.dtype == torch.float16 for t in tensors.values())
        assert sum(map(sum, metrics["accuracy"]["confusion_matrix"])) == 100
        assert metrics["accuracy"]["split"].startswith("MNIST test, 100 pictures")
