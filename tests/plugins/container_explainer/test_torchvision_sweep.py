"""Every classification and video model of torchvision: each number against a count of its own."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

MODELS = torchvision.models
NAMES = MODELS.list_models(module=MODELS) + MODELS.list_models(module=MODELS.video)
AUXILIARY = {"googlenet"}
"""Its published weights lack the auxiliary classifiers that the architecture has."""


def family(name: str) -> str:
    """The file of torchvision that it is in."""
    return MODELS.get_model_builder(name).__module__.removeprefix("torchvision.models.")


FAMILIES = sorted({family(name) for name in NAMES})


@pytest.fixture(scope="module")
def explained(module: Callable[[str], ModuleType]) -> Callable[[str], list[tuple[str, Any, Any]]]:
    """The models of a family: name, module and explanation."""

    def explained(of: str) -> list[tuple[str, Any, Any]]:
        built = [
            module("subject.torchvision_models").torchvision_model(name)
            for name in NAMES
            if family(name) == of
        ]
        explain = module("anatomy.explanation").explain_module
        return [
            (model.name, model, explain(model.module, model.inputs, model=model.name, title=""))
            for model in built
        ]

    return explained


@pytest.mark.parametrize("of", FAMILIES)
def test_every_number_is_right(explained: Callable[[str], Any], of: str) -> None:
    for name, model, found in explained(of):
        assert found.notes == [], name
        assert found.parameters == sum(
            {id(p): p.numel() for p in model.module.parameters()}.values()
        ), name
        assert found.multiply_adds == counted_by_torch(model) // 2, name
        for parameters, multiply_adds in published(model):
            assert round(found.multiply_adds / 1e9, 3) == pytest.approx(multiply_adds), name
            assert found.parameters == parameters or name in AUXILIARY, name


def test_no_model_is_left_out() -> None:
    assert len(NAMES) >= 89
    assert {"regnet", "video.resnet", "vision_transformer"} < set(FAMILIES)


def counted_by_torch(model: Any) -> int:
    """Operations by ``FlopCounterMode``, without anything of the explainer."""
    inputs = [torch.empty(spec.shape, device="meta") for spec in model.inputs[""]]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.module(*inputs)
    return counter.get_total_flops()


def published(model: Any) -> list[tuple[int, float]]:
    """Parameters and 10⁹ multiply-adds of all its weights that were evaluated at this size."""
    return [
        (weights.meta["num_params"], weights.meta["_ops"])
        for weights in MODELS.get_model_weights(model.name)
        if weights.transforms().crop_size[0] == model.inputs[""][0].shape[-1]
    ]
