"""What can be asked of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from demo_app import Context, action


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One class and its probability, 0 to 1."""

    label: str
    probability: float


def _centimetres(what: str) -> object:
    return Field(ge=0, le=15, description=f"{what}, in centimetres.")


@action
def predict(
    ctx: Context,
    *,
    sepal_length: Annotated[float, _centimetres("Length of the sepal")] = 5.8,
    sepal_width: Annotated[float, _centimetres("Width of the sepal")] = 3.0,
    petal_length: Annotated[float, _centimetres("Length of the petal")] = 4.3,
    petal_width: Annotated[float, _centimetres("Width of the petal")] = 1.3,
) -> list[Prediction]:
    """Say which kind of iris it is, the likeliest first."""
    import torch

    metadata = ctx.metadata()
    assert metadata is not None
    row = torch.tensor([[sepal_length, sepal_width, petal_length, petal_width]])
    # The numbers by which the columns were standardised in the training.
    mean, std = (torch.tensor(metadata.preprocessing[name]) for name in ("mean", "std"))
    probabilities = ctx.model()(((row - mean) / std).to(ctx.device)).softmax(1)[0].tolist()
    ranked = sorted(zip(metadata.classes, probabilities, strict=True), key=lambda pair: -pair[1])
    return [Prediction(label=label, probability=value) for label, value in ranked]
