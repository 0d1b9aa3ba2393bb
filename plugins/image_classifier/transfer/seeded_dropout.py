"""Train mode in which dropout draws from a generator, and not from everybody's random state.

``nn.Dropout`` takes its masks from the one random state of the process: two visitors who train at
the same time would change each other's results, and no seed would give the same network twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth


@contextmanager
def seeded_training(network: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """Put a private network into train mode, with masks from a generator.

    Whole layers or channels (stochastic depth, ``nn.Dropout2d``) are not dropped: that is for long
    trainings.

    Args:
        network: that nobody else uses; it stays in train mode, its dropout in eval mode.
        generator: on the CPU.
    """
    network.train()
    hooks = []
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd | StochasticDepth):
            if module.training and type(module) is nn.Dropout and module.p:
                hooks.append(module.register_forward_hook(_dropping(generator)))
            module.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _dropping(generator: torch.Generator) -> Callable[[nn.Dropout, Any, Tensor], Tensor]:
    def drop(module: nn.Dropout, inputs: Any, output: Tensor) -> Tensor:
        keep = 1 - module.p
        mask = torch.empty(output.shape).bernoulli_(keep, generator=generator)
        return output * (mask / keep).to(output)

    return drop
