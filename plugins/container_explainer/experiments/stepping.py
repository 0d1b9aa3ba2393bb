"""A picture's way through a network, one layer after the other, with what left each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from demo_app import InvalidInput

from .lab_results import Step, Walk

MAP_SIDE = 56
"""Pixels that a feature map is shown with, at least."""
MOST_MAPS = 64
MOST_VALUES = 400
GAP = 2


def walk(
    network: nn.Module,
    image: Image.Image,
    shape: Sequence[int],
    *,
    model: str,
    trained: bool,
    classes: Sequence[str] = (),
) -> Walk:
    """Run one picture through a network and keep what every layer makes of it.

    Args:
        network: in eval mode.
        image: RGB, of any size; its middle square is taken.
        shape: what the network wants: ``(1, C, H, W)`` with one or three channels.
        model: its name, for the result.
        trained: whether its weights are.
        classes: names of its outputs.

    Raises:
        InvalidInput: the network takes no pictures.
    """
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise InvalidInput(
            f"model: {model} takes inputs of shape {list(shape)}, and no pictures. Take lenet."
        )
    picture = fitted(image, channels=shape[1], height=shape[2], width=shape[3])
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    inputs = as_tensor(picture).to(device)
    steps: list[Step] = []
    hooks = [
        module.register_forward_hook(_recorder(path, steps))
        for path, module in network.named_modules()
        if not any(True for _ in module.children())
    ]
    try:
        output = network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    named = isinstance(output, Tensor) and output.shape == (1, len(classes))
    return Walk(
        model=model,
        trained=trained,
        input=picture.convert("RGB"),
        steps=steps,
        classes=list(classes) if named else [],
        probabilities=output.softmax(dim=1)[0].tolist() if named else [],
    )


def fitted(image: Image.Image, *, channels: int, height: int, width: int) -> Image.Image:
    """The middle of a picture in the size and the channels that a network wants."""
    scale = min(image.width / width, image.height / height)
    across, down = width * scale, height * scale
    left, top = (image.width - across) / 2, (image.height - down) / 2
    return image.convert("L" if channels == 1 else "RGB").resize(
        (width, height), Image.Resampling.BICUBIC, box=(left, top, left + across, top + down)
    )


def as_tensor(picture: Image.Image) -> Tensor:
    """A picture as ``(1, C, H, W)`` in −1…1."""
    pixels = np.asarray(picture, dtype=np.float32).reshape(picture.height, picture.width, -1)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1


def _recorder(path: str, steps: list[Step]) -> Callable[[nn.Module, Any, Any], None]:
    def record(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and inputs and isinstance(inputs[0], Tensor):
            steps.append(_step(path, module, inputs[0], output.detach().float().cpu()))

    return record


def _step(path: str, module: nn.Module, given: Tensor, output: Tensor) -> Step:
    is_map = output.ndim == 4
    weight = module.weight.detach().float().cpu() if isinstance(module, nn.Conv2d) else None
    return Step(
        path=path,
        class_name=type(module).__name__,
        arguments=module.extra_repr(),
        input_shape=list(given.shape),
        output_shape=list(output.shape),
        mean=output.mean().item(),
        std=output.std(correction=0).item(),
        minimum=output.min().item(),
        maximum=output.max().item(),
        zeros=(output == 0).float().mean().item(),
        maps=tiled(output[0]) if is_map else None,
        filters=None if weight is None else tiled(weight.mean(dim=1)),
        values=[] if is_map else output.flatten()[:MOST_VALUES].tolist(),
    )


def tiled(maps: Tensor) -> Image.Image:
    """Maps ``(C, h, w)`` side by side, at most 64, each scaled from its least to its most."""
    shown = maps[:MOST_MAPS]
    low, high = shown.amin(dim=(1, 2), keepdim=True), shown.amax(dim=(1, 2), keepdim=True)
    greys = ((shown - low) / (high - low).clamp(min=1e-6) * 255).round().to(torch.uint8)
    scale = max(1, math.ceil(MAP_SIDE / shown.shape[-1]))
    large = greys.repeat_interleave(scale, dim=1).repeat_interleave(scale, dim=2)
    columns = math.ceil(len(shown) ** 0.5)
    if len(shown) <= 8:
        columns = len(shown)
    rows = math.ceil(len(shown) / columns)
    height, width = large.shape[1] + GAP, large.shape[2] + GAP
    sheet = torch.full((rows * height - GAP, columns * width - GAP), 128, dtype=torch.uint8)
    for place, one in enumerate(large):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + one.shape[0], left : left + one.shape[1]] = one
    return Image.fromarray(sheet.numpy())
