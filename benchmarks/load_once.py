"""One load in this process, whose seconds and peak of memory are printed as JSON.

``load.py`` starts it: ``python load_once.py ARM MODEL WEIGHTS TINY_WEIGHTS``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import nn

from demo_app import Host, checkpoints

Architecture = Callable[[], nn.Module]
Arm = Callable[[Architecture, Path], Iterable[torch.Tensor]]


def tiny() -> nn.Module:
    """A model for the first load, which imports what a load needs."""
    return nn.Linear(2, 2)


def synthetic() -> nn.Module:
    """403 MB of float32, in 24 linear layers as wide as those of a language model."""
    return nn.Sequential(*(nn.Linear(2048, 2048) for _ in range(24)))


def efficientnet_lite0() -> nn.Module:
    """The shipped image classifier."""
    module: nn.Module = CLASSIFIER.call_hook("demo_build_model", name="efficientnet_lite0")
    return module


HOST = Host(only=["image_classifier"])
CLASSIFIER = HOST.plugin("image_classifier")
MODELS: dict[str, Architecture] = {
    architecture.__name__: architecture for architecture in (tiny, synthetic, efficientnet_lite0)
}


def by_demo_app(architecture: Architecture, weights: Path) -> Iterable[torch.Tensor]:
    """As the host does it on the first call of an action."""
    module = checkpoints.build(architecture)
    checkpoints.load(weights.with_suffix(".safetensors"), module)
    return module.state_dict().values()


def by_torch_load(architecture: Architecture, weights: Path) -> Iterable[torch.Tensor]:
    """As PyTorch's tutorials do it."""
    module = architecture()
    module.load_state_dict(torch.load(weights, weights_only=True), strict=True)
    return module.state_dict().values()


def by_torch_load_mapped(architecture: Architecture, weights: Path) -> Iterable[torch.Tensor]:
    """The same, with the file mapped instead of read."""
    module = architecture()
    module.load_state_dict(torch.load(weights, weights_only=True, mmap=True), strict=True)
    return module.state_dict().values()


def by_assignment(architecture: Architecture, weights: Path) -> Iterable[torch.Tensor]:
    """For those who know how: no weights are made, those of the mapped file are used in place.

    It works where the module computes nothing in ``__init__`` and ties no weights.
    """
    with torch.device("meta"):
        module = architecture()
    state = torch.load(weights, weights_only=True, mmap=True)
    module.load_state_dict(state, strict=True, assign=True)
    return module.float().state_dict().values()


def by_torch_load_alone(architecture: Architecture, weights: Path) -> Iterable[torch.Tensor]:
    """Only the tensors as they are in the file, in no module."""
    state: dict[str, torch.Tensor] = torch.load(weights, weights_only=True)
    return state.values()


ARMS: dict[str, Arm] = {
    "demo_app": by_demo_app,
    "torch.load": by_torch_load,
    "torch.load, mmap": by_torch_load_mapped,
    "meta, mmap, assign": by_assignment,
    "torch.load alone": by_torch_load_alone,
}


def touch(tensors: Iterable[torch.Tensor]) -> int:
    """Read a byte of every page, so that a mapped file is loaded, too."""
    return sum(
        int(tensor.contiguous().view(-1).view(torch.uint8)[::4096].sum()) for tensor in tensors
    )


def resident_bytes(line: str) -> int | None:
    """``VmRSS`` (memory held now) or ``VmHWM`` (its peak); None where /proc does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    found = next(row for row in status.read_text().splitlines() if row.startswith(line))
    return int(found.split()[1]) * 1024


def start_peak() -> int:
    """Begin to watch the peak; returns the bytes held now."""
    held = resident_bytes("VmRSS")
    if held is None:
        return highest_ever()
    Path("/proc/self/clear_refs").write_text("5")
    return held


def highest_ever() -> int:
    """The peak since the process began, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(arm: str, model: str, weights: str, tiny_weights: str) -> None:
    """Load once for the imports, then once for the clock."""
    torch.set_num_threads(1)
    touch(ARMS[arm](tiny, Path(tiny_weights)))
    held = start_peak()
    started, cpu_started = time.perf_counter(), time.process_time()
    touch(ARMS[arm](MODELS[model], Path(weights)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    peak = (resident_bytes("VmHWM") or highest_ever()) - held
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
