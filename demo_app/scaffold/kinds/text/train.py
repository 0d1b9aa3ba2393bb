"""Makes the checkpoint, and measures it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from demo_app import EvaluationJob, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from .models import LETTERS, LetterGRU, encode

SOURCE = (
    "demo-app train plugin_name, on poems by W. Blake (1794), L. Carroll (1871) and W. Wordsworth "
    "(1815), public domain"
)
STEPS, BATCH, LENGTH = 200, 16, 64


def letters() -> Tensor:
    """The poems, letter by letter: ``(letters,)``."""
    return torch.tensor(encode(Path(__file__).with_name("poems.txt").read_text("utf-8")))


def train(job: TrainJob) -> None:
    """Learn to tell the next letter; some seconds on one core."""
    torch.manual_seed(0)
    text = letters()
    net = LetterGRU()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.005, weight_decay=0.01)
    for step in range(STEPS):
        starts = torch.randint(len(text) - LENGTH - 1, (BATCH,))
        pieces = torch.stack([text[start : start + LENGTH + 1] for start in starts.tolist()])
        logits, _ = net(pieces[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), pieces[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99:
            job.report(f"step {step + 1} of {STEPS}: {loss.item() / math.log(2):.2f} bits a letter")
    metadata = CheckpointMetadata(
        architecture="GRU", license="CC0-1.0", source=SOURCE, extra={"letters": LETTERS}
    )
    job.save(net.state_dict(), metadata)


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """How well it knows the poems; there is too little text to hold any of it out."""
    text = letters().to(job.device)
    logits, _ = job.module(text[None, :-1])
    loss = nn.functional.cross_entropy(logits[0], text[1:]).item()
    how = "cross-entropy of the next letter; it says how well the poems are remembered, no more"
    split = "the poems that it learned from"
    bits = {"value": loss / math.log(2), "split": split, "measured": how, "unit": "bits"}
    return {"bits_per_letter": bits}
