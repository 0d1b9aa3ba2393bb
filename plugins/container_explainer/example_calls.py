"""Example calls: a small model as code, its checkpoint, and a picture to send through LeNet."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageDraw

from demo_app import File

CODE = """net = nn.Sequential(
    nn.Linear(4, 8),
    nn.ReLU(),
    nn.Linear(8, 2),
)
"""


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    code = {"code": CODE, "input_shape": [1, 4]}
    return {
        "models": [{}],
        "explain": [code, {"model": "container_explainer/lenet"}],
        "print_structure": [{"code": CODE}],
        "diagram": [code],
        "save": [{**code, "format": "svg"}],
        "run_code": [{"code": CODE}],
        "lint": [code],
        "edit": [{"code": CODE, "operation": "append", "layer": "nn.Softmax(dim=1)"}],
        "match": [{"file": checkpoint(), "code": CODE}],
        "step": [{"image": house()}],
        "lab": [{"kind": kind} for kind in ("convolution", "relu", "max_pool")],
    }


def checkpoint() -> File:
    """A checkpoint of the model in ``CODE``, all zeros."""
    import torch
    from safetensors.torch import save

    shapes = {"0.weight": (8, 4), "0.bias": (8,), "2.weight": (2, 8), "2.bias": (2,)}
    zeros = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return File(name="net.safetensors", data=save(zeros))


def house(side: int = 64) -> Image.Image:
    """A drawn house; ``side`` pixels wide and high."""
    picture = Image.new("RGB", (side, side), "lightblue")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((side // 4, side // 2, 3 * side // 4, side), fill="firebrick")
    pen.polygon(
        [(side // 6, side // 2), (side // 2, side // 5), (5 * side // 6, side // 2)], "brown"
    )
    return picture
