"""What a batch of digits costs, how soon a moved point brings its picture, how near a search comes.

Everything runs on the processor, with as many threads as PyTorch takes by itself, and with the
shipped weights. All ways to make digits end with pictures of Pillow's, made by the same function.
A move is a request over HTTP, on a connection that stays open, to the endpoint of ``explore``, and
one for the picture that it names. The plain search is told the right digit; ``invert`` as the page
calls it has to find that out.
"""

from __future__ import annotations

import importlib
import itertools
import math
import operator
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from call import load_by_hand
from measure import Aim, Report, Spread, in_turns, options, paired
from PIL import Image
from round_trips import ask, client, milliseconds
from server import served
from torch import Tensor, nn

from demo_app import Demo, Host

COUNT = 64
LATENT, DIGITS = 64, 10
STEPS = 200
RATE = 0.1
BARE, PREPARED = f"bare forward of {COUNT}", "the same, in the form that the demo prepares"
BATCH, SINGLY = f"sample of {COUNT}, through the host", f"sample of 1, {COUNT} times"
PLAIN, TOLD, ANY = "one start, Adam, told the digit", "invert, told the digit", "invert"

Arms = dict[str, Callable[[], float]]


def ways_to_sample(demo: Demo, generator: nn.Module) -> Arms:
    """Each way's milliseconds for so many digits, pictures included."""
    # The plugin's own modules, because a drop-in has no name that could be imported above.
    rooms = partial(importlib.import_module, package=demo.module.__name__)
    to_pictures = rooms(".pictures").to_pictures
    prepared = rooms(".prepared_networks").prepared_generator(generator)
    seeds = itertools.count()

    @torch.inference_mode()
    def forward(network: Callable[[Tensor, Tensor], Tensor]) -> None:
        to_pictures(network(torch.randn(COUNT, LATENT), torch.randint(DIGITS, (COUNT,))))

    def batch() -> None:
        demo.call("sample", count=COUNT, seed=next(seeds))

    def singly() -> None:
        for _ in range(COUNT):
            demo.call("sample", count=1, seed=next(seeds))

    return {
        BARE: partial(milliseconds, partial(forward, generator)),
        PREPARED: partial(milliseconds, partial(forward, prepared)),
        BATCH: partial(milliseconds, batch),
        SINGLY: partial(milliseconds, singly),
    }


@dataclass(frozen=True, kw_only=True)
class Move:
    """Milliseconds from a request to its answer, and to the picture that the answer names."""

    answer: float
    picture: float


def measure_moves(demo: Demo, rounds: int) -> list[Move]:
    """Move a point around a circle, one new picture after the other."""
    parameters = sorted(demo.actions["explore"].parameters, key=lambda p: not p.required)
    defaults = {parameter.name: parameter.default for parameter in parameters}
    angles = itertools.count()
    with served(["app.py"]) as server, client(server) as connection:

        def move() -> Move:
            angle = next(angles) * 2 * math.pi / (rounds + 1)
            arguments = defaults | {"x": 3 * math.cos(angle), "y": 3 * math.sin(angle), "seed": 0}
            started = time.perf_counter()
            place = ask(connection, "mnist_gan__explore", *arguments.values())
            answered = time.perf_counter()
            connection.get(place["image"]["url"]).raise_for_status()
            seen = time.perf_counter()
            return Move(answer=(answered - started) * 1000, picture=(seen - started) * 1000)

        return in_turns({"move": move}, rounds)["move"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """How long a search took, and how far from the drawing it ended: root mean square, 0…1."""

    seconds: float
    error: float


def real_digits(host: Host) -> list[Tensor]:
    """The first of every digit in the shipped training split, ``(28, 28)`` of uint8."""
    archive: Any = load_by_hand(host, "mnist_gan", "training_digits")
    pictures, labels = archive.unpack(), archive.labels.tolist()
    return [pictures[labels.index(digit)] for digit in range(DIGITS)]


def ways_to_search(
    demo: Demo, generator: nn.Module, drawings: Sequence[Tensor]
) -> dict[str, Callable[[], Found]]:
    """Each way to find a drawing's latent; every call takes the next of the drawings."""

    def one_by_one(search: Callable[[Tensor, int], float]) -> Callable[[], Found]:
        numbers = itertools.cycle(range(DIGITS))

        def found() -> Found:
            digit = next(numbers)
            started = time.perf_counter()
            error = search(drawings[digit], digit)
            return Found(seconds=time.perf_counter() - started, error=error)

        return found

    def invert(drawing: Tensor, digit: int | None) -> float:
        image = Image.fromarray(drawing.numpy())
        with demo.stream("invert", drawing=image, digit=digit, steps=STEPS) as stream:
            *_, last = stream
        return float(last.error)

    return {
        PLAIN: one_by_one(partial(plain_search, generator)),
        TOLD: one_by_one(invert),
        ANY: one_by_one(lambda drawing, digit: invert(drawing, None)),
    }


def plain_search(generator: nn.Module, drawing: Tensor, digit: int) -> float:
    """The error of the loop that one would write: a random start, gradients, Adam."""
    goal = drawing / 127.5 - 1
    latent = torch.randn(1, LATENT, generator=torch.Generator().manual_seed(digit))
    latent.requires_grad_()
    optimizer = torch.optim.Adam([latent], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        error = ((generator(latent, torch.tensor([digit])) - goal) / 2).square().mean()
        error.backward()
        optimizer.step()
    return math.sqrt(error.item())


def run(rounds: int) -> Report:
    """Make digits and move ``rounds`` times each; search once for every digit."""
    os.environ["DEMO_APP_DEVICE"] = "cpu"
    with Host() as host:
        demo = host["mnist_gan"]
        generator = load_by_hand(host, demo.name, "gan").get_submodule("generator")
        times = in_turns(ways_to_sample(demo, generator), rounds)
        searches = in_turns(ways_to_search(demo, generator, real_digits(host)), DIGITS)
        moves = measure_moves(demo, rounds)
    answers, pictures = [m.answer for m in moves], [m.picture for m in moves]
    threads = torch.get_num_threads()
    return Report(
        title="Making digits",
        tables={
            f"Medians and quartiles of {rounds} rounds, threads: {threads}": sampled(times),
            f"Over HTTP, {rounds} moves to a new picture": [
                moved("explore, until its answer", answers),
                moved("explore, until the picture is there, too", pictures),
            ],
            f"The latent of a real digit, {DIGITS} digits, {STEPS} steps": list(searched(searches)),
        },
        aims=[
            aim(times, "the bare forward", BARE, 0.85),
            aim(times, SINGLY, SINGLY, 5.0),
            Aim(what="a move", value=Spread.of(pictures).median, limit=150.0, unit=" ms"),
        ],
        raw={
            "milliseconds": times,
            "moves": [asdict(move) for move in moves],
            "searches": {name: [asdict(f) for f in several] for name, several in searches.items()},
        },
    )


def sampled(times: dict[str, list[float]]) -> list[dict[str, str]]:
    """A row for each way to make digits, and its images a second over those of the bare forward."""
    return [
        {
            "way": name,
            "ms": Spread.of(values).text(2),
            "images/s": f"{COUNT * 1000 / Spread.of(values).median:.0f}",
            "× bare": speed(times, name, BARE).text(2),
        }
        for name, values in times.items()
    ]


def speed(times: dict[str, list[float]], way: str, other: str) -> Spread:
    """How many times the images a second of another way."""
    return paired(operator.truediv, times[other], times[way])


def aim(times: dict[str, list[float]], what: str, other: str, least: float) -> Aim:
    """How fast the host's batch is to be."""
    return Aim(
        what=f"{BATCH}, over {what}",
        value=speed(times, BATCH, other).median,
        limit=least,
        unit=" ×",
        more_is_better=True,
    )


def moved(what: str, values: Sequence[float]) -> dict[str, str]:
    """How long moves take."""
    slow = statistics.quantiles(values, n=20, method="inclusive")[-1]
    return {"request": what, "ms": Spread.of(values).text(1), "95th percentile": f"{slow:.1f}"}


def searched(searches: dict[str, list[Found]]) -> Iterator[dict[str, str]]:
    """A row for each way to search, and what it comes to in terms of the plain one."""
    plain = searches[PLAIN]
    for name, several in searches.items():
        seconds, errors = [f.seconds for f in several], [f.error for f in several]
        yield {
            "way": name,
            "s": Spread.of(seconds).text(2),
            "× plain, s": paired(operator.truediv, seconds, [f.seconds for f in plain]).text(2),
            "error": Spread.of(errors).text(3),
            "× plain, error": paired(operator.truediv, errors, [f.error for f in plain]).text(2),
        }


if __name__ == "__main__":
    arguments = options(__doc__, rounds=50).parse_args()
    run(arguments.rounds).publish(arguments.json)
