"""What the labs and the walk through a network return; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

Rows = list[list[float]]


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A convolution in one, two or three dimensions, by the shapes that it was run with."""

    name: str
    slides: str
    input: list[int]
    weight: list[int]
    output: list[int]


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A kernel over a picture.

    Attributes:
        input: the picture, grey.
        output: black to white for 0…1; where the kernel's numbers cancel out, grey is zero.
        kernel: 3 x 3.
        formula: of the output's height and width, with the numbers put in.
        row: of the place that is worked out, in the output.
        column: the same.
        window: the 3 x 3 pixels under the kernel there, zeros of the padding included.
        products: each with its number of the kernel.
        value: their sum, which is the output at that place.
        dimensions: the same kernel in Conv1d, Conv2d and Conv3d.
    """

    input: Image.Image
    output: Image.Image
    kernel: Rows
    formula: str
    row: int
    column: int
    window: Rows
    products: Rows
    value: float
    dimensions: list[Dimension]


@dataclass(frozen=True, kw_only=True)
class Rectified:
    """ReLU on a convolution's output; in both pictures grey is zero, white the largest.

    Attributes:
        input: before.
        output: after.
        before: up to 4 x 4 numbers from ``row`` and ``column`` on.
        after: the same places.
        row: the first of them.
        column: the same.
        negative: share of all numbers that ReLU cut off.
    """

    input: Image.Image
    output: Image.Image
    before: Rows
    after: Rows
    row: int
    column: int
    negative: float


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """Max-pooling of 2 x 2.

    Attributes:
        table: 4 x 4.
        pooled: 2 x 2, the largest of each window.
        winners: row and column in the table of those four.
        input: a picture.
        output: the same, pooled: half as wide and high.
    """

    table: Rows
    pooled: Rows
    winners: list[tuple[int, int]]
    input: Image.Image
    output: Image.Image


@dataclass(frozen=True, kw_only=True)
class Lab:
    """What a lab did; the one that was asked for is there, the others are None."""

    convolution: Convolution | None = None
    relu: Rectified | None = None
    max_pool: Pooling | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What left one layer on the way through a network.

    Attributes:
        path: of the layer, as ``get_submodule`` takes it.
        class_name: its class.
        arguments: what ``print`` shows of it.
        input_shape: of what came in.
        output_shape: of what went out.
        mean: of the numbers that went out.
        std: their standard deviation.
        minimum: the smallest.
        maximum: the largest.
        zeros: share of them that are zero.
        maps: the feature maps side by side, each scaled by itself; None of a vector.
        filters: a convolution's kernels side by side; None of other layers.
        values: the numbers of a vector, up to 400; empty of maps.
    """

    path: str
    class_name: str
    arguments: str
    input_shape: list[int]
    output_shape: list[int]
    mean: float
    std: float
    minimum: float
    maximum: float
    zeros: float
    maps: Image.Image | None
    filters: Image.Image | None
    values: list[float]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A picture's way through a network, layer by layer.

    Attributes:
        model: its name.
        trained: whether its weights are trained; else they are initial ones.
        input: the picture as the network saw it.
        steps: in the order in which the layers were called.
        classes: names of the last vector's numbers, if there are any.
        probabilities: their softmax.
    """

    model: str
    trained: bool
    input: Image.Image
    steps: list[Step]
    classes: list[str]
    probabilities: list[float]
