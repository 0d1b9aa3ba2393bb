"""The section in which one digit becomes another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo, File
from demo_app.components import payload, plain, scripted

from ..results import Interpolation
from .events import LIVE, QUIET
from .gallery import COUNTS, MAX_SEED, Chosen, Gallery
from .pictures import data_url
from .saving_files import saved, saver

HERE = Path(__file__).parent
LEAD = (
    "<p class='lead'>Between any two digits lie others. The way goes through the latents and "
    "through the digit that is asked for, both in equal steps. Watch where the judge changes its "
    "mind. <b>Turning</b> keeps the latent as long as draws are; a <b>straight</b> line cuts the "
    "corner, through latents that are shorter than any draw.</p>"
)
TURNING, STRAIGHT = "turning", "straight"
STEPS = 24
MAX_NUMBER = COUNTS[1]


@dataclass(frozen=True, kw_only=True)
class End:
    """The controls of one end of the way."""

    digit: gr.Dropdown
    seed: gr.Number
    number: gr.Number

    @property
    def parts(self) -> list[Any]:
        """As inputs or outputs of an event."""
        return [self.digit, self.seed, self.number]


def build_section(demo: Demo, gallery: Gallery) -> None:
    """Lay out the section and connect it to ``interpolate``."""
    plain(LEAD)
    with gr.Row(elem_classes="ends"):
        start = _end("From a", "gan-from", digit=7, seed=3)
        end = _end("to a", "gan-to", digit=9, seed=8)
        way = gr.Radio(
            [TURNING, STRAIGHT], value=TURNING, label="Way", min_width=170, elem_id="gan-way"
        )
    with gr.Row(elem_classes="chips"):
        here = gr.Button("Begin at the chosen digit", size="sm", elem_id="gan-from-chosen")
        there = gr.Button("End at the chosen digit", size="sm", elem_id="gan-to-chosen")
        webp = gr.Button("↓ WebP", size="sm", elem_id="gan-save-webp")
        gif = gr.Button("↓ GIF", size="sm", elem_id="gan-save-gif")
    view = scripted("gan-walk", HERE / "figures.js", HERE / "walk.js")
    file = saved("gan-walk-saved")
    ends = gr.State({"start": None, "end": None})

    def interpolate(kept: dict[str, Any], *values: Any, format: str) -> Interpolation:
        *ends, way = values
        found: Interpolation = demo.call(
            "interpolate",
            start=point(kept["start"], *ends[:3]),
            end=point(kept["end"], *ends[3:]),
            steps=STEPS,
            spherical=way == TURNING,
            format=format,
        )
        return found

    def walk(*values: Any) -> str:
        # The page plays the frames themselves, and of the two this file is made sooner.
        return shown(interpolate(*values, format="gif"))

    def save(format: str) -> Callable[..., str]:
        def make(*values: Any) -> File:
            return interpolate(*values, format=format).animation

        return saver(make)

    def take(which: str) -> Callable[..., Any]:
        def put(chosen: Chosen | None, kept: dict[str, Any]) -> tuple[Any, ...]:
            if chosen is None:
                return (gr.skip(),) * 4
            return {**kept, which: chosen}, chosen.digit, chosen.seed, chosen.number + 1

        return put

    inputs = [ends, *start.parts, *end.parts, way]
    view.seen(walk, inputs, view, **LIVE)
    changed = [each.change for each in inputs[1:]]
    gr.on(changed, walk, inputs, view, **LIVE)
    for button, which, part in ((here, "start", start), (there, "end", end)):
        button.click(take(which), [gallery.chosen, ends], [ends, *part.parts], **QUIET).success(
            walk, inputs, view, **LIVE
        )
    for button, format in ((webp, "webp"), (gif, "gif")):
        button.click(save(format), inputs, file, **QUIET)


def _end(label: str, elem_id: str, *, digit: int, seed: int) -> End:
    with gr.Row(elem_classes="end"):
        chosen = gr.Dropdown(
            list(range(10)), value=digit, label=label, min_width=70, elem_id=f"{elem_id}-digit"
        )
        seed_box, number_box = (
            gr.Number(
                value,
                label=title,
                placeholder=str(least),
                precision=0,
                minimum=least,
                maximum=most,
                min_width=70,
                elem_id=f"{elem_id}-{name}",
            )
            for name, title, value, least, most in (
                ("seed", "of seed", seed, 0, MAX_SEED),
                ("number", "sample", 1, 1, MAX_NUMBER),
            )
        )
    return End(digit=chosen, seed=seed_box, number=number_box)


def point(kept: Chosen | None, digit: int, seed: int | None, number: int | None) -> dict[str, Any]:
    """An end of the way, by its controls; without truncation unless it was chosen with one.

    Args:
        kept: the sample that was chosen for it, which counts while the controls still name it.
        digit: what it shows.
        seed: whose sample it is; 0 if None, as the empty box says.
        number: which one, from 1, as in the gallery; 1 if None.
    """
    named = Chosen(digit=digit, seed=seed or 0, number=(number or 1) - 1, truncation=None)
    if kept is not None and replace(kept, truncation=None) == named:
        return kept.as_point
    return named.as_point


def shown(found: Interpolation) -> str:
    """The frames, for the script."""
    seen = [frame.opinion.digit for frame in found.frames]
    changes = [
        f"{seen[place]} at {found.frames[place].share:.0%}"
        for place in range(1, len(seen))
        if seen[place] != seen[place - 1]
    ]
    jump, mean = max(found.distances), sum(found.distances) / len(found.distances)
    note = (
        f"The judge begins with a {seen[0]}"
        + (f", then sees: {', '.join(changes)}. " if changes else " and never changes its mind. ")
        + f"The largest step between two frames is {jump / max(mean, 1e-9):.1f} times the mean one."
    )
    return payload(
        {
            "frames": [
                {
                    "src": data_url(frame.image),
                    "share": frame.share,
                    "judged": frame.opinion.digit,
                    "probabilities": frame.opinion.probabilities,
                }
                for frame in found.frames
            ],
            "note": note,
        }
    )
