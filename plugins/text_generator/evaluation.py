"""Loss on the held-out text, measured on a stored checkpoint."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from demo_app import DemoError, EvaluationJob

from .corpus import Corpus
from .decoding import decoder_of
from .trigram import TrigramLanguageModel

WINDOW = 256
SPLIT = "Tiny Shakespeare, the last 10 % of its characters"


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Nats per character of the validation split, each character scored once, in two ways.

    Raises:
        DemoError: the text has other characters than the checkpoint's vocabulary.
    """
    corpus = Corpus.read(job.data)
    if corpus.vocabulary.characters != job.metadata.extra["vocabulary"]:
        raise DemoError("The text has other characters than this checkpoint's vocabulary.")
    # The last character of the training split comes before the first that is scored.
    ids = torch.cat([corpus.training[-1:], corpus.validation])
    job.report(f"{len(ids) - 1:,} characters over windows of {WINDOW} …")
    windows = windowed_loss(job.module, ids, WINDOW)
    job.report(f"{len(ids) - 1:,} characters in one go …")
    sliding = sliding_loss(job.module, ids)
    return {
        "validation_loss": _metric(
            windows,
            f"non-overlapping windows of {WINDOW} characters, each read without memory of the "
            "one before",
        ),
        "validation_loss_sliding": _metric(
            sliding, "read in one go, with all the memory that the model has"
        ),
    }


def _metric(nats: float, how: str) -> dict[str, Any]:
    return {
        "value": nats,
        "unit": "nats per character",
        "split": SPLIT,
        "measured": f"{how}; every character scored once, in fp32",
        "bits_per_character": nats / math.log(2),
    }


def windowed_loss(model: nn.Module, ids: Tensor, window: int, batch: int = 32) -> float:
    """Mean nats of all but the first of these ids, read in windows without memory.

    Args:
        model: any model of this demo, in eval mode.
        ids: ``(characters,)`` of int64.
        window: characters that are scored in each forward pass; the last may have fewer.
        batch: windows in a forward pass.
    """
    device = next(iter(model.state_dict().values())).device
    inputs, targets = ids[:-1].to(device), ids[1:].to(device)
    whole = len(inputs) // window * window
    pieces = list(
        zip(
            inputs[:whole].view(-1, window).split(batch),
            targets[:whole].view(-1, window).split(batch),
            strict=True,
        )
    )
    if whole < len(inputs):
        pieces.append((inputs[None, whole:], targets[None, whole:]))
    total = sum(_nats(_logits(model, x), y) for x, y in pieces)
    return total / len(inputs)


def sliding_loss(model: nn.Module, ids: Tensor) -> float:
    """Mean nats of all but the first of these ids, each predicted from all that it can know.

    The Transformer sees the last ``context`` characters, the LSTM carries its state along.
    """
    if isinstance(model, TrigramLanguageModel):
        return _nats(_logits(model, ids[None, :-1]), ids[None, 1:]) / (len(ids) - 1)
    logits = decoder_of(model).read(ids[:-1].tolist())
    return _nats(logits[None], ids[None, 1:].to(logits.device)) / (len(ids) - 1)


def _logits(model: nn.Module, ids: Tensor) -> Tensor:
    output = model(ids)
    logits: Tensor = output[0] if isinstance(output, tuple) else output
    return logits


def _nats(logits: Tensor, targets: Tensor) -> float:
    losses = cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum")
    return losses.double().item()
