"""A head as one file to take home: it predicts the same anywhere, or says why not."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from demo_app import Context, File, InvalidInput
from demo_app.checkpoints import CheckpointMetadata
from demo_app.tensor_files import serialized

from ..architectures.backbones import SHIPPED, Published, find_backbone
from ..architectures.timm_names import TIMM_NETWORK, timm_name
from ..transfer.heads import backbone as without_head
from ..transfer.heads import find_head
from ..transfer.networks import network_of
from ..transfer.trained_heads import TrainedHead
from .replay import replay_logits, replay_record

FORMAT = 2
"""Of the file. 1 knew the backbone that ships alone, and neither ten crops nor thresholds."""
COUNTER = "num_batches_tracked"
"""What a BatchNorm counts in training; nothing depends on it here."""


def export_head(ctx: Context, trained: TrainedHead, *, backbone: bool) -> File:
    """The head as a safetensors file.

    Args:
        ctx: the host's loan to this call.
        trained: the head.
        backbone: put the backbone's weights beside it, under timm's or torchvision's names and in
            fp16 where that loses nothing; without them the file is small and needs the same
            backbone elsewhere.

    Raises:
        InvalidInput: the weights are to be left out, but are nowhere else.
        DemoError: the head belongs to another backbone than the one here.
    """
    if trained.own is not None and not backbone:
        raise InvalidInput(
            "backbone: this head has a backbone of its own, whose weights are nowhere else. "
            "Export it with them."
        )
    network = network_of(ctx, trained)
    logits = replay_logits(trained, network, ctx.device)
    tensors = {f"head.{name}": tensor.contiguous() for name, tensor in trained.tensors.items()}
    if trained.held_out is not None:
        tensors["held_out.probabilities"] = trained.held_out.probabilities.contiguous()
        tensors["held_out.labels"] = trained.held_out.labels.contiguous()
    if backbone:
        tensors |= _backbone_tensors(trained.backbone, network)
    license, source = _origin(ctx, trained)
    about = CheckpointMetadata(
        architecture=f"{trained.head.kind} head on {trained.backbone}",
        license=license,
        source=f"exported by demo_app; backbone: {source}",
        config={**trained.config(), **_library(trained.backbone, network)},
        classes=list(trained.classes),
        preprocessing=trained.preprocessing.to_metadata(),
        training=dict(trained.training),
        extra={"format": FORMAT, "replay": replay_record(logits)},
    )
    return File(name="head.safetensors", data=serialized(tensors, about.to_header()))


def stored_name(backbone: str, ours: str) -> str:
    """What a tensor of a backbone is called in a file: as in the library that others have.

    Raises:
        KeyError: the backbone has no such tensor.
    """
    return timm_name(ours) if backbone == SHIPPED else ours


def _backbone_tensors(backbone: str, network: nn.Module) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, tensor in without_head(network).state_dict().items():
        if name.rpartition(".")[2] == COUNTER:
            continue
        stored = tensor.cpu()
        if tensor.is_floating_point():
            half = stored.half()
            stored = half if half.float().equal(stored.float()) else stored.float()
        # A copy, since the file's format has no place for tensors that share memory.
        tensors[f"backbone.{stored_name(backbone, name)}"] = stored.clone().contiguous()
    return tensors


def _library(backbone: str, network: nn.Module) -> dict[str, Any]:
    """By which library, under which name and with which options others build the backbone.

    Empty for the two networks that are written here alone.
    """
    if backbone == SHIPPED:
        return {"timm": TIMM_NETWORK}
    found = find_backbone(backbone)
    if found.torchvision is None:
        return {}
    options = dict(found.options)
    if "aux_logits" in vars(network):
        options["aux_logits"] = False
    return {
        "torchvision": found.torchvision,
        "options": options,
        "head_at": find_head(network).name,
    }


def _origin(ctx: Context, trained: TrainedHead) -> tuple[str, str]:
    """Licence and source of the backbone, as far as they are known."""
    found = find_backbone(trained.backbone)
    if not trained.pretrained:
        license, source = "Apache-2.0", "initial weights"
    elif isinstance(found.weights, Published):
        license, source = found.weights.license, found.weights.name
    else:
        metadata = ctx.metadata(SHIPPED)
        license, source = (
            (metadata.license, metadata.source) if metadata else ("unknown", "unknown")
        )
    return (
        license,
        f"{source}, fine-tuned" if "tuning" in trained.training and trained.own else source,
    )
