"""The plugin's modules, its shipped weights, and the same weights in timm's network."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from demo_app import Demo, Host
from demo_app.checkpoints import build_untrained
from demo_app.meta import build_on_meta
from tests.plugins.image_classifier.every_backbone import EVERY

OUTER_TO_TIMM = {
    "stem.conv": "conv_stem",
    "stem.norm": "bn1",
    "conv_head.conv": "conv_head",
    "conv_head.norm": "bn2",
    "classifier": "classifier",
}
EXPANDING_TO_TIMM = {
    "expand.conv": "conv_pw",
    "expand.norm": "bn1",
    "depthwise.conv": "conv_dw",
    "depthwise.norm": "bn2",
    "project.conv": "conv_pwl",
    "project.norm": "bn3",
}
FIRST_BLOCK_TO_TIMM = {
    "depthwise.conv": "conv_dw",
    "depthwise.norm": "bn1",
    "project.conv": "conv_pw",
    "project.norm": "bn2",
}


@pytest.fixture(scope="session")
def demo(host: Host) -> Demo:
    return host["image_classifier"]


@pytest.fixture(scope="session")
def module(demo: Demo) -> Callable[[str], ModuleType]:
    """A module of the plugin by its bare name, as the host imported it."""
    return lambda name: importlib.import_module(f"{demo.module.__name__}.{name}")


@pytest.fixture(scope="session")
def checkpoint(host: Host) -> Path:
    return host.checkpoint_root / "image_classifier" / "efficientnet_lite0.safetensors"


@pytest.fixture(scope="session")
def examples(demo: Demo) -> Path:
    assert demo.module.__file__ is not None
    return Path(demo.module.__file__).parent / "examples"


@pytest.fixture(scope="session")
def shipped(checkpoint: Path) -> dict[str, Tensor]:
    """The shipped tensors, in fp32 as they are computed."""
    tensors = load_file(checkpoint)
    return {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}


@pytest.fixture
def network(module: Callable[[str], ModuleType], shipped: dict[str, Tensor]) -> nn.Module:
    """Our network with the shipped weights, one of its own for every test."""
    network = module("models").build_model("efficientnet_lite0")
    network.load_state_dict(shipped, strict=True)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def timm_network(shipped: dict[str, Tensor]) -> nn.Module:
    """timm's network with the shipped weights, every one of them."""
    network = timm.create_model("tf_efficientnet_lite0")
    network.load_state_dict({timm_name(n): t for n, t in shipped.items()}, strict=True)
    return network.eval().requires_grad_(False)


@pytest.fixture
def random_images() -> Tensor:
    return torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="session")
def heads(module: Callable[[str], ModuleType]) -> Any:
    return module("transfer.heads")


@pytest.fixture(scope="class", params=EVERY)
def entry(module: Callable[[str], ModuleType], request: pytest.FixtureRequest) -> Any:
    """Each backbone in turn, as the registry has it."""
    return module("architectures.backbones").find_backbone(request.param)


@pytest.fixture(scope="class")
def model(entry: Any) -> nn.Module:
    """The network of ``entry`` on the meta device, in eval mode, one for all tests of a class."""
    return build_on_meta(entry.architecture).eval()


@pytest.fixture
def on_meta(module: Callable[[str], ModuleType]) -> Callable[[str], nn.Module]:
    """Builds a backbone by name on the meta device, in eval mode."""
    find = module("architectures.backbones").find_backbone
    return lambda name: build_on_meta(find(name).architecture).eval()


@pytest.fixture
def untrained(module: Callable[[str], ModuleType]) -> Callable[[str], nn.Module]:
    """Builds a backbone by name with initial weights, in eval mode."""
    find = module("architectures.backbones").find_backbone
    return lambda name: build_untrained(find(name).architecture).eval()


@pytest.fixture
def small_photos() -> Tensor:
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def timm_name(ours: str) -> str:
    """The name in timm's network of a tensor of ours."""
    layer, tensor = ours.rsplit(".", 1)
    if match := re.fullmatch(r"stages\.(\d+)\.(\d+)\.(.+)", layer):
        stage, block, layer = match.groups()
        names = FIRST_BLOCK_TO_TIMM if stage == "0" else EXPANDING_TO_TIMM
        return f"blocks.{stage}.{block}.{names[layer]}.{tensor}"
    return f"{OUTER_TO_TIMM[layer]}.{tensor}"
