"""The feature maps in front of a network's average over its cells, in whatever network has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d
from torch.overrides import TorchFunctionMode

from .heads import backbone

AVERAGES: set[Callable[..., Any]] = {adaptive_avg_pool2d, avg_pool2d, torch.mean, Tensor.mean}
"""What networks average their cells with."""
TOLERANCE = 1e-4
"""How far the mean of the cells may be from the features, as a share of the largest."""

_averaging: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()


def feature_maps(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor | None]:
    """What a head gets, and the maps of which it is the average.

    Nothing is hooked into the network, which serves other threads at the same time. Whether it
    really averages cells, and nothing else comes after that, is looked at in the numbers.

    Args:
        network: in eval mode.
        images: ``(1, 3, H, W)``.

    Returns:
        Features ``(1, in_features)``, and maps ``(1, in_features, h, w)`` whose mean they are, or
        None where there are none: a vision transformer classifies a token, others have a layer
        between the average and the head.
    """
    with _Averages() as averages:
        pooled: Tensor = backbone(network)(images)
    maps = averages.latest
    if maps is None or maps.shape[:2] != pooled.shape:
        return pooled, None
    difference = (maps.mean(dim=(2, 3)) - pooled).abs().max()
    return pooled, maps if difference <= TOLERANCE * pooled.abs().max() else None


def averages_cells(network: nn.Module, shape: tuple[int, int, int]) -> bool:
    """Whether a head on this network classifies the average of cells, so that evidence adds up.

    Args:
        network: in eval mode; it is tried once.
        shape: of its pictures: channels, height, width.
    """
    known = _averaging.get(network)
    if known is None:
        image = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            maps = feature_maps(network, image.to(next(network.parameters()).device))[1]
        known = _averaging.setdefault(network, maps is not None)
    return known


class _Averages(TorchFunctionMode):
    """Notes what was last averaged, in this thread alone."""

    latest: Tensor | None = None

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in AVERAGES:
            averaged = args[0] if args else kwargs["input"]
            if averaged.ndim == 4:
                self.latest = averaged
        return func(*args, **kwargs)
