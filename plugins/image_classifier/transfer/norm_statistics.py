"""The running statistics of norms, taken anew from the photos that a network learned from.

Running averages follow weights that move. After a long training they have caught up; after the few
dozen steps that a handful of photos allows they belong to no network that ever was. EfficientNet-
Lite0 from scratch on 112 photos then gets every one of them right in train mode, and names them all
alike in eval mode: 20 % of five classes, with photos that it has learned by heart.

Source: Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021, arXiv:2105.07576, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def set_statistics(network: nn.Module, batches: Iterable[Tensor]) -> Iterator[None]:
    """Give every BatchNorm the plain average of the batches' statistics; yields after each.

    Args:
        network: changed in place; in eval mode afterwards, as all but its norms are meanwhile.
        batches: photos that it learns from, ``(n, C, H, W)`` each, on any device.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    device = next(network.parameters()).device
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for images in batches:
        with torch.no_grad():
            network(images.to(device))
        yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
