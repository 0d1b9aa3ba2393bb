"""Small models, each with one thing that is easy to get wrong."""

import torch
from torch import Tensor, nn


class Tied(nn.Module):
    """An output layer that uses the embedding's weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.head(self.embedding(tokens))
        return logits


class Twice(nn.Module):
    """One layer under two names, called twice through the first and once through the second."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = self.first

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.second(self.first(self.first(x)))
        return result


class Choices(nn.Module):
    """The two containers that are not called themselves, and one layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.activations = nn.ModuleDict({"relu": nn.ReLU(), "prelu": nn.PReLU()})
        self.forgotten = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = self.activations["relu"](layer(x))
        return x


class Buffers(nn.Module):
    """A buffer that is stored and one that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.register_buffer("mean", torch.zeros(3, dtype=torch.float64))
        self.register_buffer("mask", torch.ones(2, 3, dtype=torch.bool), persistent=False)


class Recurrent(nn.Module):
    """An LSTM, whose output is a tuple in a tuple, and a dictionary as the result."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 4, batch_first=True)

    def forward(self, x: Tensor) -> dict[str, Tensor | None]:
        hidden, _ = self.lstm(x)
        return {"hidden": hidden, "nothing": None}
