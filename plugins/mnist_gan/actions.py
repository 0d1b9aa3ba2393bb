"""What this demo can do: draw digits, walk between them, find yours, and judge them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from demo_app import Context, File, InvalidInput, action

from .results import (
    Fault,
    Grid,
    Interpolation,
    Inversion,
    Moment,
    Neighbours,
    Place,
    Samples,
    Score,
)

MODEL = "gan"
REPLAY = "replay"
MAX_COUNT = 100
MAX_STEPS = 60
MAX_TRUNCATION = 5.0

Digit = Annotated[int, Field(ge=0, le=9, description="Which digit.")]
AnyDigit = Annotated[int, Field(ge=0, le=9, description="Which digit; any if left out.")] | None
Count = Annotated[int, Field(ge=1, le=MAX_COUNT, description="How many.")]
Truncation = (
    Annotated[
        float,
        Field(
            ge=0,
            le=MAX_TRUNCATION,
            description="The farthest that a latent's members may be from 0, in standard "
            "deviations: small is typical and alike; no limit if left out.",
        ),
    ]
    | None
)
Number = Annotated[int, Field(ge=0, lt=10**6, description="Which sample of the seed, from 0.")]
Drawing = Annotated[
    Image.Image,
    Field(description="One digit on plain paper, dark on light or light on dark."),
]
Direction = Literal["slant", "weight", "width", "first", "second", "third"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """An end of an interpolation: a sample by its seed and number, or a latent of one's own."""

    digit: Annotated[int, Field(ge=0, le=9)]
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    number: Annotated[int, Field(ge=0, lt=10**6)] = 0
    truncation: Annotated[float, Field(ge=0, le=MAX_TRUNCATION)] | None = None
    latent: (
        Annotated[
            tuple[Annotated[float, Field(ge=-20, le=20)], ...],
            Field(min_length=64, max_length=64),
        ]
        | None
    ) = None


@action(seed=True)
def sample(
    ctx: Context,
    *,
    digit: AnyDigit = None,
    count: Count = 16,
    truncation: Truncation = None,
    scored: Annotated[
        bool, Field(description="Also ask judge and discriminator for their opinions.")
    ] = False,
) -> Samples:
    """Draw digits in hands that never were.

    The n-th sample of a seed is the same picture however many are drawn.
    """
    from .sampling import draw_samples

    assert ctx.seed is not None
    return draw_samples(
        ctx,
        seed=ctx.seed,
        digit=digit,
        count=count,
        truncation=truncation,
        scored=scored,
    )


@action(seed=True)
def save(
    ctx: Context,
    *,
    digit: AnyDigit = None,
    count: Count = 16,
    truncation: Truncation = None,
    format: Annotated[
        Literal["png", "zip"], Field(description="One picture of all, or one file for each.")
    ] = "png",
) -> File:
    """Draw the same digits as sample does, as a file: a sheet, or a zip with each digit's PNG."""
    from .sampling import draw_samples
    from .saving import sheet_file, zip_file

    assert ctx.seed is not None
    samples = draw_samples(
        ctx, seed=ctx.seed, digit=digit, count=count, truncation=truncation, scored=False
    )
    make = sheet_file if format == "png" else zip_file
    recipe = {"digit": digit, "count": count, "truncation": truncation, "seed": ctx.seed}
    return make(samples, recipe | {"format": format})


@action
def interpolate(
    ctx: Context,
    *,
    start: Annotated[Point, Field(description="Where the way begins.")],
    end: Annotated[Point, Field(description="Where it ends.")],
    steps: Annotated[int, Field(ge=2, le=MAX_STEPS, description="Pictures on the way.")] = 24,
    spherical: Annotated[
        bool, Field(description="Turn from one latent to the other; else go straight.")
    ] = True,
    format: Annotated[Literal["webp", "gif"], Field(description="Of the animation.")] = "webp",
) -> Interpolation:
    """Bend one digit into another, frame by frame, with what the judge sees on the way."""
    from .interpolation import walk

    return walk(ctx, start, end, steps=steps, turning=spherical, format=format)


@action(seed=True)
def grid(
    ctx: Context,
    *,
    digit: Annotated[int, Field(ge=0, le=9, description="Which digit; all if left out.")]
    | None = None,
    side: Annotated[int, Field(ge=2, le=20, description="Rows (and columns, of one digit).")] = 10,
    truncation: Truncation = None,
) -> Grid:
    """Many digits in one picture: all ten in the same hands, or one on a plane through its latents.

    Of one digit, a step to the right or down moves along one of two directions at right angles,
    from quantile to quantile of what is drawn.
    """
    from .sampling import draw_all_digits, draw_plane

    assert ctx.seed is not None
    if digit is None:
        return draw_all_digits(ctx, seed=ctx.seed, rows=side, truncation=truncation)
    return draw_plane(ctx, seed=ctx.seed, digit=digit, side=side, truncation=truncation)


@action(seed=True)
def explore(
    ctx: Context,
    *,
    digit: Digit = 7,
    number: Number = 0,
    x: Annotated[float, Field(ge=-6, le=6, description="How far along the first direction.")] = 0.0,
    y: Annotated[
        float, Field(ge=-6, le=6, description="How far along the second direction.")
    ] = 0.0,
    x_direction: Annotated[Direction, Field(description="The first direction.")] = "slant",
    y_direction: Annotated[Direction, Field(description="The second direction.")] = "weight",
    truncation: Truncation = None,
) -> Place:
    """Move a sample's latent along two directions, and see what the generator makes of it.

    ``slant``, ``weight`` (of the strokes) and ``width`` are fitted to what samples look like;
    ``first``, ``second`` and ``third`` are those to which the generator's first layer is most
    sensitive. Distances are in standard deviations of a draw.

    Raises:
        InvalidInput: both directions are the same.
    """
    from .exploration import look_at

    if x_direction == y_direction:
        raise InvalidInput("y_direction: should be another direction than x_direction")
    assert ctx.seed is not None
    return look_at(
        ctx,
        seed=ctx.seed,
        number=number,
        digit=digit,
        truncation=truncation,
        offsets={x_direction: x, y_direction: y},
    )


@action(grad=True)
def invert(
    ctx: Context,
    *,
    drawing: Drawing,
    digit: AnyDigit = None,
    steps: Annotated[int, Field(ge=1, le=1000, description="Steps of the search.")] = 200,
) -> Iterator[Inversion]:
    """Search the latents for the digit that is nearest to a drawing; stop keeps the best so far.

    Raises:
        InvalidInput: the paper is empty, or it is no drawing of a digit.
    """
    from demo_app.datasets.drawn_digits import prepared

    from .inversion import search

    yield from search(ctx, prepared(drawing, "drawing"), digit=digit, steps=steps)


@action
def score(ctx: Context, *, image: Drawing) -> Score:
    """Say what the judge sees in a picture, and how real it looks to the discriminator.

    Raises:
        InvalidInput: the paper is empty, or it is no picture of a digit.
    """
    from demo_app.datasets.drawn_digits import prepared

    from .opinions import opinions
    from .pictures import to_picture

    seen = prepared(image, "image")
    return Score(image=to_picture(seen[0]), opinion=opinions(ctx, seen.to(ctx.device))[0])


@action
def nearest(
    ctx: Context,
    *,
    image: Drawing,
    count: Annotated[int, Field(ge=1, le=20, description="How many to return.")] = 5,
) -> Neighbours:
    """Find the digits among all 60,000 of the training split that are nearest to a picture.

    Raises:
        InvalidInput: the paper is empty, or it is no picture of a digit.
    """
    from demo_app.datasets.drawn_digits import prepared

    from .neighbours import find_nearest

    return find_nearest(ctx, prepared(image, "image"), count=count)


@action
def replay(
    ctx: Context,
    *,
    step: Annotated[
        int,
        Field(
            ge=0,
            le=10_000_000,
            description="A step of the training; the last moment before it is shown.",
        ),
    ]
    | None = None,
) -> Moment:
    """Show what the generator drew at a moment of its training; the last if step is left out."""
    from .replaying import moment_at

    return moment_at(ctx, step)


@action
def tutorial_faults(ctx: Context) -> list[Fault]:
    """Try out the generator as a tutorial publishes it, which makes 4 x 4 pictures (untrained)."""
    from .published import faults

    return list(faults())
