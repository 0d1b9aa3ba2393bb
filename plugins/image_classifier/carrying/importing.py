"""A head from a file: nothing in it is believed before it was looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from demo_app import Context, DemoError, File, InvalidInput
from demo_app.checkpoints import CheckpointMetadata, build
from demo_app.errors import shorten

from ..architectures.backbones import SHIPPED, backbones, find_backbone
from ..photographs.class_names import checked
from ..transfer.fingerprint import backbone_sha256
from ..transfer.heads import backbone as without_head
from ..transfer.heads import in_features
from ..transfer.networks import OwnNetwork, network_of, own_network, without_side_branches
from ..transfer.trained_heads import HeldOutScores, TrainedHead
from .exporting import FORMAT, stored_name
from .replay import TOLERANCE, replay_logits

MAX_FILE_BYTES = 130_000_000
MAX_HEADER_BYTES = 4_000_000
MAX_SIDE = 1024
MAX_SCALE = 1e6
"""Of the mean and the deviation of pixels, which are 0 to 255."""

MAX_HIDDEN = 4096
DTYPES = (torch.float32, torch.float16, torch.bfloat16)
MAX_RECORD = 100_000
"""Characters of the record of a training."""
MAX_SCORES = 5000
"""Photos held out."""


def import_head(ctx: Context, file: File) -> tuple[TrainedHead, float]:
    """Read a head from a file, and compare what it predicts with what it predicted.

    A backbone in the file is used if it is another than the one that ships. If there is none in it,
    the backbone is looked for where ``load_backbone`` finds it.

    Returns:
        The head, and the largest difference of its logits on the replay pictures.

    Raises:
        InvalidInput: no such file, damaged, or from a newer version.
        DemoError: it belongs to another backbone, or predicts otherwise than where it was exported.
    """
    # What is kept must not be bound to the inference mode of this call.
    with torch.inference_mode(False), torch.no_grad():
        return _imported(ctx, file)


def _imported(ctx: Context, file: File) -> tuple[TrainedHead, float]:
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
    try:
        trained = TrainedHead.from_metadata(metadata, _part(tensors, "head."))
    except (DemoError, OverflowError) as error:
        raise InvalidInput(str(error)) from error
    _check_metadata(trained)
    trained = replace(trained, held_out=_scores(trained, _part(tensors, "held_out.")))
    if weights := _part(tensors, "backbone."):
        trained = _with_backbone(ctx, trained, weights)
    network = network_of(ctx, trained)
    trained = _with_checked_weights(trained, in_features(network))
    return trained, _difference(ctx, trained, network, metadata.extra.get("replay"))


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


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
    if not isinstance(trained.backbone, str) or trained.backbone not in backbones():
        raise InvalidInput(
            f"The head is for the backbone {shorten(str(trained.backbone))!r}, which is not here. "
            f"Here are {SHIPPED} and torchvision's networks."
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
    if not type(trained.pretrained) is type(trained.ten_crop) is bool:
        raise InvalidInput("The head does not say which weights and how many crops it is for.")
    thresholds = trained.thresholds
    known = thresholds.keys() <= set(trained.classes)
    if not known or not all(type(t) in (int, float) and 0 <= t <= 1 for t in thresholds.values()):
        raise InvalidInput("The thresholds of the head are no probabilities of its classes.")


def _scores(trained: TrainedHead, tensors: dict[str, Tensor]) -> HeldOutScores | None:
    """What the head made of the photos held out, if the file says it."""
    if not tensors:
        return None
    probabilities, labels = tensors.get("probabilities"), tensors.get("labels")
    sound = (
        probabilities is not None
        and labels is not None
        and probabilities.dtype == torch.float32
        and labels.dtype == torch.int64
        and labels.ndim == 1
        and 0 < len(labels) <= MAX_SCORES
        and probabilities.shape == (len(labels), len(trained.classes))
        and bool(((probabilities >= 0) & (probabilities <= 1)).all())
        and bool(((labels >= 0) & (labels < len(trained.classes))).all())
    )
    if not sound:
        raise InvalidInput("The scores of the photos held out are no probabilities of the classes.")
    assert probabilities is not None
    assert labels is not None
    return HeldOutScores(probabilities=probabilities, labels=labels)


def _with_backbone(ctx: Context, trained: TrainedHead, weights: dict[str, Tensor]) -> TrainedHead:
    """The head with the backbone from its file, if it is not the one that ships."""
    ships = trained.backbone == SHIPPED and trained.pretrained
    if ships and backbone_sha256(ctx.model(SHIPPED)) == trained.backbone_sha256:
        return trained
    # Nothing is written to the architecture's memory, so a file cannot ask for more than it fills.
    network = without_side_branches(build(find_backbone(trained.backbone).architecture))
    state = without_head(network).state_dict()
    # Counters, and the tables of indices that some networks keep, follow from the architecture.
    fixed = {name: tensor for name, tensor in state.items() if not tensor.is_floating_point()}
    stored = {name: stored_name(trained.backbone, name) for name in state.keys() - fixed.keys()}
    given = {name: weights[at] for name, at in stored.items() if at in weights}
    if given.keys() != stored.keys() or any(t.shape != state[n].shape for n, t in given.items()):
        raise InvalidInput(f"The weights in the file do not fit the backbone {trained.backbone}.")
    if any(tensor.dtype not in DTYPES for tensor in given.values()):
        raise InvalidInput("The weights of the backbone are not fp32, fp16 or bf16.")
    # Copies lie where the processor likes them, and a file that is dropped is not held by them.
    tensors = {n: fixed[n] if n in fixed else given[n].float().clone() for n in state}
    own = OwnNetwork(backbone=trained.backbone, tensors=tensors)
    if backbone_sha256(own_network(own, ctx.device)) != trained.backbone_sha256:
        raise InvalidInput(
            "The backbone in the file is not the one that the head was trained on: the hash of its "
            "weights differs. The file was changed; export it again."
        )
    return replace(trained, own=own)


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
    try:
        logits = replay_logits(trained, network, ctx.device, seed % 2**31)
    except (AssertionError, RuntimeError, ValueError) as error:
        # A vision transformer has one size of picture, and any network a smallest one.
        side = trained.preprocessing.crop
        raise InvalidInput(
            f"The backbone {trained.backbone} cannot see pictures of {side} x {side} pixels, as "
            "the head wants them."
        ) from error
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
