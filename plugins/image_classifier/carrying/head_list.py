"""Every head that classify takes, in a few words each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo_app import Context

from ..explaining.inference import trained_head
from ..results import HeadSummary
from ..shipped_heads import BACKBONE, IMAGENET, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS
from ..transfer.cells import averages_cells
from ..transfer.networks import network_of
from ..transfer.trained_heads import TrainedHead
from .session_heads import heads_of


def summaries(ctx: Context) -> list[HeadSummary]:
    """ImageNet's head, those that ship, the networks that ship, and the visitor's own.

    Raises:
        DemoError: a checkpoint does not say its classes.
    """
    return [
        _of_network(ctx, IMAGENET, BACKBONE, "EfficientNet-Lite0, ImageNet-1k"),
        *(
            _of_head(ctx, name, trained_head(ctx, name), shipped.title)
            for name, shipped in SHIPPED_HEADS.items()
        ),
        *(
            _of_network(ctx, name, name, shipped.title)
            for name, shipped in SHIPPED_NETWORKS.items()
        ),
        *(_of_head(ctx, name, trained, None) for name, trained in heads_of(ctx).items()),
    ]


def _of_head(
    ctx: Context, name: str, trained: TrainedHead, shipped_title: str | None
) -> HeadSummary:
    metadata = ctx.metadata(name) if shipped_title else None
    network, side = network_of(ctx, trained), trained.preprocessing.crop
    return HeadSummary(
        name=name,
        title=shipped_title or f"{name}, on {trained.backbone}",
        kind=trained.head.kind,
        classes=list(trained.classes),
        own=shipped_title is None,
        backbone=trained.backbone,
        accuracy=_accuracy(metadata.metrics) if metadata else _share(trained.training),
        can_explain=trained.head.kind != "mlp"
        and not trained.ten_crop
        and averages_cells(network, (3, side, side)),
    )


def _of_network(ctx: Context, name: str, model: str, title: str) -> HeadSummary:
    network, metadata = ctx.model(model), ctx.metadata(model)
    assert metadata is not None
    side = metadata.preprocessing["crop"]
    channels = SHIPPED_NETWORKS[name].channels if name in SHIPPED_NETWORKS else 3
    return HeadSummary(
        name=name,
        title=title,
        kind="linear",
        classes=metadata.classes,
        own=False,
        backbone=model,
        accuracy=_accuracy(metadata.metrics),
        can_explain=averages_cells(network, (channels, side, side)),
    )


def _accuracy(metrics: Mapping[str, Any]) -> float | None:
    for name in ("accuracy", "top1_accuracy"):
        if name in metrics:
            return float(metrics[name]["value"])
    return None


def _share(training: Mapping[str, Any]) -> float | None:
    """The accuracy in the record of a training; a record from a file may hold anything."""
    share = training.get("accuracy")
    return float(share) if isinstance(share, int | float) and 0 <= share <= 1 else None
