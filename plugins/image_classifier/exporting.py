"""A head as one file to take home, and back: it predicts the same anywhere, or says why not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from demo_app import Context, DemoError, File, InvalidInput
from demo_app.checkpoints import CheckpointMetadata
from demo_app.errors import shorten

from .class_names import checked
from .heads import backbone as without_head
from .heads import in_features
from .replay import TOLERANCE, replay_logits, replay_record
from .shipped_heads import BACKBONE
from .timm_names import TIMM_NETWORK, timm_name
from .trained_heads import TrainedHead

FORMAT = 1
MAX_FILE_BYTES = 64_000_000
MAX_HEADER_BYTES = 4_000_000
MAX_SIDE = 1024
MAX_SCALE = 1e6
"""Of the mean and the deviation of pixels, which are 0 to 255."""

MAX_HIDDEN = 4096
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
MAX_RECORD = 100_000
"""Characters of the record of a training."""


def export_head(ctx: Context, trained: TrainedHead, *, backbone: bool) -> File:
    """The head as a safetensors file.

    Args:
        ctx: the host's loan to this call.
        trained: the head.
        backbone: put the backbone's weights beside it, under timm's names and in fp16 where that
            loses nothing; without them the file is small and needs the same backbone elsewhere.

    Raises:
        DemoError: the head belongs to another backbone than the one here.
    """
    network, metadata = ctx.model(trained.backbone), ctx.metadata(trained.backbone)
    trained.require_backbone(network)
    logits = replay_logits(trained, network, ctx.device)
    tensors = {f"head.{name}": tensor.contiguous() for name, tensor in trained.tensors.items()}
    if backbone:
        tensors |= _backbone_tensors(network)
    about = CheckpointMetadata(
        architecture=f"{trained.head.kind} head on {trained.backbone}",
        license=metadata.license if metadata else "unknown",
        source=f"exported by demo_app; backbone: {metadata.source if metadata else 'unknown'}",
        config={**trained.config(), "timm": TIMM_NETWORK},
        classes=list(trained.classes),
        preprocessing=trained.preprocessing.to_metadata(),
        training=dict(trained.training),
        extra={"format": FORMAT, "replay": replay_record(logits)},
    )
    return File(name="head.safetensors", data=save_tensors(tensors, about.to_header()))


def import_head(ctx: Context, file: File) -> tuple[TrainedHead, float]:
    """Read a head from a file, and compare what it predicts with what it predicted.

    Returns:
        The head, and the largest difference of its logits on the replay pictures.

    Raises:
        InvalidInput: no such file, damaged, or from a newer version.
        DemoError: it belongs to another backbone, or predicts otherwise than where it was exported.
    """
    metadata = _read_metadata(file.data)
    version = metadata.extra.get("format")
    if not isinstance(version, int) or version < 1:
        raise InvalidInput("The file is no exported head.")
    if version > FORMAT:
        raise InvalidInput("The head was exported by a newer version of demo_app; update this one.")
    try:
        tensors = load_tensors(file.data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError, RuntimeError) as error:
        raise InvalidInput("The file is damaged or cut off. Export it again.") from error
    own = {n.removeprefix("head."): t for n, t in tensors.items() if n.startswith("head.")}
    try:
        trained = TrainedHead.from_metadata(metadata, own)
    except (DemoError, OverflowError) as error:
        raise InvalidInput(str(error)) from error
    _check_metadata(trained)
    network = ctx.model(trained.backbone)
    trained = _with_checked_weights(trained, in_features(network))
    trained.require_backbone(network)
    return trained, _difference(ctx, trained, network, metadata.extra.get("replay"))


def _backbone_tensors(network: nn.Module) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, tensor in without_head(network).state_dict().items():
        if tensor.is_floating_point():
            half = tensor.cpu().half()
            exact = half.float().equal(tensor.cpu().float())
            stored = half if exact else tensor.cpu().float()
            tensors[f"backbone.{timm_name(name)}"] = stored.contiguous()
    return tensors


def _read_metadata(data: bytes) -> CheckpointMetadata:
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"The file is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES or length > len(data) - 8:
        raise InvalidInput("The file is no exported head, or it is cut off.")
    try:
        header: Any = json.loads(data[8 : 8 + length])
        return CheckpointMetadata.from_header(header["__metadata__"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DemoError) as error:
        raise InvalidInput("The file is no exported head.") from error


def _check_metadata(trained: TrainedHead) -> None:
    """Refuse a head whose classes, backbone or preprocessing cannot be used here."""
    if not all(isinstance(name, str) for name in trained.classes):
        raise InvalidInput("The classes of the head are no names.")
    checked(list(trained.classes))
    if trained.backbone != BACKBONE:
        raise InvalidInput(
            f"The head is for the backbone {shorten(str(trained.backbone))!r}, which is not here. "
            f"Here is {BACKBONE}."
        )
    seen = trained.preprocessing
    if not type(seen.crop) is type(seen.resize) is int or seen.resize > MAX_SIDE:
        raise InvalidInput(f"The head wants pictures of a side that is not 1 to {MAX_SIDE}.")
    numbers = (*seen.mean, *seen.std)
    sound = all(type(n) in (int, float) and abs(n) < MAX_SCALE for n in numbers)
    if not sound or 0 in seen.std or not len(seen.mean) == len(seen.std) == 3:
        raise InvalidInput("The head scales pixels by what is no number for each of 3 channels.")
    if len(json.dumps(dict(trained.training))) > MAX_RECORD:
        raise InvalidInput("The record of the head's training is too long.")


def _with_checked_weights(trained: TrainedHead, inputs: int) -> TrainedHead:
    """The head in fp32, if its weights fit its classes and so many inputs."""
    hidden = trained.head.hidden
    if type(hidden) is not int or hidden > MAX_HIDDEN:
        raise InvalidInput(f"The hidden layer of the head is not 1 to {MAX_HIDDEN} units wide.")
    # Before any module is built: a file must not ask for more memory than it fills itself.
    shapes = {name: tuple(tensor.shape) for name, tensor in trained.tensors.items()}
    if shapes != _shapes(trained, inputs):
        raise InvalidInput("The weights of the head do not fit its classes and its backbone.")
    if any(tensor.dtype not in DTYPES for tensor in trained.tensors.values()):
        raise InvalidInput("The weights of the head are not fp32, fp16 or bf16.")
    tensors = {name: tensor.float() for name, tensor in trained.tensors.items()}
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InvalidInput("The weights of the head hold what is no number.")
    return replace(trained, tensors=tensors)


def _shapes(trained: TrainedHead, inputs: int) -> dict[str, tuple[int, ...]]:
    head = trained.head
    outputs = head.outputs(len(trained.classes))
    if head.kind != "mlp":
        return {"weight": (outputs, inputs), "bias": (outputs,)}
    return {
        "hidden.weight": (head.hidden, inputs),
        "hidden.bias": (head.hidden,),
        "output.weight": (outputs, head.hidden),
        "output.bias": (outputs,),
    }


def _difference(ctx: Context, trained: TrainedHead, network: nn.Module, replay: Any) -> float:
    """The largest difference to the logits in the file; refused above the tolerance."""
    try:
        seed, expected = int(replay["seed"]), torch.tensor(replay["logits"], dtype=torch.float32)
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise InvalidInput("The file lacks the logits by which a head is checked.") from error
    logits = replay_logits(trained, network, ctx.device, seed % 2**31)
    if expected.shape != logits.shape:
        raise InvalidInput("The logits by which the head is checked are of another head.")
    difference = (logits - expected).abs().max().item()
    if not difference <= TOLERANCE:
        raise DemoError(
            "The head predicts otherwise than where it was exported: its logits on the replay "
            f"pictures differ by up to {difference:.3g}, {TOLERANCE} is allowed. The file was "
            "changed, or this computer computes otherwise. Export it again."
        )
    return difference
