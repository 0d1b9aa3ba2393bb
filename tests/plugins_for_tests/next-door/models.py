"""Also named models.py, as in the demo beside it."""

from torch import Tensor, nn


class Adder(nn.Module):
    """Adds two numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)
