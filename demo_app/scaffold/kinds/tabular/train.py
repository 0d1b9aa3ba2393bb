"""Makes the checkpoint, and measures it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from demo_app import EvaluationJob, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from .models import RowNet

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
SOURCE = (
    "demo-app train plugin_name, on R. A. Fisher's Iris data (1936; UCI Machine Learning "
    "Repository, doi:10.24432/C56C76, CC BY 4.0)"
)


def table() -> tuple[Tensor, Tensor, list[str]]:
    """The measurements ``(150, 4)`` in centimetres, the classes ``(150,)`` and their names."""
    with Path(__file__).with_name("iris.csv").open(newline="", encoding="utf-8") as file:
        (_, _, *names), *rows = csv.reader(file)
    numbers = torch.tensor([[float(cell) for cell in row[:4]] for row in rows])
    return numbers, torch.tensor([int(row[4]) for row in rows]), names


def is_held_out(count: int) -> Tensor:
    """Every fifth row is measured on and not learned from: ``(count,)``, true or false."""
    return torch.arange(count) % 5 == 4


def train(job: TrainJob) -> None:
    """Standardise the columns, and train on four fifths of the rows."""
    torch.manual_seed(0)
    rows, classes, names = table()
    learned = ~is_held_out(len(rows))
    mean, std = rows[learned].mean(0), rows[learned].std(0)
    standardised = (rows - mean) / std
    net = RowNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=0.01)
    for step in range(400):
        loss = nn.functional.cross_entropy(net(standardised[learned]), classes[learned])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            job.report(f"step {step + 1}: loss {loss.item():.3f}")
    metadata = CheckpointMetadata(
        architecture="MLP",
        license="CC0-1.0",
        source=SOURCE,
        classes=names,
        preprocessing={"mean": mean.tolist(), "std": std.tolist()},
    )
    job.save(net.state_dict(), metadata)


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy on the rows that were held out."""
    rows, classes, _ = table()
    held_out = is_held_out(len(rows))
    mean, std = (torch.tensor(job.metadata.preprocessing[name]) for name in ("mean", "std"))
    logits = job.module(((rows[held_out] - mean) / std).to(job.device)).cpu()
    accuracy = (logits.argmax(1) == classes[held_out]).float().mean().item()
    split = f"every fifth row, {int(held_out.sum())} flowers"
    return {"accuracy": {"value": accuracy, "split": split, "measured": "argmax of the logits"}}
