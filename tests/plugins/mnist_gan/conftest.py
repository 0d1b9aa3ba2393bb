"""The plugin's modules, small networks with random weights, and the networks that ship."""

import functools
import importlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from demo_app import Context, Demo, EvaluationJob, Host
from demo_app.checkpoints import CheckpointMetadata, load
from demo_app.datasets.drawn_digits import prepared
from demo_app.datasets.mnist import Digits
from demo_app.testing import context
from tests.datasets.idx_files import bars


@pytest.fixture(scope="session")
def demo(host: Host) -> Demo:
    return host["mnist_gan"]


@pytest.fixture(scope="session")
def module(demo: Demo) -> Callable[[str], ModuleType]:
    """A module of the plugin by its bare name, as the host imported it."""
    return lambda name: importlib.import_module(f"{demo.module.__name__}.{name}")


@pytest.fixture(scope="session")
def checkpoints(host: Host) -> Path:
    return host.checkpoint_root / "mnist_gan"


@pytest.fixture(scope="session")
def shipped(checkpoints: Path, module: Callable[[str], ModuleType]) -> Any:
    """Generator, discriminator and judge with the weights that ship."""
    networks = module("models").build_model("gan")
    load(checkpoints / "gan.safetensors", networks)
    return networks.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def training_digits(checkpoints: Path, module: Callable[[str], ModuleType]) -> Any:
    """The archive of MNIST's training split, as it ships."""
    archive = module("models").build_archive("training_digits")
    load(checkpoints / "training_digits.safetensors", archive)
    return archive


@pytest.fixture(scope="session")
def handwritten(training_digits: Any) -> Tensor:
    """All 60,000 digits of MNIST's training split in 16 shades, ``(n, 28, 28)`` of uint8."""
    return training_digits.unpack()  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def make_networks(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes small networks with weights of their own for every seed."""

    def make(seed: int = 0) -> nn.ModuleDict:
        rooms = module("models")
        networks = nn.ModuleDict(
            {
                "generator": rooms.Generator(channels=8),
                "discriminator": rooms.Discriminator(channels=4),
                "judge": rooms.Judge(width=4, features=8),
            }
        )
        draws = torch.Generator().manual_seed(seed)
        for name, tensor in sorted(networks.state_dict().items()):
            if not tensor.is_floating_point():
                continue
            noise = torch.randn(tensor.shape, generator=draws)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + noise.abs())
            elif tensor.ndim == 1 and name.endswith("weight"):
                tensor.copy_(1 + 0.3 * noise)
            else:
                tensor.copy_(noise * 2 / max(1, tensor[0].numel()) ** 0.5)
        return networks.eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def networks(make_networks: Callable[..., Any]) -> Any:
    """Small networks with random weights."""
    return make_networks()


@pytest.fixture(scope="session")
def small_archive(module: Callable[[str], ModuleType]) -> Any:
    """40 pictures of bars with their labels."""
    archive = module("archive").PictureArchive(40, 28, 28, capacity=20_000)
    pictures, labels = bars(40)
    archive.pack(pictures)
    archive.labels.copy_(labels)
    return archive


@pytest.fixture
def small(networks: Any, small_archive: Any) -> Callable[..., Context]:
    """Makes a context with the small networks, to call actions as plain functions.

    ``metrics`` are what the checkpoint of the networks states.
    """

    def make(
        seed: int | None = None,
        stopped: threading.Event | None = None,
        metrics: dict[str, Any] | None = None,
    ) -> Context:
        metadata = CheckpointMetadata(
            architecture="small", license="CC0-1.0", source="", metrics=metrics or {}
        )
        return context(
            models={"gan": networks, "training_digits": small_archive},
            metadata={"gan": metadata},
            seed=seed,
            stopped=stopped,
        )

    return make


@pytest.fixture
def quick(module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of small networks: ten steps, four snapshots, a state kept after every step."""
    models, training = module("models"), module("gan_training")
    sizes = {
        "Generator": {"channels": 8},
        "Discriminator": {"channels": 4},
        "Judge": {"width": 4, "features": 8},
    }
    for name, size in sizes.items():
        small = functools.partial(getattr(models, name), **size)
        for room in ("models", "gan_training", "judge_training"):
            monkeypatch.setattr(module(room), name, small, raising=False)
    recipes = module("recipes")
    rooms = module("train")
    monkeypatch.setattr(rooms, "JUDGE", replace(recipes.JUDGE, epochs=2, batch=20))
    monkeypatch.setattr(rooms, "GAN", replace(recipes.GAN, steps=10, batch=12, average=0.5))
    monkeypatch.setattr(rooms, "Run", functools.partial(training.Run, snapshots=4))
    monkeypatch.setattr(models, "SNAPSHOTS", 4)
    monkeypatch.setattr(training, "MEASURED", 50)
    monkeypatch.setattr(training, "KEEP_EVERY_SECONDS", -1.0)


@pytest.fixture
def make_run(
    module: Callable[[str], ModuleType], quick: None, tmp_path: Path
) -> Callable[..., Any]:
    """Makes a short training whose state is its own, by its file's name."""
    images, labels = bars(200)
    digits = Digits(images=images, labels=labels)
    rooms = module("train")

    def make(name: str = "one", report: Any = lambda line: None, **changes: Any) -> Any:
        judge = replace(rooms.JUDGE, epochs=changes.pop("epochs", rooms.JUDGE.epochs))
        recipe = replace(rooms.GAN, **changes)
        run = module("gan_training").Run
        return run(tmp_path / name, digits, recipe, judge, report, snapshots=4)

    return make


@pytest.fixture
def evaluation(module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What measures checkpoints, with 100 samples, few truncations and few resamplings."""
    rooms = module("evaluation")
    monkeypatch.setattr(rooms, "SAMPLES", 100)
    monkeypatch.setattr(rooms, "TRUNCATIONS", (0.5, 2.0))
    monkeypatch.setattr(module("fidelity"), "RESAMPLINGS", 10)
    return rooms


@pytest.fixture
def evaluate(evaluation: Any) -> Callable[..., Any]:
    """Measures a module, as the command does."""

    def measure(model: str, module: nn.Module, data: Path, report: Any = lambda line: None) -> Any:
        job = EvaluationJob(
            model=model,
            data=data,
            module=module.eval(),
            metadata=CheckpointMetadata(architecture="small", license="", source=""),
            report=report,
        )
        with torch.inference_mode():
            return evaluation.evaluate(job)

    return measure


@pytest.fixture(scope="session")
def prepare() -> Callable[[Image.Image], Tensor]:
    """Prepares a picture; 28 x 28 pixels of 0…255."""

    def ink(picture: Image.Image) -> Tensor:
        tensor = prepared(picture, "drawing")
        assert (tensor.shape, tensor.dtype) == ((1, 1, 28, 28), torch.float32)
        assert tensor.min() >= -1
        assert tensor.max() <= 1
        return (tensor[0, 0] + 1) * 127.5  # type: ignore[no-any-return]

    return ink


@pytest.fixture(scope="session")
def read(shipped: Any, prepare: Callable[[Image.Image], Tensor]) -> Callable[[Image.Image], int]:
    """What the shipped judge sees in a prepared picture."""
    return lambda picture: int(shipped["judge"](prepare(picture)[None, None] / 127.5 - 1).argmax())
