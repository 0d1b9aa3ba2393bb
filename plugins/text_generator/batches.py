"""Pieces of the training text."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .lstm import State


class Batches:
    """Random pieces of a text, some of which go on where the last batch ended.

    Args:
        ids: the text, ``(characters,)`` of int64.
        batch: pieces in a batch.
        length: characters in a piece.
        carried: share of the pieces that go on.

    Attributes:
        state: the LSTM's state at the end of the last batch, to be set by who trains one; for
            pieces that begin anew ``draw`` sets it to zero.
    """

    def __init__(self, ids: Tensor, batch: int, length: int, carried: float) -> None:
        self.ids, self.batch, self.length, self.carried = ids, batch, length, carried
        self.places = torch.zeros(batch, dtype=torch.int64)
        self.state: State | None = None

    def draw(self) -> tuple[Tensor, Tensor]:
        """Inputs and, one character on, targets: ``(batch, length)`` each."""
        goes_on = torch.rand(self.batch) < self.carried
        goes_on &= self.places + 2 * self.length < len(self.ids)
        if self.state is None:
            goes_on[:] = False
        else:
            mask = goes_on[None, :, None]
            self.state = (self.state[0] * mask, self.state[1] * mask)
        anew = torch.randint(len(self.ids) - self.length, (self.batch,))
        self.places = torch.where(goes_on, self.places + self.length, anew)
        pieces = self.ids[self.places[:, None] + torch.arange(self.length + 1)]
        return pieces[:, :-1], pieces[:, 1:]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on later."""
        return {"places": self.places, "state": self.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.places, self.state = state["places"], state["state"]
