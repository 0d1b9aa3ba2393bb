"""Makes the checkpoint, and measures it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from demo_app import EvaluationJob, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from .models import Line

SLOPE, OFFSET, NOISE = 3.0, 2.0, 0.5


def points(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noisy points of a line: x and y, each ``(count, 1)``."""
    rng = torch.Generator().manual_seed(seed)
    x = 20 * torch.rand(count, 1, generator=rng) - 10
    return x, SLOPE * x + OFFSET + NOISE * torch.randn(count, 1, generator=rng)


def train(job: TrainJob) -> None:
    """Fit the line by gradient descent."""
    torch.manual_seed(0)
    net = Line()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    x, y = points(1000, seed=0)
    for step in range(300):
        loss = nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            job.report(f"step {step + 1}: loss {loss.item():.3f}")
    metadata = CheckpointMetadata(
        architecture="Linear", license="CC0-1.0", source="demo-app train plugin_name"
    )
    job.save(net.state_dict(), metadata)


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """The mean squared error on points that were not learned from."""
    x, y = points(1000, seed=1)
    error = nn.functional.mse_loss(job.module(x.to(job.device)).cpu(), y).item()
    split, how = "1,000 other points", f"mean squared error; the noise alone makes {NOISE**2:.2f}"
    return {"mean_squared_error": {"value": error, "split": split, "measured": how}}
