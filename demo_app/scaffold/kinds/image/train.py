"""Makes the checkpoint, and measures it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from demo_app import EvaluationJob, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from .drawing import drawn_set
from .models import CLASSES, ShapeNet

BATCH, PASSES = 64, 12


def train(job: TrainJob) -> None:
    """Draw 3,000 pictures, and learn from them; some seconds on one core."""
    torch.manual_seed(0)
    pictures, classes = drawn_set(3000, seed=0)
    net = ShapeNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.003, weight_decay=0.01)
    steps = PASSES * (len(pictures) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for number in range(PASSES):
        for batch in torch.randperm(len(pictures)).split(BATCH)[: steps // PASSES]:
            loss = nn.functional.cross_entropy(net(pictures[batch]), classes[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if number % 4 == 3:
            job.report(f"pass {number + 1} of {PASSES}: loss {loss.item():.3f}")
    metadata = CheckpointMetadata(
        architecture="ConvNet",
        license="CC0-1.0",
        source="demo-app train plugin_name, on pictures drawn by its code",
        classes=list(CLASSES),
    )
    job.save(net.state_dict(), metadata)


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy on pictures that were not learned from."""
    pictures, classes = drawn_set(1000, seed=1)
    logits = job.module(pictures.to(job.device)).cpu()
    accuracy = (logits.argmax(1) == classes).float().mean().item()
    split = "1,000 other drawn pictures"
    return {"accuracy": {"value": accuracy, "split": split, "measured": "argmax of the logits"}}
