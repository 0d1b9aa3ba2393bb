"""Time, memory and numbers of an explanation, beside torchinfo 1.8.0.

Needs ``pip install -e '.[benchmarks]'``. Both get the same module on the meta device, where nothing
is computed (the fastest way for both), and make a table of every module in it. The clock is read in
one process, in turns; the first explanation of a process and its peak of memory are measured in
fresh ones. The last table has small models of which the right number is known.
"""

from __future__ import annotations

import json
import operator
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchinfo
from explain_once import ARMS, MODELS
from measure import Aim, Report, Spread, in_turns, options, paired
from server import ROOT
from torch import nn
from torchinfo_cases import CASES, Case

from demo_app import TensorSpec, explain
from demo_app.meta import build_on_meta

OURS, THEIRS = "demo_app", "torchinfo"
LARGEST_RATIO = 1.0
LARGEST_PEAK = 600.0
FIRST_ROUNDS = 3
Measured = dict[str, float]


def timed(arm: str, module: nn.Module, shape: tuple[int, ...]) -> Measured:
    """Explain a module once; seconds on the clock and of the processor."""
    started, cpu_started = time.perf_counter(), time.process_time()
    ARMS[arm](module, shape)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    return {"seconds": seconds, "cpu": cpu}


def first(arm: str, model: str) -> Measured:
    """The first explanation of a fresh process."""
    command = [sys.executable, str(Path(__file__).with_name("explain_once.py")), arm, model]
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    outcome = subprocess.run(command, check=True, capture_output=True, env=variables)
    measured: Measured = json.loads(outcome.stdout)
    return measured


def run(rounds: int) -> Report:
    """Explain every model in both ways, ``rounds`` times in this process, then in fresh ones."""
    torch.set_num_threads(1)
    again: dict[str, Mapping[str, Sequence[Measured]]] = {}
    fresh: dict[str, Mapping[str, Sequence[Measured]]] = {}
    for model, (architecture, shape) in MODELS.items():
        module = build_on_meta(architecture).eval()
        arms = {arm: partial(timed, arm, module, shape) for arm in ARMS}
        again[model] = in_turns(arms, rounds)
    for model in MODELS:
        starts: dict[str, Callable[[], Measured]] = {
            arm: partial(first, arm, model) for arm in ARMS
        }
        fresh[model] = in_turns(starts, FIRST_ROUNDS)
    numbers = [row(case) for case in CASES]
    return Report(
        title="Taking a model apart, beside torchinfo 1.8.0",
        tables={
            f"Every module in a table; medians and quartiles of {rounds} rounds": [
                line for model in MODELS for line in rows(model, again[model])
            ],
            f"The first one of a process; medians of {FIRST_ROUNDS} processes": [
                line for model in MODELS for line in first_rows(model, fresh[model])
            ],
            "Numbers that are known": numbers,
        },
        aims=[*judge(again, fresh), right_numbers(numbers)],
        raw={"again": again, "first": fresh, "numbers": numbers},
    )


def rows(model: str, measured: Mapping[str, Sequence[Measured]]) -> list[dict[str, str]]:
    """A row for each of the two ways."""
    seconds = {arm: [each["seconds"] for each in several] for arm, several in measured.items()}
    return [
        {
            "model": model,
            "by": arm,
            "ms": Spread.of([s * 1000 for s in seconds[arm]]).text(0),
            "× torchinfo": paired(operator.truediv, seconds[arm], seconds[THEIRS]).text(2),
            "CPU, ms": Spread.of([each["cpu"] * 1000 for each in several]).text(0),
        }
        for arm, several in measured.items()
    ]


def first_rows(model: str, measured: Mapping[str, Sequence[Measured]]) -> list[dict[str, str]]:
    """The same for the first explanation of a process, with its memory."""

    def median(arm: str, what: str) -> float:
        return Spread.of([each[what] for each in measured[arm]]).median

    return [
        {
            "model": model,
            "by": arm,
            "s": f"{median(arm, 'seconds'):.2f}",
            "CPU, s": f"{median(arm, 'cpu'):.2f}",
            "MB before": f"{median(arm, 'before') / 1e6:.0f}",
            "MB at most": f"{median(arm, 'peak') / 1e6:.0f}",
        }
        for arm in measured
    ]


def row(case: Case) -> dict[str, str]:
    """What is right, and what both say."""
    module = case.architecture().eval()
    spec = TensorSpec(shape=case.shape, dtype=str(case.dtype).removeprefix("torch."))
    summary = torchinfo.summary(
        module, input_size=case.shape, dtypes=[case.dtype], device="cpu", verbose=0
    )
    of_torchinfo = {
        "multiply_adds": summary.total_mult_adds,
        "parameters": summary.total_params,
        "activation_bytes": summary.total_output_bytes,
    }
    return {
        "model": case.name,
        "number": case.number.replace("_", " "),
        "right": f"{case.expected:,}",
        OURS: f"{getattr(explain(module, spec).explanation, case.number):,}",
        THEIRS: f"{of_torchinfo[case.number]:,}",
    }


def judge(
    again: Mapping[str, Mapping[str, Sequence[Measured]]],
    fresh: Mapping[str, Mapping[str, Sequence[Measured]]],
) -> list[Aim]:
    """No slower on any model; little memory for the largest."""
    aims = []
    for model, measured in again.items():
        ours, theirs = ([each["seconds"] for each in measured[arm]] for arm in (OURS, THEIRS))
        ratio = paired(operator.truediv, ours, theirs).median
        aims.append(
            Aim(what=f"{model}: time over torchinfo's", value=ratio, limit=LARGEST_RATIO, unit=" ×")
        )
    largest = max(each["peak"] for each in fresh["50 billion"][OURS]) / 1e6
    memory = Aim(
        what="50 billion: peak of the process", value=largest, limit=LARGEST_PEAK, unit=" MB"
    )
    return [*aims, memory]


def right_numbers(numbers: Sequence[Mapping[str, Any]]) -> Aim:
    """How many of the known numbers are not what demo_app says."""
    wrong = sum(line["right"] != line[OURS] for line in numbers)
    return Aim(what="known numbers that are wrong", value=wrong, limit=0)


if __name__ == "__main__":
    arguments = options(__doc__, rounds=15).parse_args()
    run(arguments.rounds).publish(arguments.json)
