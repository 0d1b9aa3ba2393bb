"""Actions that compute: a picture's way through a network, and labs from first principles."""

from __future__ import annotations

from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from demo_app import Context, action
from demo_app.errors import Unknown

from .experiments.lab_results import Lab, Walk
from .gallery import GALLERY

KernelName = Literal[
    "vertical edges",
    "horizontal edges",
    "edges",
    "vertical lines",
    "horizontal lines",
    "diagonal lines",
    "blur",
    "soft blur",
    "sharpen",
    "as it is",
]
Place = Annotated[int, Field(ge=0, le=10_000, description="Where it is worked out, from 0.")]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
TABLE = [1.0, 3.0, 2.0, 1.0, 4.0, 6.0, 5.0, 0.0, 7.0, 2.0, 9.0, 8.0, 0.0, 1.0, 3.0, 4.0]


@action
def step(
    ctx: Context,
    *,
    image: Annotated[Image.Image, Field(description="The photo that goes through.")],
    model: Annotated[
        str,
        Field(
            min_length=1, max_length=100, description="A model of the gallery; lenet is trained."
        ),
    ] = "lenet",
) -> Walk:
    """Send a photo through a network and see what every layer makes of it.

    Raises:
        Unknown: the gallery has no such model.
        InvalidInput: the model takes no pictures.
    """
    from .experiments.stepping import walk

    if model not in GALLERY:
        raise Unknown("model", model, GALLERY)
    metadata = ctx.metadata(model)
    return walk(
        ctx.model(model),
        image,
        GALLERY[model].shape,
        model=model,
        trained=metadata is not None,
        classes=metadata.classes if metadata else (),
    )


@action
def lab(
    ctx: Context,
    *,
    kind: Annotated[
        Literal["convolution", "relu", "max_pool"], Field(description="Which operation.")
    ],
    image: Annotated[Image.Image, Field(description="A photo; a drawn house if left out.")]
    | None = None,
    kernel: Annotated[KernelName, Field(description="What slides over it.")] = "vertical edges",
    numbers: Annotated[
        list[Number],
        Field(max_length=9, description="Nine numbers of a kernel of your own, row by row."),
    ]
    | None = None,
    stride: Annotated[int, Field(ge=1, le=8, description="Pixels from place to place.")] = 1,
    padding: Annotated[int, Field(ge=0, le=8, description="Zeros around the picture.")] = 0,
    row: Place = 0,
    column: Place = 0,
    table: Annotated[
        list[Number], Field(max_length=16, description="16 numbers for max_pool, row by row.")
    ]
    | None = None,
) -> Lab:
    """Work out a convolution, ReLU or max-pooling, with every number to follow.

    Raises:
        InvalidInput: there are not nine or sixteen numbers, or the picture is too small.
    """
    from .experiments import labs

    picture = labs.as_grey(image)
    slide = labs.Slide(kernel=labs.as_kernel(kernel, numbers), stride=stride, padding=padding)
    if kind == "convolution":
        return Lab(convolution=labs.convolve(picture, slide, row, column))
    if kind == "relu":
        return Lab(relu=labs.rectify(picture, slide, row, column))
    return Lab(max_pool=labs.pool(TABLE if table is None else table, picture))
