"""The section that shows the training as a film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..actions import REPLAY
from ..results import Moment
from .events import QUIET
from .pictures import data_url

HERE = Path(__file__).parent
TRAINING_DIGITS = 60_000
LEAD = (
    "<p class='lead'>The same latents at {moments} moments of the training, six hands for each "
    "digit. Most happens early, so the moments are closer together there. Generator and "
    "discriminator keep each other in balance: neither loss tells how good the digits are. The "
    "Fréchet distance does, and goes on falling long after the eye is content.</p>"
)


def build_section(demo: Demo) -> None:
    """Lay out the section; when it is first shown it calls ``replay`` for every moment."""
    plain(LEAD.format(moments=len(_training(demo).get("curve", []))))
    view = scripted("gan-replay", HERE / "figures.js", HERE / "replay.js")
    view.seen(lambda: film(demo), None, view, **QUIET)


def film(demo: Demo) -> str:
    """Every kept moment of the training, for the script."""
    training = _training(demo)
    batch = training.get("recipe", {}).get("batch", 0)
    moments = [demo.call("replay", step=point[0]) for point in training.get("curve", [])]
    return payload({"moments": [_moment(moment, batch) for moment in moments]})


def _training(demo: Demo) -> Mapping[str, Any]:
    metadata = demo.metadata(REPLAY)
    return metadata.training if metadata else {}


def _moment(moment: Moment, batch: int) -> dict[str, Any]:
    values = {name: value for name, value in asdict(moment).items() if name != "image"}
    epochs = moment.step * batch / TRAINING_DIGITS
    return values | {"src": data_url(moment.image), "epochs": epochs}
