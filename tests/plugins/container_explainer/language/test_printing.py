"""What a program prints is what Python and PyTorch print."""

import contextlib
import io
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from tests.plugins.container_explainer.language.programs import PRINTED


def really_printed(code: str) -> str:
    """What Python itself prints, with PyTorch's modules on the CPU."""
    names = {
        "torch": torch,
        "nn": nn,
        "F": nn.functional,
        "torchvision": torchvision,
        "models": torchvision.models,
        "OrderedDict": OrderedDict,
        "math": math,
    }
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, names)
    return output.getvalue()


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("name", PRINTED)
def test_it_prints_what_pytorch_prints(run: Callable[..., Any], name: str) -> None:
    assert run(PRINTED[name]).printed == really_printed(PRINTED[name])


LAYERS = {
    "Conv": "(4, 4, 3)", "LazyConv": "(4, 3)", "ConvTranspose": "(4, 4, 3)",
    "LazyConvTranspose": "(4, 3)", "BatchNorm": "(4)", "InstanceNorm": "(4)", "MaxPool": "(2)",
    "AvgPool": "(2)", "AdaptiveAvgPool": "(2)", "AdaptiveMaxPool": "(2)", "ZeroPad": "(1)",
    "ReflectionPad": "(1)", "Dropout": "(0.3)", "LPPool": "(2, 2)", "MaxUnpool": "(2)",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_layers_of_every_dimension(run: Callable[..., Any], name: str, dimensions: int) -> None:
    code = f"print(nn.{name}{dimensions}d{LAYERS[name]})"
    assert run(code).printed == really_printed(code)


@pytest.mark.parametrize(
    "call",
    [
        "video.r3d_18()",
        "segmentation.fcn_resnet50(num_classes=3)",
        "get_model('mobilenet_v3_small')",
        "googlenet(aux_logits=False)",
        "regnet_y_400mf(weights=None)",
    ],
)
def test_any_torchvision_model_by_its_name(run: Callable[..., Any], call: str) -> None:
    real = call.replace("num_classes=3", "num_classes=3, weights_backbone=None")
    real = real.replace("aux_logits=False", "aux_logits=False, init_weights=False")
    printed = run(f"print(torchvision.models.{call})").printed
    assert printed == really_printed(f"print(models.{real})")


def test_the_order_of_prints_is_kept(run: Callable[..., Any]) -> None:
    assert run("print(1)\nprint('a', 2.5)\nprint()\nprint([])").printed == "1\na 2.5\n\n[]\n"
