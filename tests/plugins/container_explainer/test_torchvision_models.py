"""Any model of torchvision by its name, with inputs that it can be run with."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch

from demo_app import DemoError, TensorSpec
from demo_app.errors import Unknown


@pytest.fixture(scope="session")
def models(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("subject.torchvision_models")


@pytest.mark.parametrize(
    ("name", "task", "inputs"),
    [
        ("resnet18", "classification", {"": [(1, 3, 224, 224)]}),
        ("inception_v3", "classification", {"": [(1, 3, 299, 299)]}),
        ("vit_b_16", "classification", {"": [(1, 3, 224, 224)]}),
        ("r3d_18", "video", {"": [(1, 3, 16, 112, 112)]}),
        ("lraspp_mobilenet_v3_large", "segmentation", {"": [(1, 3, 520, 520)]}),
        ("raft_small", "optical flow", {"": [(1, 3, 520, 960), (1, 3, 520, 960)]}),
        ("ssd300_vgg16", "detection", {"backbone": [(1, 3, 300, 300)]}),
        ("ssdlite320_mobilenet_v3_large", "detection", {"backbone": [(1, 3, 320, 320)]}),
        ("fasterrcnn_resnet50_fpn", "detection", {"backbone": [(1, 3, 800, 800)]}),
    ],
)
def test_it_is_built_without_weights_and_runs(
    models: ModuleType, name: str, task: str, inputs: dict[str, list[tuple[int, ...]]]
) -> None:
    model = models.torchvision_model(name)
    assert (model.name, model.task) == (name, task)
    assert model.inputs == {
        path: tuple(TensorSpec(shape=shape) for shape in shapes) for path, shapes in inputs.items()
    }
    assert all(parameter.is_meta for parameter in model.module.parameters())
    assert not model.module.training
    for path, shapes in inputs.items():
        with torch.no_grad():
            model.module.get_submodule(path)(*(torch.empty(s, device="meta") for s in shapes))


def test_a_regnet_that_does_not_build_on_meta_is_built(models: ModuleType) -> None:
    assert all(p.is_meta for p in models.torchvision_model("regnet_y_400mf").module.parameters())


def test_a_name_may_be_written_with_capitals_and_hyphens(models: ModuleType) -> None:
    assert models.torchvision_model(" ResNet18 ").name == "resnet18"
    assert models.torchvision_model("vit-b-16").name == "vit_b_16"


def test_the_nearest_name_is_suggested(models: ModuleType) -> None:
    with pytest.raises(Unknown, match=r"no torchvision model named 'resnet19'\. Did you mean 'res"):
        models.torchvision_model("resnet19")


def test_where_none_is_near_some_are_named(models: ModuleType) -> None:
    with pytest.raises(Unknown, match=r"There is: alexnet, .*, vit_b_16, … \d+ more"):
        models.torchvision_model("?")


def test_a_quantized_model_is_refused_with_the_reason(models: ModuleType) -> None:
    with pytest.raises(DemoError, match="Its architecture is that of resnet18"):
        models.torchvision_model("quantized_resnet18")


def test_every_model_has_a_task(models: ModuleType) -> None:
    tasks = models.tasks()
    assert set(tasks.values()) == set(models.TASKS)
    assert list(tasks) == sorted(tasks)
    assert not any(name.startswith("quantized_") for name in tasks)
