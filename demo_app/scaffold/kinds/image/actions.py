"""What can be asked of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from PIL import Image
from pydantic import Field

from demo_app import Context, action


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One class and its probability, 0 to 1."""

    label: str
    probability: float


@action
def classify(
    ctx: Context,
    *,
    image: Annotated[Image.Image, Field(description="One shape on plain ground.")],
    top_k: Annotated[int, Field(ge=1, le=4, description="How many of the likeliest.")] = 4,
) -> list[Prediction]:
    """Name the shape in a picture, the likeliest first."""
    from .drawing import as_tensor

    metadata = ctx.metadata()
    assert metadata is not None
    probabilities = ctx.model()(as_tensor(image)[None].to(ctx.device)).softmax(1)[0].tolist()
    ranked = sorted(zip(metadata.classes, probabilities, strict=True), key=lambda pair: -pair[1])
    return [Prediction(label=label, probability=value) for label, value in ranked[:top_k]]
