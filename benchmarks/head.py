"""What teaching a head costs, beside the loop that PyTorch's tutorial teaches.

Both train the last layer on the same frozen network, the shipped EfficientNet-Lite0, with the same
photos: the tutorial's ants and bees, ``--data FOLDER`` with ``train`` and ``val``, from
https://download.pytorch.org/tutorial/hymenoptera_data.zip (for research and teaching only; nothing
of them is shipped). The tutorial's loop sends every photo through the network in every epoch;
``train_head`` computes features once. Its time includes reading, and measuring on ``val``, as
the loop's does.
"""

from __future__ import annotations

import json
import operator
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from call import load_by_hand
from measure import Aim, Report, Spread, options, paired
from PIL import Image
from server import ROOT
from torch import nn
from tutorial_loop import EPOCHS, run_tutorial

from demo_app import Demo, File, Host
from demo_app.images import open_image

MODEL = "efficientnet_lite0"
NEW_PHOTOS = 5
LARGE_PHOTOS, MEGAPIXELS = 200, (4000, 3000)
BATCH = 16
TURNS = 3
Photos = dict[str, list[File]]


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One visit: a first training, its accuracy on ``val``, and a second one with more photos.

    Attributes:
        seconds: until the head was trained and measured, all but five photos given.
        accuracy: of a head that learned from all of them, on ``val``.
        again: seconds of the training with five photos more.
    """

    seconds: float
    accuracy: float
    again: float


def read(folder: Path) -> Photos:
    """Photos by class, as an upload would hand them over."""
    return {
        inside.name: [File(name=p.name, data=p.read_bytes()) for p in sorted(inside.iterdir())]
        for inside in sorted(folder.iterdir())
        if inside.is_dir()
    }


def teach(data: Path) -> Taught:
    """Visit a fresh app: train, measure, add five photos, train again."""
    training, held_out = read(data / "train"), read(data / "val")
    first = {
        name: photos[: -NEW_PHOTOS if name == min(training) else None]
        for name, photos in training.items()
    }
    with Host() as host:
        demo = host["image_classifier"]
        demo.call("classify", image=open_image(next(iter(training.values()))[0].data))
        started = time.perf_counter()
        train(demo, first)
        demo.call("evaluate", images=held_out, head="mine")
        taught = time.perf_counter()
        train(demo, training)
        again = time.perf_counter() - taught
        metrics = demo.call("evaluate", images=held_out, head="mine").report.metrics
    return Taught(seconds=taught - started, accuracy=metrics.accuracy, again=again)


def extraction(data: Path) -> list[float]:
    """Features a second, photos decoded, over the bare batched forward: a ratio for each turn.

    Every turn takes photos that the session has not seen, and the bare forward right behind them.
    """
    photos = read(data / "train")
    with Host() as host:
        demo = host["image_classifier"]
        demo.call("classify", image=open_image(next(iter(photos.values()))[0].data))
        network: Any = load_by_hand(host, "image_classifier", MODEL)
        bare_speed(network)
        ratios = []
        for turn in range(TURNS):
            speed = train(demo, {name: files[turn::TURNS] for name, files in photos.items()})
            ratios.append(speed / bare_speed(network))
    return ratios


def train(demo: Demo, photos: Photos) -> float:
    """Train on all of the photos; images a second while features were computed, or 0."""
    speed = 0.0
    with demo.stream("train_head", images=photos, validation_split=0.0, epochs=EPOCHS) as stream:
        for now in stream:
            speed = now.images_per_second or speed
    return speed


def bare_speed(network: Any) -> float:
    """Images a second of the bare batched forward, on numbers that are ready."""
    images, count = torch.randn(BATCH, 3, 224, 224), 5
    with torch.inference_mode():
        started = time.perf_counter()
        for _ in range(count):
            network.forward_features(images).mean(dim=(2, 3))
        return count * BATCH / (time.perf_counter() - started)


def follow_tutorial(data: Path) -> Taught:
    """The tutorial's loop; a second training is the whole loop again."""
    with Host() as host:
        network: Any = load_by_hand(host, "image_classifier", MODEL)
        metadata = host["image_classifier"].metadata(MODEL)
        assert metadata is not None
        mean, std = (
            tuple(value / 255 for value in metadata.preprocessing[name]) for name in ("mean", "std")
        )
    with torch.inference_mode(False):
        network.classifier = nn.Linear(network.classifier.in_features, len(read(data / "val")))
        loop = run_tutorial(network, network.classifier, data, mean, std)
    return Taught(seconds=loop.seconds, accuracy=loop.accuracy, again=loop.seconds)


def memory() -> dict[str, int]:
    """The most memory that 200 photos of 12 megapixels take, in a process of their own."""
    draws = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(LARGE_PHOTOS):
            inside = Path(folder) / ("light" if number % 2 else "dark")
            inside.mkdir(exist_ok=True)
            small = draws.integers(0, 128, (150, 200, 3)) + 128 * (number % 2)
            photo = Image.fromarray(small.astype(np.uint8)).resize(MEGAPIXELS)
            photo.save(inside / f"{number}.jpg", quality=90)
        command = [sys.executable, str(Path(__file__).with_name("head_memory.py")), folder]
        variables = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


def run(data: Path, rounds: int) -> Report:
    """Teach both ways, ``rounds`` times each."""
    os.environ["DEMO_APP_DEVICE"] = "cpu"
    ours, theirs = "train_head", f"the tutorial's loop, {EPOCHS} epochs"
    arms = {ours: partial(teach, data), theirs: partial(follow_tutorial, data)}
    # No round is thrown away: the loop takes minutes, and each visit warms the app up first.
    results: dict[str, list[Taught]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name, arm in arms.items():
            results[name].append(arm())
    held = memory()
    faster, again = (
        paired(operator.truediv, times(results[theirs], field), times(results[ours], field))
        for field in ("seconds", "again")
    )
    accuracy = {name: Spread.of(times(taught, "accuracy")) for name, taught in results.items()}
    features = Spread.of(extraction(data))
    rows = [
        {
            "way": name,
            "s, trained and measured": Spread.of(times(taught, "seconds")).text(2),
            f"s, {NEW_PHOTOS} photos later": Spread.of(times(taught, "again")).text(2),
            "accuracy on val": accuracy[name].text(3),
        }
        for name, taught in results.items()
    ]
    least = partial(Aim, more_is_better=True, unit=" ×")
    return Report(
        title="Teaching a head",
        tables={
            f"{rounds} rounds; threads: {torch.get_num_threads()}; features "
            f"{features.text(2)} x the bare forward; {held['peak'] / 1e9:.2f} GB at most for "
            f"{LARGE_PHOTOS} photos of 12 megapixels": rows
        },
        aims=[
            least(what="trained and measured, over the loop", value=faster.median, limit=10),
            Aim(
                what="accuracy below the loop's",
                value=accuracy[theirs].median - accuracy[ours].median,
                limit=0.005,
            ),
            Aim(
                what="accuracy",
                value=accuracy[ours].median,
                limit=0.95,
                more_is_better=True,
            ),
            least(what="again, over the loop", value=again.median, limit=100),
            least(what="features, over the bare forward", value=features.median, limit=0.85),
            Aim(what="most memory", value=held["peak"] / 1e9, limit=2.5, unit=" GB"),
        ],
        raw={
            "visits": {name: [asdict(t) for t in taught] for name, taught in results.items()},
            "memory": held,
            "features": asdict(features),
        },
    )


def times(taught: list[Taught], field: str) -> list[float]:
    """One number of every visit."""
    return [getattr(one, field) for one in taught]


if __name__ == "__main__":
    parser = options(__doc__, rounds=1)
    parser.add_argument("--data", type=Path, required=True, help="with train/ and val/")
    arguments = parser.parse_args()
    run(arguments.data, arguments.rounds).publish(arguments.json)
