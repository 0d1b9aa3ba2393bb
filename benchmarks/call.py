"""What the host adds to a call, beside the same work without a host.

Everything runs on the processor in one thread, call by call in turns. The network is the shipped
EfficientNet-Lite0. The last table is for information: round trips over HTTP, on a connection that
stays open, to the endpoint of an action and to that of a function in a stock Gradio app.
"""

from __future__ import annotations

import importlib
import operator
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from measure import Aim, Report, Spread, in_turns, options, paired
from PIL import Image
from round_trips import measure_round_trips
from server import ROOT
from torch import Tensor, nn

from demo_app import Card, Context, Demo, Host, ModelSpec, action, checkpoints, hookimpl

LARGEST_OVERHEAD = 1.0
TRIVIAL_CALLS = 200
FORWARD, FORWARD_ACTION = "bare forward", "the same forward, as an action"
PLAIN, ACTION = "photo to names, plain function", "photo to names, classify"
PLAIN_LARGE, ACTION_LARGE = "12-megapixel photo, plain function", "12-megapixel photo, classify"
NOTHING = "an action that does nothing"
COMPARED = ((FORWARD_ACTION, FORWARD), (ACTION, PLAIN), (ACTION_LARGE, PLAIN_LARGE))
PHOTO = ROOT / "plugins" / "image_classifier" / "examples" / "tripod.jpg"
LARGE_SIZE = (4000, 3000)


def minimal_plugin(module: nn.Module, tensor: Tensor) -> ModuleType:
    """A plugin whose actions add nothing of their own: what is left of a call is the host's."""

    @action
    def forward(ctx: Context) -> int:
        """Run the network on a picture that is prepared already."""
        return int(ctx.model()(tensor).argmax())

    @action
    def nothing(ctx: Context, *, number: int = 0) -> int:
        """Return the number."""
        return number

    plugin = ModuleType("minimal")
    hooks: dict[str, Callable[..., Any]] = {
        "demo_card": lambda: Card(title="Minimal", summary="Adds nothing."),
        "demo_models": lambda: [ModelSpec(name="shared")],
        "demo_build_model": lambda name: module,
        "demo_actions": lambda: [forward, nothing],
    }
    for name, hook in hooks.items():
        hook.__name__ = name
        setattr(plugin, name, hookimpl(hook))
    return plugin


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds of one call, on the clock and on the processor."""

    wall: float
    cpu: float


def timed(work: Callable[[], object], calls: int = 1) -> Timing:
    """How long one of so many calls takes."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for _ in range(calls):
        work()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    return Timing(wall=wall * 1000 / calls, cpu=cpu * 1000 / calls)


def by_hand(module: nn.Module, preprocessing: Any, classes: Sequence[str]) -> Callable[[Path], Any]:
    """``classify`` as one would write it without a host, from the file to names."""

    def classify(path: Path) -> list[tuple[str, float]]:
        with Image.open(path) as image, torch.inference_mode():
            picture = image.convert("RGB")
            tensor = preprocessing.to_tensor(preprocessing.crop_picture(picture))
            probabilities, indices = module(tensor)[0].softmax(dim=0).topk(5)
        pairs = zip(indices.tolist(), probabilities.tolist(), strict=True)
        return [(classes[index], probability) for index, probability in pairs]

    return classify


def by_host(demo: Demo) -> Callable[[Path], Any]:
    """``classify`` as an action."""

    def classify(path: Path) -> Any:
        with Image.open(path) as image:
            return demo.call("classify", image=image)

    return classify


def measure_calls(rounds: int, large: Path) -> dict[str, list[Timing]]:
    """Timings of every way to call, by its name, for a photo as shipped and a large one."""
    with Host() as host:
        demo = host["image_classifier"]
        metadata = demo.metadata("efficientnet_lite0")
        assert metadata is not None
        module = load_by_hand(host, "image_classifier", "efficientnet_lite0")
        # The plugin's own module, because a drop-in has no name that could be imported above.
        rooms = importlib.import_module(f"{demo.module.__name__}.preprocessing")
        preprocessing = rooms.Preprocessing.from_metadata(metadata.preprocessing)
        with Image.open(PHOTO) as image:
            tensor = preprocessing.to_tensor(preprocessing.crop_picture(image.convert("RGB")))
        plain, hosted = by_hand(module, preprocessing, metadata.classes), by_host(demo)
        minimal = Host(discover=False, modules={"minimal": minimal_plugin(module, tensor)})

        @torch.inference_mode()
        def bare_forward() -> int:
            return int(module(tensor).argmax())

        nothing = partial(minimal["minimal"].call, "nothing", number=1)
        pairs: list[dict[str, Callable[[], Timing]]] = [
            {
                FORWARD: partial(timed, bare_forward),
                FORWARD_ACTION: partial(timed, partial(minimal["minimal"].call, "forward")),
            },
            {
                PLAIN: partial(timed, partial(plain, PHOTO)),
                ACTION: partial(timed, partial(hosted, PHOTO)),
            },
            {
                PLAIN_LARGE: partial(timed, partial(plain, large)),
                ACTION_LARGE: partial(timed, partial(hosted, large)),
            },
            {NOTHING: partial(timed, nothing, TRIVIAL_CALLS)},
        ]
        # Pair by pair: what follows the large photo finds a heap that was just given back.
        turns = [in_turns(pair, rounds) for pair in pairs]
        return {name: several for turn in turns for name, several in turn.items()}


def load_by_hand(host: Host, name: str, model: str | None = None) -> nn.Module:
    """A model of a demo (the only one if unnamed), loaded outside of the host's own store."""
    plugin = host.plugin(name)
    spec = plugin.model(model)
    module: nn.Module = host.build_model(plugin, spec.name)
    checkpoints.load(host.checkpoint_path(plugin, spec), module)
    return module.eval().requires_grad_(False)


@dataclass(frozen=True, kw_only=True)
class Overhead:
    """What one way to call takes longer than another, call by call."""

    wall: Spread
    cpu: Spread

    @classmethod
    def of(cls, ours: Sequence[Timing], theirs: Sequence[Timing]) -> Overhead:
        """The differences within each round."""
        return cls(
            wall=paired(operator.sub, [t.wall for t in ours], [t.wall for t in theirs]),
            cpu=paired(operator.sub, [t.cpu for t in ours], [t.cpu for t in theirs]),
        )


def run(rounds: int) -> Report:
    """Call in every way ``rounds`` times."""
    torch.set_num_threads(1)
    os.environ["DEMO_APP_DEVICE"] = "cpu"
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.jpg")
        with Image.open(PHOTO) as image:
            image.resize(LARGE_SIZE).save(large, quality=90)
        calls = measure_calls(rounds, large)
        trips = measure_round_trips(rounds, PHOTO, Path(folder))
    overheads = {ours: Overhead.of(calls[ours], calls[theirs]) for ours, theirs in COMPARED}
    medians = {name: overhead.wall.median for name, overhead in overheads.items()}
    medians[NOTHING] = Spread.of([timing.wall for timing in calls[NOTHING]]).median
    return Report(
        title="A call of an action",
        tables={
            f"Medians and quartiles of {rounds} calls": [
                row(name, timings, overheads.get(name)) for name, timings in calls.items()
            ],
            f"Over HTTP, {rounds} round trips": [
                {"request": name, "ms": Spread.of(several).text(3)}
                for name, several in trips.items()
            ],
        },
        aims=[
            Aim(what=f"overhead, {name}", value=median, limit=LARGEST_OVERHEAD, unit=" ms")
            for name, median in medians.items()
        ],
        raw={
            "calls": {name: [asdict(t) for t in timings] for name, timings in calls.items()},
            "http": trips,
        },
    )


def row(name: str, timings: Sequence[Timing], overhead: Overhead | None) -> dict[str, str]:
    """One way to call."""
    return {
        "call": name,
        "ms": Spread.of([timing.wall for timing in timings]).text(3),
        "over the row above, ms": overhead.wall.text(3) if overhead else "",
        "CPU over the row above, ms": overhead.cpu.text(3) if overhead else "",
    }


if __name__ == "__main__":
    arguments = options(__doc__, rounds=100).parse_args()
    run(arguments.rounds).publish(arguments.json)
