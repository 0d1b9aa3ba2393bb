"""What several actions take: a model by name or as code, the shape of its input, a depth."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MAX_CODE = 20_000
MAX_DIMENSIONS = 8
MAX_SIZE = 100_000

Model = (
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description='Which model, as "demo/model" (see models) or "torchvision/resnet18".',
        ),
    ]
    | None
)
Code = (
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_CODE,
            description="A model of your own, in place of one by name: PyTorch code such as "
            "net = nn.Sequential(nn.Linear(4, 2)).",
        ),
    ]
    | None
)
InputShape = (
    Annotated[
        list[Annotated[int, Field(ge=1, le=MAX_SIZE)]],
        Field(
            min_length=1,
            max_length=MAX_DIMENSIONS,
            description="Of the input, in place of the model's example: 1,3,224,224.",
        ),
    ]
    | None
)
Depth = (
    Annotated[int, Field(ge=0, le=100, description="How many levels to list; all if left out.")]
    | None
)
OpenDepth = (
    Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="How many levels to open; as many as stay legible if left out.",
        ),
    ]
    | None
)
