"""The architectures of this demo."""

from __future__ import annotations

from typing import Any

from torch import nn

from demo_app import DemoError

from .lstm import LSTMLanguageModel
from .transformer import TransformerLanguageModel
from .trigram import TrigramLanguageModel

__all__ = [
    "CONFIGS",
    "LSTMLanguageModel",
    "TransformerLanguageModel",
    "TrigramLanguageModel",
    "build_model",
]

VOCAB_SIZE = 65
TRAINING_CHARACTERS = 1_003_854

CONFIGS: dict[str, tuple[type[nn.Module], dict[str, Any]]] = {
    "lstm": (
        LSTMLanguageModel,
        {"vocab_size": VOCAB_SIZE, "embedding_width": 96, "hidden": 608, "layers": 2},
    ),
    "transformer": (
        TransformerLanguageModel,
        {
            "vocab_size": VOCAB_SIZE,
            "context": 256,
            "width": 256,
            "layers": 6,
            "heads": 8,
            "hidden": 688,
        },
    ),
    "trigram": (
        TrigramLanguageModel,
        {"vocab_size": VOCAB_SIZE, "length": TRAINING_CHARACTERS},
    ),
}


def build_model(name: str) -> nn.Module:
    """The bare architecture of the model ``name``, as its shipped checkpoint has it.

    Raises:
        DemoError: there is none of that name.
    """
    if name not in CONFIGS:
        raise DemoError(f"There is no model {name}; there are: {', '.join(CONFIGS)}.")
    architecture, config = CONFIGS[name]
    return architecture(**config)
