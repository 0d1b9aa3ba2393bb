"""Load time and peak memory of a checkpoint, beside ``torch.load`` of the same weights.

Every load runs in a fresh process after torch is imported and a tiny model was loaded the same way.
The clock runs from the bare architecture until every page of every weight has been read; the peak
is what resident memory gained at most meanwhile. Files are in the page cache.
"""

from __future__ import annotations

import json
import operator
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from load_once import ARMS, CLASSIFIER, HOST, MODELS, synthetic, tiny
from measure import Aim, Report, Spread, in_turns, options, paired
from safetensors.torch import load_file
from server import ROOT

from demo_app import checkpoints
from demo_app.checkpoints import CheckpointMetadata

LARGEST_PEAK = 1.5
LARGEST_RATIO = 1.0
OURS, THEIRS, ALONE = "demo_app", "torch.load", "torch.load alone"
METADATA = CheckpointMetadata(architecture="synthetic", license="CC0-1.0", source="random numbers")


def prepare(folder: Path) -> dict[str, Path]:
    """Write each model's weights twice: for us as safetensors, for ``torch.load`` as ``.pt``.

    Returns:
        The ``.pt`` files by model; the other lies beside it.
    """
    files = {}
    for architecture in (tiny, synthetic):
        module = checkpoints.build(architecture)
        state = {name: torch.randn_like(tensor) for name, tensor in module.state_dict().items()}
        files[architecture.__name__] = folder / f"{architecture.__name__}.pt"
        torch.save(state, files[architecture.__name__])
        checkpoints.save(folder / f"{architecture.__name__}.safetensors", state, METADATA)
    shipped = HOST.checkpoint_path(CLASSIFIER, CLASSIFIER.model(None))
    files["efficientnet_lite0"] = folder / "efficientnet_lite0.pt"
    torch.save(load_file(shipped), files["efficientnet_lite0"])
    (folder / "efficientnet_lite0.safetensors").write_bytes(shipped.read_bytes())
    return files


def load_once(arm: str, model: str, files: Mapping[str, Path]) -> dict[str, float]:
    """Load a model once in a fresh process; returns its seconds and its peak in bytes."""
    command = [sys.executable, str(Path(__file__).with_name("load_once.py"))]
    command += [arm, model, str(files[model]), str(files["tiny"])]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    outcome = subprocess.run(command, check=True, capture_output=True, env=variables)
    measured: dict[str, float] = json.loads(outcome.stdout)
    return measured


def float32_bytes(model: str) -> int:
    """What the module takes at least."""
    module = checkpoints.build(MODELS[model])
    return sum(t.numel() * t.element_size() for t in module.state_dict().values())


def run(rounds: int) -> Report:
    """Load every model in every way ``rounds`` times."""
    tables: dict[str, Sequence[Mapping[str, str]]] = {}
    aims: list[Aim] = []
    raw: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = prepare(Path(folder))
        for model in ("efficientnet_lite0", "synthetic"):
            arms = {arm: partial(load_once, arm, model, files) for arm in ARMS}
            loads = in_turns(arms, rounds)
            size = float32_bytes(model)
            on_disk = files[model].with_suffix(".safetensors").stat().st_size
            caption = (
                f"{model}: {size / 1e6:.1f} MB in float32, {on_disk / 1e6:.1f} MB on disk; medians "
                f"and quartiles of {rounds} processes"
            )
            tables[caption] = rows(loads, size)
            aims += judge(model, loads, size)
            raw[model] = loads
    title = "Loading a checkpoint, from the bare architecture to weights in memory"
    return Report(title=title, tables=tables, aims=aims, raw=raw)


def rows(loads: Mapping[str, Sequence[Mapping[str, float]]], size: int) -> list[dict[str, str]]:
    """A row for every way to load."""
    seconds = {arm: [load["seconds"] for load in several] for arm, several in loads.items()}
    return [
        {
            "way": arm,
            "ms": Spread.of([s * 1000 for s in seconds[arm]]).text(0),
            "× torch.load": paired(operator.truediv, seconds[arm], seconds[THEIRS]).text(2),
            "CPU, ms": Spread.of([load["cpu"] * 1000 for load in several]).text(0),
            "peak, MB": Spread.of([load["peak"] / 1e6 for load in several]).text(1),
            "peak × float32": f"{Spread.of([load['peak'] / size for load in several]).median:.2f}",
        }
        for arm, several in loads.items()
    ]


def judge(model: str, loads: Mapping[str, Sequence[Mapping[str, float]]], size: int) -> list[Aim]:
    """The aims for one model."""
    seconds = {arm: [load["seconds"] for load in several] for arm, several in loads.items()}
    peak = Spread.of([load["peak"] / size for load in loads[OURS]]).median
    compared = (THEIRS, f"{THEIRS}, mmap")
    return [
        Aim(what=f"{model}: peak over the float32 size", value=peak, limit=LARGEST_PEAK),
        *(
            Aim(
                what=f"{model}: time over {other}",
                value=paired(operator.truediv, seconds[OURS], seconds[other]).median,
                limit=LARGEST_RATIO,
            )
            for other in compared
        ),
    ]


if __name__ == "__main__":
    arguments = options(__doc__, rounds=9).parse_args()
    run(arguments.rounds).publish(arguments.json)
