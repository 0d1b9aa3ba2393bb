"""One action a shape."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from PIL import Image, ImageOps
from pydantic import Field

from demo_app import Context, File, InvalidInput, action

__all__ = [
    "brightness",
    "channels",
    "climb",
    "compare",
    "count",
    "crash",
    "departures",
    "describe",
    "draw",
    "greet",
    "guess",
    "invert",
    "linger",
    "measure",
    "note",
    "occupy",
    "refuse",
    "score",
    "slope",
    "stumble",
    "tiles",
    "tune",
    "visit",
    "walk",
    "work",
]

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Arguments of every kind, said back."""

    tone: str
    limit: int | None
    weights: list[float]
    loud: bool


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A logit a class."""

    classes: list[str]
    logits: list[float]


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best of a search so far."""

    step: int
    height: int
    finished: bool


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A loss before and after training a private copy."""

    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Brightness:
    """The size of a picture and the mean of its red, green and blue."""

    width: int
    height: int
    mean: list[int]


@dataclass(frozen=True, kw_only=True)
class Channels:
    """A picture's colours as pictures."""

    red: Image.Image
    green: Image.Image
    blue: Image.Image


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What can be said of any file."""

    name: str
    size: int
    sha256: str


@action
def greet(
    ctx: Context,
    *,
    name: Annotated[str, Field(max_length=20, description="Who is greeted.")] = "you",
    times: Annotated[int, Field(ge=1, le=3, description="How often.")] = 1,
) -> str:
    """Greet somebody: no model at all."""
    return ", ".join(["hello"] * times) + f" {name}"


@action
def describe(
    ctx: Context,
    *,
    tone: Literal["plain", "warm"] = "plain",
    limit: Annotated[int, Field(ge=0, le=9)] | None = None,
    weights: Annotated[list[float], Field(min_length=1, max_length=3)] = [0.5],  # noqa: B006
    loud: bool = False,
) -> Summary:
    """Say the arguments back: a choice, an optional number, a list, a switch."""
    return Summary(tone=tone, limit=limit, weights=weights, loud=loud)


@action
def score(ctx: Context, *, values: Pair) -> Scores:
    """Score two numbers with one model and the classes of its checkpoint."""
    import torch

    metadata = ctx.metadata("scorer")
    assert metadata is not None
    logits = ctx.model("scorer")(torch.tensor(values, device=ctx.device))
    return Scores(classes=metadata.classes, logits=logits.tolist())


@action
def compare(ctx: Context, *, values: Pair) -> dict[str, list[float]]:
    """Run two models on the same numbers."""
    import torch

    x = torch.tensor(values, device=ctx.device)
    return {name: ctx.model(name)(x).tolist() for name in ("scorer", "doubler")}


@action
def guess(ctx: Context, *, values: Pair) -> list[float]:
    """Run a model that is deliberately untrained."""
    import torch

    return ctx.model("untrained")(torch.tensor(values, device=ctx.device)).tolist()


@action
def count(ctx: Context, *, to: Annotated[int, Field(ge=1, le=1000)] = 3) -> Iterator[int]:
    """Count: a stream."""
    yield from range(1, to + 1)


@action
def climb(ctx: Context, *, steps: Annotated[int, Field(ge=1)] = 1_000_000) -> Iterator[Best]:
    """Search for long; when stopped, give the best so far as the last value."""
    height = 0
    for step in range(1, steps + 1):
        height = max(height, 7 * step % 101)
        if ctx.stopped:
            break
        yield Best(step=step, height=height, finished=False)
    yield Best(step=step, height=height, finished=True)


@action
def linger(ctx: Context) -> Iterator[int]:
    """Count until the visitor leaves, which is noted in the session."""
    try:
        yield from itertools.count(1)
    finally:
        ctx.session["departures"] = ctx.session.get("departures", 0) + 1


@action
def departures(ctx: Context) -> int:
    """How often this visitor left ``linger``."""
    return ctx.session.get("departures", 0)


@action
def visit(ctx: Context) -> int:
    """Count this visitor's calls: a session value."""
    ctx.session["visits"] = ctx.session.get("visits", 0) + 1
    return ctx.session["visits"]


@action(grad=True)
def slope(ctx: Context, *, values: Pair) -> list[float]:
    """The gradient of the sum of squared logits with respect to the input."""
    import torch

    x = torch.tensor(values, device=ctx.device, requires_grad=True)
    ctx.model("scorer")(x).square().sum().backward()
    assert x.grad is not None
    return x.grad.tolist()


@action(grad=True)
def tune(ctx: Context, *, target: float, steps: Annotated[int, Field(ge=1, le=20)] = 1) -> Tuning:
    """Train a private copy of a model."""
    import torch

    model = ctx.model("doubler", trainable=True)
    one = torch.ones((), device=ctx.device)
    losses = []
    for _ in range(steps + 1):
        loss = (model(one) - target).square()
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, model.factor)
        with torch.no_grad():
            model.factor -= 0.25 * gradient
    return Tuning(before=losses[0], after=losses[-1])


@action
def brightness(ctx: Context, *, image: Image.Image) -> Brightness:
    """Measure a picture: an image in."""
    histogram = image.histogram()
    pixels = image.width * image.height
    totals = (
        sum(i * n for i, n in enumerate(histogram[first : first + 256])) for first in (0, 256, 512)
    )
    return Brightness(
        width=image.width, height=image.height, mean=[total // pixels for total in totals]
    )


@action
def invert(ctx: Context, *, image: Image.Image) -> Image.Image:
    """Turn light into dark: an image in, an image out."""
    return ImageOps.invert(image)


@action
def channels(ctx: Context, *, image: Image.Image) -> Channels:
    """Take the colours apart: several named images out."""
    red, green, blue = image.split()
    return Channels(red=red, green=green, blue=blue)


@action
def tiles(
    ctx: Context, *, image: Image.Image, columns: Annotated[int, Field(ge=1, le=4)] = 2
) -> list[Image.Image]:
    """Cut a picture into columns: a list of images out."""
    width = image.width // columns
    return [image.crop((i * width, 0, (i + 1) * width, image.height)) for i in range(columns)]


@action
def note(ctx: Context, *, title: str, lines: list[str] = []) -> File:  # noqa: B006
    """Write a text: a file out."""
    return File(name=f"{title}.txt", data="\n".join(lines).encode())


@action
def measure(ctx: Context, *, file: File) -> FileFacts:
    """Describe a file: a file in."""
    digest = hashlib.sha256(file.data).hexdigest()
    return FileFacts(name=file.name, size=len(file.data), sha256=digest)


@action(seed=True)
def draw(ctx: Context, *, count: Annotated[int, Field(ge=1, le=5)] = 2) -> list[float]:
    """Draw random numbers."""
    import torch

    return torch.rand(count, generator=ctx.rng).tolist()


@action(seed=True)
def walk(ctx: Context, *, steps: Annotated[int, Field(ge=1, le=100)] = 3) -> Iterator[int]:
    """Walk at random, one step a value."""
    import torch

    place = 0
    for _ in range(steps):
        place += int(torch.randint(-9, 10, (), generator=ctx.rng))
        yield place


@action
def work(ctx: Context, *, parts: Annotated[int, Field(ge=1, le=100)] = 2) -> int:
    """Work in parts and say how far it is."""
    for part in range(parts):
        ctx.progress(part / parts, f"part {part + 1}")
    return parts


@action(exclusive=True)
def occupy(ctx: Context) -> str:
    """Use something that only one call may use at a time."""
    return "alone"


@action
def refuse(ctx: Context) -> None:
    """Refuse to go on, with a reason for the visitor."""
    raise InvalidInput("The cup is empty: fill it first.")


@action
def crash(ctx: Context) -> None:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError("the secret is in /srv/private")


@action
def stumble(ctx: Context) -> Iterator[int]:
    """Fail after two values."""
    yield from (1, 2)
    raise RuntimeError("the secret is in /srv/private")
