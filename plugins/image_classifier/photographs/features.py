"""From photos to what a head gets: one pass through the frozen backbone, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from demo_app.checkpoints import load

from ..models import build_model
from ..shipped_heads import BACKBONE
from ..transfer.heads import backbone
from .photos import Photo, crop_for
from .preprocessing import Preprocessing

BATCH = 16


def extract(
    network: nn.Module,
    crops: Sequence[Image.Image],
    preprocessing: Preprocessing,
    device: torch.device,
) -> Tensor:
    """The features of one batch of pictures, ``(n, in_features)``, fp32 on the CPU.

    Args:
        network: in eval mode; its head is not used.
        crops: as ``Preprocessing.crop_picture`` cuts them.
        preprocessing: how pixels are scaled.
        device: where the network is.
    """
    images = torch.cat([preprocessing.to_tensor(crop) for crop in crops])  # (n, 3, H, W)
    # Whatever mode the caller is in, what is kept must be able to take part in gradients.
    with torch.inference_mode(False), torch.no_grad():
        features: Tensor = backbone(network)(images.to(device)).float().cpu()
    return features.clone()


def extract_photos(
    network: nn.Module,
    photos: Sequence[Photo],
    preprocessing: Preprocessing,
) -> Tensor:
    """The features of photos, ``(n, in_features)``.

    Args:
        network: on the device, in eval mode; its head is not used.
        photos: any number.
        preprocessing: how they become the network's inputs.

    Raises:
        InvalidInput: one of them cannot be read.
    """
    device = next(network.parameters()).device
    parts: list[Tensor] = []
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        crops = [crop_for(photo.read(), preprocessing) for photo in batch]
        parts.append(extract(network, crops, preprocessing, device))
    return torch.cat(parts)


def load_shipped_backbone(device: torch.device) -> tuple[nn.Module, Preprocessing]:
    """The backbone that ships, in eval mode and frozen; for trainings and measurements by command.

    Actions get it from the host instead.

    Raises:
        CheckpointError: its checkpoint is missing or damaged.
    """
    root = Path(__file__).resolve().parents[3]  # of the checkout, or of what a wheel brings along
    network = build_model(BACKBONE)
    path = root / "checkpoints" / Path(__file__).parents[1].name / f"{BACKBONE}.safetensors"
    metadata = load(path, network)
    network = network.eval().requires_grad_(False).to(device)
    return network, Preprocessing.from_metadata(metadata.preprocessing)
