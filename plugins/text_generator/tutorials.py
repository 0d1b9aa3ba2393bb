"""Two language models as tutorials publish them, and what is wrong with them, measured.

Both are untrained here: the faults are in the architecture, and no training mends them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from demo_app.checkpoints import build

from .results import Fault

VOCAB_SIZE = 65
LENGTH = 12


class RNNLanguageModel(nn.Module):
    """Embedding, ``nn.LSTM``, linear layer, as published: no first state is a pair of None.

    ``nn.LSTM`` takes None, or a pair of tensors. The pair of None raises.
    """

    def __init__(self, vocab_size: int, embed_size: int = 32, hidden_size: int = 64) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers=2, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocab_size)

    def forward(
        self, x: Tensor, state: tuple[Tensor | None, Tensor | None] | None = (None, None)
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """``(batch, length)`` to logits ``(batch, length, vocab_size)`` and the state.

        Raises:
            AttributeError: for the published default of ``state``. The mend is ``state=None``.
        """
        output, carried = self.lstm(self.embedding(x), state)
        return self.fc(output), carried


class TransformerLM(nn.Module):
    """Embedding, ``nn.TransformerEncoder``, linear layer, as published; each mend is a switch.

    Args:
        vocab_size: number of characters.
        batch_first: without it the first axis of ``(batch, length)`` is taken for the sequence,
            so that every text attends to the other texts of its batch.
        causal: without it every character sees those that it is trained to predict.
        positions: without them attention sees a set, not a sequence.
    """

    def __init__(
        self,
        vocab_size: int,
        d_model: int = 32,
        nhead: int = 4,
        num_layers: int = 2,
        *,
        batch_first: bool = False,
        causal: bool = False,
        positions: bool = False,
    ) -> None:
        super().__init__()
        self.causal = causal
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(256, d_model) if positions else None
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward=64, dropout=0.0, batch_first=batch_first
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)
        self.fc = nn.Linear(d_model, vocab_size)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, length)`` to logits ``(batch, length, vocab_size)``."""
        hidden = self.embedding(x)
        if self.positions is not None:
            hidden = hidden + self.positions(torch.arange(x.shape[1], device=x.device))
        mask = None
        if self.causal:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        logits: Tensor = self.fc(self.encoder(hidden, mask=mask, is_causal=self.causal))
        return logits


def faults() -> Iterator[Fault]:
    """Try each fault and its mend on small untrained models; the numbers are the same each time."""
    yield _pair_of_none()
    yield _across_the_batch()
    yield _into_the_future()
    yield _without_order()


def _pair_of_none() -> Fault:
    model = _untrained(lambda: RNNLanguageModel(VOCAB_SIZE))
    texts = _texts(2)
    try:
        model(texts)
        error = ""
    except (AttributeError, TypeError, RuntimeError) as raised:
        error = f"{type(raised).__name__}: {raised}"
    logits, _ = model(texts, None)
    return Fault(
        name="No first state is not a pair of None",
        model="RNNLanguageModel",
        published="def forward(self, x, state=(None, None)): … self.lstm(x, state)",
        consequence="The first call raises.",
        evidence="Mean surprise of the untrained model in bits (log₂ 65 is 6.02)",
        faulty=None,
        mended=_surprise(logits, texts),
        error=error,
        mend="state=None: nn.LSTM starts from zeros.",
    )


def _across_the_batch() -> Fault:
    texts = _texts(2)
    other = texts.clone()
    other[1] = (other[1] + 1) % VOCAB_SIZE

    return Fault(
        name="One text reads the others of its batch",
        model="TransformerLM",
        published="nn.TransformerEncoderLayer(d_model, nhead), fed with (batch, length)",
        consequence="Attention runs across the batch: what is predicted for your text depends on "
        "who else is served, and nothing is learned about sequences.",
        evidence="Largest change of a logit of text 1 when only text 2 is changed",
        faulty=_change(texts, other, slice(None)),
        mended=_change(texts, other, slice(None), batch_first=True),
        error="",
        mend="batch_first=True",
    )


def _into_the_future() -> Fault:
    texts = _texts(1)
    other = texts.clone()
    other[0, -1] = (other[0, -1] + 1) % VOCAB_SIZE

    return Fault(
        name="The first character sees the last",
        model="TransformerLM",
        published="self.encoder(x), without a mask",
        consequence="In training the answer can be copied from the input, so the loss falls to "
        "nothing; in use there is no future to copy from, and the text is noise.",
        evidence="Largest change of a logit after character 1 when only character 12 is changed",
        faulty=_change(texts, other, 0, batch_first=True),
        mended=_change(texts, other, 0, batch_first=True, causal=True),
        error="",
        mend="mask=generate_square_subsequent_mask(length), is_causal=True",
    )


def _without_order() -> Fault:
    texts = _texts(1)
    other = torch.cat([texts[:, :-1].flip(1), texts[:, -1:]], 1)

    # With one layer, or without a mask, the characters before the last are a mere set.
    return Fault(
        name="It cannot tell dog from god",
        model="TransformerLM",
        published="self.encoder(self.embedding(x)), without positions",
        consequence="Attention weighs characters by what they are, not by where they stand.",
        evidence="Largest change of a logit after the last character when all before it are "
        "reversed",
        faulty=_change(texts, other, -1, batch_first=True),
        mended=_change(texts, other, -1, batch_first=True, positions=True),
        error="",
        mend="Add an embedding of the position, or rotate queries and keys by it.",
    )


def _texts(count: int) -> Tensor:
    return torch.randint(VOCAB_SIZE, (count, LENGTH), generator=torch.Generator().manual_seed(0))


def _untrained(architecture: Callable[[], nn.Module]) -> nn.Module:
    """A model with random weights, the same each time, drawn from a generator of its own."""
    model = build(architecture)
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5, generator=generator)
        else:
            nn.init.constant_(parameter, float("norm" in name and name.endswith("weight")))
    return model.eval().requires_grad_(False)


def _change(texts: Tensor, other: Tensor, place: int | slice, **mends: bool) -> float:
    """Largest change of the first text's logits at a place when a model gets the other texts."""
    model = _untrained(lambda: TransformerLM(VOCAB_SIZE, **mends))
    change: Tensor = model(texts)[0, place] - model(other)[0, place]
    return change.abs().max().item()


def _surprise(logits: Tensor, texts: Tensor) -> float:
    """Mean bits of each text's next characters."""
    nats = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), texts[:, 1:].flatten())
    return nats.item() / math.log(2)
