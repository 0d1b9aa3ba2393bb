"""Any model of torchvision by its name: its architecture alone, and inputs to run it with."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from demo_app import DemoError, TensorSpec
from demo_app.errors import Unknown

if TYPE_CHECKING:
    from torch import nn

Task = Literal["classification", "segmentation", "detection", "video", "optical flow"]
TASKS: dict[Task, str] = {
    "classification": "",
    "segmentation": ".segmentation",
    "detection": ".detection",
    "video": ".video",
    "optical flow": ".optical_flow",
}
"""Where in ``torchvision.models`` the models of a task are."""

INPUT_CHANNELS = 3
FRAMES = 16
"""Of a video; torchvision counts the operations of all its video models with as many."""
SEGMENTED = (520, 520)
FLOW = (520, 960)
DETECTED = 800
"""The smallest side that torchvision's detectors resize a photo to, if the name says no other."""

WELL_KNOWN = ("alexnet", "convnext_tiny", "mobilenet_v3_small", "resnet18", "vgg16", "vit_b_16")


@dataclass(frozen=True, kw_only=True)
class TorchvisionModel:
    """One of torchvision's models.

    Attributes:
        name: as ``torchvision.models.get_model`` takes it.
        task: what it is for.
        module: on the meta device, in evaluation mode; no weights are downloaded.
        inputs: the positional arguments of ``forward`` by the path of the module that takes them:
            the empty one for the whole model. A detector looks at values (which boxes are good),
            so that only its backbone has inputs.
    """

    name: str
    task: Task
    module: nn.Module
    inputs: dict[str, tuple[TensorSpec, ...]]


@cache
def tasks() -> dict[str, Task]:
    """The task of every model that can be built, by its name, in alphabetical order."""
    import importlib

    import torchvision

    found: dict[str, Task] = {}
    for task, where in TASKS.items():
        module = importlib.import_module(f"torchvision.models{where}")
        found.update(dict.fromkeys(torchvision.models.list_models(module=module), task))
    return dict(sorted(found.items()))


def torchvision_model(name: str) -> TorchvisionModel:
    """Build a model of torchvision without weights, on the meta device.

    Args:
        name: such as ``"resnet18"``; capitals and hyphens do not matter.

    Raises:
        Unknown: there is no such model; the nearest names are given.
        DemoError: it is one of the quantized models.
    """
    from demo_app.meta import build_on_meta

    known = tasks()
    name = name.strip().lower().replace("-", "_")
    if name.startswith("quantized_"):
        raise DemoError(
            f"{name} holds 8-bit weights that are packed for one processor and cannot be taken "
            f"apart. Its architecture is that of {name.removeprefix('quantized_')}."
        )
    if name not in known:
        raise Unknown("torchvision model", name, _nearest(name, known))
    module = build_on_meta(lambda: _architecture(name, known[name])).eval()
    return TorchvisionModel(
        name=name, task=known[name], module=module, inputs=_inputs(name, known[name], module)
    )


def _nearest(name: str, known: dict[str, Task]) -> list[str]:
    """Names to put into an error: those like the one that was asked for, or well-known ones."""
    near = difflib.get_close_matches(name[:100], known, n=5, cutoff=0.5)
    return near or [*WELL_KNOWN, f"… {len(known) - len(WELL_KNOWN)} more"]


def _architecture(name: str, task: Task) -> nn.Module:
    import torchvision

    options: dict[str, Any] = {"weights": None}
    if task in ("segmentation", "detection"):
        # Left out, the backbone's weights would be downloaded.
        options["weights_backbone"] = None
    if name in ("googlenet", "inception_v3"):
        # Left out, they warn.
        options["init_weights"] = False
    module: nn.Module = torchvision.models.get_model(name, **options)
    return module


def _inputs(name: str, task: Task, module: nn.Module) -> dict[str, tuple[TensorSpec, ...]]:
    if task == "detection":
        size = int(next(iter(re.findall(r"(?<!\d)(300|320)(?!\d)", name)), DETECTED))
        return {"backbone": (_image(size, size),)}
    if task == "optical flow":
        return {"": (_image(*FLOW), _image(*FLOW))}
    if task == "segmentation":
        return {"": (_image(*SEGMENTED),)}
    size = getattr(module, "image_size", None) or _crop(name)
    if task == "video":
        return {"": (TensorSpec(shape=(1, INPUT_CHANNELS, FRAMES, size, size)),)}
    return {"": (_image(size, size),)}


def _image(height: int, width: int) -> TensorSpec:
    return TensorSpec(shape=(1, INPUT_CHANNELS, height, width))


def _crop(name: str) -> int:
    """The side of the square that its first published weights are evaluated on."""
    import torchvision

    weights = next(iter(torchvision.models.get_model_weights(name)))
    return int(weights.transforms().crop_size[0])
