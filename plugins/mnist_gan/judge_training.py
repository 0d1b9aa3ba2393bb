"""The training of the judge."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from demo_app.datasets.mnist import Digits, to_model
from demo_app.training import autocast

from .models import Judge
from .recipes import JudgeRecipe


def train_judge(digits: Digits, recipe: JudgeRecipe, report: Callable[[str], None]) -> Judge:
    """A judge that learned from a split, in eval mode.

    The random state of the process is used; seed it before.
    """
    judge = Judge()
    optimizer = torch.optim.AdamW(
        judge.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    batches = len(digits) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.epochs * batches
    )
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(digits))[: batches * recipe.batch].view(batches, -1)
        total = 0.0
        for chosen in order:
            images = moved(to_model(digits.images[chosen]), recipe)
            with autocast():
                logits = judge(images)
            loss = cross_entropy(logits.float(), digits.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        report(f"judge, epoch {epoch + 1}/{recipe.epochs}  loss {total / batches:.4f}")
    return judge.eval()


def moved(images: Tensor, recipe: JudgeRecipe) -> Tensor:
    """Each picture turned, resized and shifted a little; ``(n, 1, 28, 28)`` in −1…1."""
    count = len(images)
    turn, resize = recipe.turn * _spread(count), 1 + recipe.resize * _spread(count)
    transform = torch.empty(count, 2, 3)
    transform[:, 0, 0] = transform[:, 1, 1] = resize * turn.cos()
    transform[:, 1, 0] = resize * turn.sin()
    transform[:, 0, 1] = -transform[:, 1, 0]
    transform[:, :, 2] = recipe.shift * _spread(count, 2)
    grid = affine_grid(transform, list(images.shape), align_corners=False)
    # What comes in from outside the picture is 0, which has to be paper.
    return grid_sample(images + 1, grid, align_corners=False) - 1


def _spread(*shape: int) -> Tensor:
    return torch.rand(shape) * 2 - 1
