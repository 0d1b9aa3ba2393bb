"""The first explanation of a process: its seconds and the peak of memory, printed as JSON.

``explain.py`` starts it: ``python explain_once.py ARM MODEL``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from demo_app import explain
from demo_app.meta import build_on_meta

WIDTH = 22_361
"""A square of this side has half a billion numbers."""


def fifty_billion() -> nn.Module:
    """A hundred linear layers of half a billion parameters each, with a ReLU after each."""
    return nn.Sequential(
        *(layer for _ in range(100) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU()))
    )


def torchvision_model(name: str) -> Callable[[], nn.Module]:
    """The architecture of that name, without weights."""

    def architecture() -> nn.Module:
        import torchvision

        module: nn.Module = torchvision.models.get_model(name)
        return module

    return architecture


IMAGE = (1, 3, 224, 224)
MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "ResNet-152": (torchvision_model("resnet152"), IMAGE),
    "ViT-L/16": (torchvision_model("vit_l_16"), IMAGE),
    "ConvNeXt-L": (torchvision_model("convnext_large"), IMAGE),
    "50 billion": (fifty_billion, (1, WIDTH)),
}
"""What is explained, and the shape of its input."""

COLUMNS = ("input_size", "output_size", "num_params", "params_percent", "kernel_size")


def by_demo_app(module: nn.Module, shape: tuple[int, ...]) -> str:
    """Every module in a table, as a notebook or a terminal shows it."""
    return str(explain(module, shape))


def by_torchinfo(module: nn.Module, shape: tuple[int, ...]) -> str:
    """The same with all of torchinfo's columns and every level of the tree."""
    import torchinfo

    summary = torchinfo.summary(
        module,
        input_size=shape,
        device="meta",
        depth=100,
        col_names=(*COLUMNS, "mult_adds", "trainable"),
        verbose=0,
    )
    return str(summary)


ARMS: dict[str, Callable[[nn.Module, tuple[int, ...]], str]] = {
    "demo_app": by_demo_app,
    "torchinfo": by_torchinfo,
}


def peak() -> int:
    """The most memory that this process has held, in bytes.

    Where Linux tells it of the process alone: ``ru_maxrss`` begins with its parent's.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(arm: str, model: str) -> None:
    """Build a model without memory for its weights, and explain it once."""
    torch.set_num_threads(1)
    architecture, shape = MODELS[model]
    module = build_on_meta(architecture)
    before = peak()
    started, cpu_started = time.perf_counter(), time.process_time()
    ARMS[arm](module, shape)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    print(json.dumps({"seconds": seconds, "cpu": cpu, "before": before, "peak": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
