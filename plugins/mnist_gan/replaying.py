"""What the generator drew while it learned."""

from __future__ import annotations

from typing import cast

from PIL import Image

from demo_app import Context, InvalidInput

from .actions import REPLAY
from .archive import PictureArchive
from .neighbours import unpacked
from .results import Moment


def moment_at(ctx: Context, step: int | None) -> Moment:
    """The last kept moment that is not after a step; see the action ``replay``.

    Raises:
        InvalidInput: the training had fewer steps.
    """
    metadata = ctx.metadata(REPLAY)
    assert metadata is not None
    curve = metadata.training["curve"]
    steps = curve[-1][0]
    if step is not None and step > steps:
        raise InvalidInput(f"step: the training had {steps:,} steps")
    wanted = steps if step is None else step
    place = max(number for number, point in enumerate(curve) if point[0] <= wanted)
    pictures = unpacked(cast(PictureArchive, ctx.model(REPLAY)))
    reached, discriminator_loss, generator_loss, agreement, distance = curve[place]
    return Moment(
        step=reached,
        steps=steps,
        image=Image.fromarray(pictures[place].numpy()),
        discriminator_loss=discriminator_loss,
        generator_loss=generator_loss,
        agreement=agreement,
        distance=distance,
    )
