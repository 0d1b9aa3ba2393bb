"""LeNet ships as what its recipe made, and the gallery builds what it shows."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from demo_app import Demo, DemoError, EvaluationJob, Host, TrainJob
from demo_app.checkpoints import CheckpointMetadata
from demo_app.datasets import cifar10


@pytest.fixture
def models(module: Callable[[str], ModuleType]) -> Any:
    return module("models")


@pytest.fixture
def tiny_cifar10(tmp_path: Path) -> Path:
    """Two pictures of every class in each split, whose shade says the class."""
    for split in ("train", "test"):
        for label, name in enumerate(cifar10.CLASSES):
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(2):
                picture = Image.new("RGB", (32, 32), (25 * label, number, 0))
                picture.save(tmp_path / split / name / f"{number}.png")
    return tmp_path


class TestCheckpoint:
    @pytest.fixture
    def metadata(self, demo: Demo) -> CheckpointMetadata:
        metadata = demo.metadata("lenet")
        assert metadata is not None
        return metadata

    def test_it_says_what_it_reaches_and_on_what(self, metadata: CheckpointMetadata) -> None:
        accuracy = metadata.metrics["accuracy"]

        assert accuracy["value"] > 0.7
        assert accuracy["split"].startswith("CIFAR-10 test, 10,000")
        assert "lossy" in accuracy["split"]
        assert accuracy["source"] == "demo-app evaluate container_explainer --model lenet"

    def test_it_was_made_by_the_recipe_that_is_here(
        self, module: Callable[[str], ModuleType], metadata: CheckpointMetadata
    ) -> None:
        recipe = module("train").RECIPE

        stated = {"restarts": [], **metadata.training["recipe"]}
        assert stated == json.loads(json.dumps(asdict(recipe)))
        assert len(metadata.training["curve"]) == recipe.all_epochs

    def test_it_is_small(self, host: Host) -> None:
        path = host.checkpoint_root / "container_explainer" / "lenet.safetensors"

        assert path.stat().st_size < 200_000


class TestCommand:
    def test_training_and_evaluation(
        self,
        module: Callable[[str], ModuleType],
        tiny_cifar10: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        rooms = module("train")
        monkeypatch.setattr(rooms, "RECIPE", replace(rooms.RECIPE, epochs=1, batch=10))
        job = TrainJob(
            model="lenet",
            data=tiny_cifar10,
            checkpoint=tmp_path / "lenet.safetensors",
            state=tmp_path / "state",
            report=lambda line: None,
        )
        before = torch.get_rng_state()

        rooms.train(job)

        assert torch.get_rng_state().equal(before)
        network = module("models").build_model("lenet").eval()
        metrics = module("evaluation").evaluate(
            EvaluationJob(
                model="lenet",
                data=tiny_cifar10,
                module=network.requires_grad_(False),
                metadata=CheckpointMetadata(architecture="", license="", source=""),
                report=lambda line: None,
            )
        )
        assert metrics["accuracy"]["split"].startswith("CIFAR-10 test, 20 photos")
        assert 0 <= metrics["accuracy"]["value"] <= 1

    def test_what_is_shown_for_its_architecture_is_not_trained(
        self, module: Callable[[str], ModuleType], tmp_path: Path
    ) -> None:
        job = TrainJob(
            model="choices",
            data=None,
            checkpoint=tmp_path / "x",
            state=tmp_path / "y",
            report=lambda line: None,
        )
        with pytest.raises(DemoError, match="lenet can be trained"):
            module("train").train(job)


class TestGallery:
    def test_each_exhibit_takes_its_input(
        self, module: Callable[[str], ModuleType], models: Any
    ) -> None:
        for name, exhibit in module("gallery").GALLERY.items():
            network = models.build_model(name).eval()

            assert isinstance(network(torch.zeros(exhibit.shape)), torch.Tensor), name

    def test_names_and_numbers_are_the_same_network(self, models: Any) -> None:
        named, numbered = models.lenet().eval(), models.lenet_numbered().eval()
        numbered.load_state_dict(
            dict(zip(numbered.state_dict(), named.state_dict().values(), strict=True))
        )
        photo = torch.rand(2, 3, 32, 32)

        assert numbered(photo).equal(named(photo))

    @pytest.mark.parametrize("choice", ["conv", "pool"])
    @pytest.mark.parametrize("act", ["relu", "prelu"])
    def test_choices_are_made_by_name(self, models: Any, choice: str, act: str) -> None:
        network = models.Choices().eval()
        maps = torch.randn(1, 10, 12, 12)

        output = network(maps, choice, act)

        layer = network.choices[choice](maps)
        expected = layer.relu() if act == "relu" else nn.functional.prelu(layer, torch.tensor(0.25))
        assert torch.allclose(output, expected)

    def test_the_mistake_has_no_parameters_and_runs_all_the_same(self, models: Any) -> None:
        network = models.PlainList()

        assert list(network.parameters()) == []
        assert network.state_dict() == {}
        assert network(torch.rand(3, 10)).shape == (3, 10)

    def test_twenty_layers_are_twenty(self, models: Any) -> None:
        assert len(models.TwentyLinears().linears) == 20
        assert sum(p.numel() for p in models.TwentyLinears().parameters()) == 20 * 110
