"""A demo without models: what a command line must parse, print, write and interrupt."""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

from PIL import Image
from pydantic import Field

from demo_app import Card, Context, File, InvalidInput, action, hookimpl


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    name: str
    rate: Annotated[float, Field(gt=0)] = 0.1


@dataclass(frozen=True, kw_only=True)
class Score:
    label: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Step:
    step: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class Pictures:
    pictures: list[Image.Image]


@action
def echo(
    ctx: Context,
    *,
    text: Annotated[str, Field(max_length=50, description="Words to say again.")],
    times: Annotated[int, Field(ge=1, le=9, description="How often.")] = 2,
    ratio: float = 0.5,
    mode: Literal["upper", "lower"] = "upper",
    digit: Annotated[int, Field(ge=0, le=9)] | None = None,
    loud: bool = False,
    tags: list[str] | None = None,
    shape: tuple[int, ...] = (1, 3),
    optimiser: Optimiser | None = None,
    weights: dict[str, float] | None = None,
    colour: Colour = Colour.RED,
    power: Literal[1, 2] = 1,
    limit: int | None = 7,
    json: str = "",
) -> dict[str, Any]:
    """Return the arguments as they arrived.

    Raises:
        InvalidInput: never.
    """
    return {
        "text": text,
        "times": times,
        "ratio": ratio,
        "mode": mode,
        "digit": digit,
        "loud": loud,
        "tags": tags,
        "shape": shape,
        "optimiser": optimiser and [optimiser.name, optimiser.rate],
        "weights": weights,
        "colour": colour.value,
        "power": power,
        "limit": limit,
        "json": json,
    }


@action(seed=True)
def draw(ctx: Context) -> int:
    """Return the seed."""
    assert ctx.seed is not None
    return ctx.seed


@action
def size(ctx: Context, *, image: Image.Image) -> list[int]:
    """Return width and height of a picture."""
    return list(image.size)


@action
def mean(ctx: Context, *, images: list[Image.Image]) -> Image.Image:
    """Return a picture as wide as all pictures together."""
    return Image.new("RGB", (sum(image.width for image in images), 2), "red")


@action
def squares(ctx: Context, *, count: Annotated[int, Field(ge=0, le=9)] = 2) -> Pictures:
    """Return several pictures."""
    return Pictures(pictures=[Image.new("RGB", (n, n), "blue") for n in range(1, count + 1)])


@action
def reverse(ctx: Context, *, document: File) -> File:
    """Return a file with its bytes in reverse order."""
    return File(name=f"reversed-{document.name}", data=document.data[::-1])


@action
def scores(ctx: Context) -> list[Score]:
    """Return records."""
    return [Score(label="cat", value=0.98765432), Score(label="dog", value=0.01)]


@action
def say(ctx: Context) -> str:
    """Return a text that looks like markup."""
    return "[bold]plain[/bold] " + "word " * 30


@action
def brackets(ctx: Context) -> dict[str, Any]:
    """Return names and values that look like markup."""
    return {"[bold]key": "[red]value", "table": [{"[dim]column": "[/dim]cell"}]}


@action
def count(ctx: Context, *, to: Annotated[int, Field(ge=0, le=1000)] = 3) -> Iterator[Step]:
    """Stream steps."""
    for step in range(1, to + 1):
        print("a print of the plugin")
        yield Step(step=step, loss=1 / step)


@action
def interrupted(ctx: Context, *, times: int = 1) -> Iterator[str]:
    """Press Ctrl-C, then go on until stopped; one more press aborts."""
    yield "begun"
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)
    while not ctx.stopped:
        yield "not stopped"
    yield "the best so far"


@action
def press(ctx: Context) -> str:
    """Press Ctrl-C inside an action that does not stream."""
    signal.raise_signal(signal.SIGINT)
    return "not reached"


@action
def film(ctx: Context) -> Iterator[Image.Image]:
    """Stream pictures that grow."""
    for side in (1, 2, 3):
        yield Image.new("RGB", (side, side), "green")


@action
def wait(ctx: Context) -> str:
    """Report progress, then wait for a key."""
    ctx.progress(0.5, "half [way]")
    sys.stdin.readline()
    ctx.progress(None, "some more")
    return "done"


@action
def refuse(ctx: Context) -> str:
    """Raise what a visitor may read."""
    raise InvalidInput("mood: not today")


@action
def crash(ctx: Context) -> str:
    """Raise what nobody foresaw."""
    raise RuntimeError("the wheels\ncame off")


@action
def exhaust(ctx: Context) -> str:
    """Run out of memory."""
    raise MemoryError


@hookimpl
def demo_card() -> Card:
    return Card(title="Terminal [test]", summary="What a command line must carry.")


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    return [
        echo,
        draw,
        size,
        mean,
        squares,
        reverse,
        scores,
        say,
        brackets,
        count,
        interrupted,
        press,
        film,
        wait,
        refuse,
        crash,
        exhaust,
    ]
