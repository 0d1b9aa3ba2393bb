"""What is asked for, and the digits that come: the top of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..results import Sample, Samples
from .events import LIVE, QUIET, TELLING
from .pictures import data_url
from .saving_files import saved, saver

HERE = Path(__file__).parent
ANY = "any"
DIGITS = [ANY, *map(str, range(10))]
MAX_SEED = 999_999
NO_TRUNCATION = 3.0
"""Where the slider ends, there is no limit."""
COUNTS = (10, 100, 10)
KEY = (
    "<p class='key'>Below each digit: what the <b>judge</b> sees, an independent classifier, and "
    "how sure it is. The bar is the share of real test digits that look <b>less real</b> to the "
    "discriminator. Choose one; everything below is about it.</p>"
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A sample by what makes it: enough for every action to draw it again."""

    digit: int
    seed: int
    number: int
    truncation: float | None

    @property
    def as_point(self) -> dict[str, Any]:
        """As an end of ``interpolate``."""
        return {
            "digit": self.digit,
            "seed": self.seed,
            "number": self.number,
            "truncation": self.truncation,
        }


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """What the sections below connect to.

    Attributes:
        chosen: a state with the ``Chosen`` sample, or None before the first.
        picked: calls a handler after the visitor has picked a sample.
        drawn: calls a handler after new samples have come, of which the first is chosen.
    """

    chosen: gr.State
    picked: Callable[..., Any]
    drawn: Sequence[Callable[..., Any]]


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What a visitor sets, in the order of ``wanted``, and the buttons beside it."""

    settings: Sequence[Any]
    seed: gr.Number
    dice: gr.Button
    sheet: gr.Button
    archive: gr.Button


def build_controls() -> Controls:
    """Lay out digit, seed, count and truncation, and the buttons."""
    digit = gr.Radio(DIGITS, value="7", label="Digit", elem_id="gan-digit")
    with gr.Row():
        seed = gr.Number(
            3,
            label="Seed",
            placeholder="0",
            precision=0,
            minimum=0,
            maximum=MAX_SEED,
            min_width=110,
            elem_id="gan-seed",
        )
        dice = gr.Button("🎲 New luck", variant="primary", elem_id="gan-dice", min_width=110)
    least, most, step = COUNTS
    count = gr.Slider(
        least, most, value=30, step=step, label="How many", buttons=[], elem_id="gan-count"
    )
    truncation = gr.Slider(
        0,
        NO_TRUNCATION,
        value=NO_TRUNCATION,
        step=0.05,
        label="Truncation (3: off)",
        info="Keeps latents near 0: safer, and more alike.",
        buttons=[],
        elem_id="gan-truncation",
    )
    with gr.Row(elem_classes="chips"):
        sheet = gr.Button("↓ One PNG", size="sm", elem_id="gan-save-png")
        archive = gr.Button("↓ A zip", size="sm", elem_id="gan-save-zip")
    settings = [digit, seed, count, truncation]
    return Controls(settings=settings, seed=seed, dice=dice, sheet=sheet, archive=archive)


def build_gallery(demo: Demo) -> Gallery:
    """Lay out the controls and the digits, and connect them to ``sample`` and ``save``."""
    digits = gr.State(())
    chosen = gr.State(None)
    with gr.Row(equal_height=False, elem_classes="asking"):
        with gr.Column(scale=2, min_width=300):
            controls = build_controls()
        with gr.Column(scale=5, min_width=300):
            view = scripted("gan-gallery", HERE / "figures.js", HERE / "gallery.js")
            plain(KEY)
    file = saved("gan-saved")
    settings = controls.settings

    def draw(digit: str, seed: int | None, count: int, truncation: float) -> tuple[Any, ...]:
        arguments = wanted(digit, seed, count, truncation)
        found: Samples = demo.call("sample", scored=True, **arguments)
        made = tuple(
            Chosen(
                digit=sample.digit,
                seed=arguments["seed"],
                number=sample.number,
                truncation=arguments["truncation"],
            )
            for sample in found.samples
        )
        return shown(found), made, made[0]

    def choose(event: gr.EventData, digits: Sequence[Chosen]) -> Any:
        return digits[event.number] if 0 <= event.number < len(digits) else gr.skip()

    def save(format: str) -> Callable[..., str]:
        return saver(lambda *values: demo.call("save", format=format, **wanted(*values)))

    controls.dice.click(
        None, None, controls.seed, js=f"() => Math.floor(Math.random() * {MAX_SEED + 1})"
    )
    outputs = [view, digits, chosen]
    changed = [each.change for each in settings]
    redrawn = (
        view.seen(draw, settings, outputs, **LIVE),
        gr.on(changed, draw, settings, outputs, **LIVE),
    )
    picked = view.choose(choose, digits, chosen, **TELLING)
    for button, format in ((controls.sheet, "png"), (controls.archive, "zip")):
        button.click(save(format), settings, file, **QUIET)
    return Gallery(chosen=chosen, picked=picked.success, drawn=[event.success for event in redrawn])


def wanted(digit: str, seed: int | None, count: int, truncation: float) -> dict[str, Any]:
    """The controls' values as arguments of ``sample``; without a seed it is 0, as its box says."""
    return {
        "digit": None if digit == ANY else int(digit),
        "seed": seed or 0,
        "count": count,
        "truncation": None if truncation >= NO_TRUNCATION else truncation,
    }


def shown(found: Samples) -> str:
    """Samples with opinions, for the script."""
    agreed = round((found.agreement or 0) * len(found.samples))
    return payload(
        {
            "samples": [_shown(sample) for sample in found.samples],
            "note": f"The judge sees the digit asked for in {agreed} of {len(found.samples)}.",
        }
    )


def _shown(sample: Sample) -> dict[str, Any]:
    opinion = sample.opinion
    assert opinion is not None
    return {
        "src": data_url(sample.image),
        "digit": sample.digit,
        "judged": opinion.digit,
        "confidence": opinion.confidence,
        "real": opinion.more_real_than,
    }
