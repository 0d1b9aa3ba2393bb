"""A recurrent language model: embedding, ``nn.LSTM``, linear layer."""

from __future__ import annotations

from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import dropout as drop

State = tuple[Tensor, Tensor]


class LSTMLanguageModel(nn.Module):
    """Predicts the next character from a state that sums up all the characters so far.

    In training, besides dropout on the embedding, between the layers and before the linear layer,
    single recurrent weights are dropped, one mask for the whole sequence (*DropConnect*; Merity,
    Keskar and Socher 2018, arXiv 1708.02182): dropout on the state itself would wash out what
    the network remembers.

    Args:
        vocab_size: number of characters.
        embedding_width: size of a character's embedding.
        hidden: size of the hidden state and of the cell of each layer.
        layers: number of LSTM layers.
        dropout: on the embedding (half as much), between the layers and before the linear layer.
        weight_dropout: on the recurrent weights.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_width: int = 96,
        hidden: int = 608,
        layers: int = 2,
        dropout: float = 0.0,
        weight_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.hidden = hidden
        self.layers = layers
        self.weight_dropout = weight_dropout
        self.embedding = nn.Embedding(vocab_size, embedding_width)
        self.embedding_dropout = nn.Dropout(dropout / 2)
        self.lstm = nn.LSTM(embedding_width, hidden, layers, batch_first=True, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, vocab_size)
        for name, parameter in self.lstm.named_parameters():
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter)
            elif name.startswith("bias_ih"):
                # Gates are ordered input, forget, cell, output: remember at first
                # (Jozefowicz et al. 2015).
                nn.init.zeros_(parameter)
                nn.init.ones_(parameter[hidden : 2 * hidden])

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits of the next character after every character, and the state after the last.

        Args:
            ids: ``(batch, length)`` of int64.
            state: hidden state and cell, each ``(layers, batch, hidden)``; None starts afresh.

        Returns:
            ``(batch, length, vocab_size)``, and the new state.
        """
        x = self.embedding_dropout(self.embedding(ids))
        output, state = self._recur(x, state)
        return self.head(self.dropout(output)), state

    def _recur(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        output: tuple[Tensor, State]
        if self.training and self.weight_dropout:
            weights = {
                name: drop(parameter, self.weight_dropout)
                for name, parameter in self.lstm.named_parameters()
                if name.startswith("weight_hh")
            }
            output = functional_call(self.lstm, weights, (x, state))
        else:
            output = self.lstm(x, state)
        return output
