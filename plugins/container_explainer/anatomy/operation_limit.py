"""A bound on the forward passes of one call: nothing is computed, and still each step takes time.

On the meta device a product of huge matrices takes no longer than one of small ones. What takes
time is their number: a recurrent layer makes a dozen operations for every element of a sequence.
"""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

MAX_OPERATIONS = 20_000
"""ResNet-152 takes 832, and the LSTM of the text generator on 256 characters 7,698."""


class TooManyOperations(Exception):
    """A forward pass goes on for longer than anybody should wait."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This takes more than {limit:,} operations, which is the limit here. Loops and "
            "recurrent layers (LSTM, GRU, RNN) take several for every step: make them shorter."
        )


class OperationLimit(TorchDispatchMode):
    """Inside it, operations are counted, and one beyond the limit is refused.

    After a refusal the count begins again: whoever caught it may still make tensors.

    Attributes:
        count: of operations since the beginning or the last refusal.
        was_exceeded: whether one was refused.
    """

    supports_higher_order_operators = True

    def __init__(self, limit: int = MAX_OPERATIONS) -> None:
        super().__init__()
        self.count = 0
        self.was_exceeded = False
        self._limit = limit

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        if self.count > self._limit:
            self.count, self.was_exceeded = 0, True
            raise TooManyOperations(self._limit)
        return func(*args, **(kwargs or {}))
