"""Three pictures that anybody can make again, by which an exported head is known to be right.

The recipe, in whole numbers: x becomes (1103515245 x + 12345) mod 2^31, beginning with the seed;
each x gives the value (x >> 16) mod 256. The values fill pictures of 8 x 8 pixels, row by row,
pixel by pixel, red, green, blue. Row r of a picture of the network's side is row 8 r // side of
the small one, and so are columns. They are scaled as photos are, and neither resized nor cropped.
"""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from ..photographs.features import extract
from ..photographs.preprocessing import Preprocessing
from ..transfer.trained_heads import TrainedHead

SEED = 20
COUNT = 3
CELLS = 8
TOLERANCE = 0.01
"""How far logits may differ: other processors add in another order."""
RECIPE = " ".join((__doc__ or "").split("\n\n", 1)[1].split())


def replay_pictures(side: int, seed: int = SEED) -> list[Image.Image]:
    """The three pictures, ``side`` by ``side`` pixels, RGB."""
    values = bytearray()
    x = seed
    for _ in range(COUNT * CELLS * CELLS * 3):
        x = (1103515245 * x + 12345) % 2**31
        values.append((x >> 16) % 256)
    small = torch.frombuffer(values, dtype=torch.uint8).view(COUNT, CELLS, CELLS, 3)
    places = torch.arange(side) * CELLS // side
    return [Image.fromarray(picture[places][:, places].numpy()) for picture in small]


def replay_logits(
    trained: TrainedHead, network: nn.Module, device: torch.device, seed: int = SEED
) -> Tensor:
    """What backbone and head make of the pictures: ``(3, outputs)``, fp32 on the CPU."""
    preprocessing: Preprocessing = trained.preprocessing
    pictures = replay_pictures(preprocessing.crop, seed)
    with torch.no_grad():
        logits: Tensor = trained.module()(extract(network, pictures, preprocessing, device))
    return logits


def replay_record(logits: Tensor) -> dict[str, Any]:
    """What a file keeps of them."""
    return {
        "seed": SEED,
        "recipe": RECIPE,
        "tolerance": TOLERANCE,
        "logits": logits.tolist(),
    }
