"""The nearest digits of the training split, among all 60,000 of them."""

from __future__ import annotations

from typing import cast

import torch
from PIL import Image
from torch import Tensor

from demo_app import Context
from demo_app.prepared import once_for_each_model

from .archive import PictureArchive
from .models import SIDE
from .opinions import known_quantiles, share_below
from .pictures import to_picture
from .results import Neighbour, Neighbours

TRAINING = "training_digits"
CHUNK = 1_000
"""Pictures whose differences are computed at once: 3 MB in fp32, which stay in a cache."""


def find_nearest(ctx: Context, image: Tensor, *, count: int) -> Neighbours:
    """The nearest of the shipped training split; see the action ``nearest``.

    Args:
        ctx: of the call.
        image: ``(1, 1, 28, 28)`` in −1…1.
        count: how many.
    """
    archive = cast(PictureArchive, ctx.model(TRAINING))
    assert archive.labels is not None
    pictures = unpacked(archive)
    ink = ((image + 1) / 2).cpu()
    distances, places = nearest_pictures(pictures, ink[0, 0], count)
    known = known_quantiles(ctx, "nearest_distance")
    return Neighbours(
        image=to_picture(image[0].cpu()),
        neighbours=tuple(
            Neighbour(
                image=Image.fromarray(pictures[place].numpy()),
                label=int(archive.labels[place]),
                place=place,
                distance=distance,
            )
            for distance, place in zip(distances.tolist(), places.tolist(), strict=True)
        ),
        farther_than=share_below(distances[0].item(), known),
    )


@once_for_each_model
def unpacked(archive: PictureArchive) -> Tensor:
    """The archive's pictures, ``(count, height, width)`` of uint8, on the CPU."""
    return archive.unpack()


def nearest_pictures(pictures: Tensor, ink: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Root mean square distances to the nearest pictures, the nearest first, and their places.

    Args:
        pictures: ``(n, 28, 28)`` of uint8.
        ink: ``(28, 28)`` in 0…1.
        count: how many of them.
    """
    wanted = ink.flatten() * 255
    square = torch.cat(
        [(chunk.view(len(chunk), -1) - wanted).square_().sum(1) for chunk in pictures.split(CHUNK)]
    )
    nearest = square.topk(min(count, len(square)), largest=False)
    return nearest.values.sqrt() / (255 * SIDE), nearest.indices
