"""A module that calls the modules it holds as a test says."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Calling(nn.Module):
    """Holds modules by name, and does with them what the function says."""

    def __init__(self, call: Callable[[Any, Tensor], Any], **held: nn.Module) -> None:
        super().__init__()
        for name, module in held.items():
            self.add_module(name, module)
        self.call = call

    def forward(self, x: Tensor) -> Any:
        return self.call(self, x)
