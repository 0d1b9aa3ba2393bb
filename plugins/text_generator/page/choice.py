"""The section that looks inside: the sampler's stages, attention, and what the LSTM remembers."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..results import Inspection
from .attention import attention, attention_view
from .controls import Controls
from .distribution import distribution_view, distributions, problem
from .tracks import tracks
from .writing import MODELS, Column, Written, quietly

SEEN = 48
"""Characters at the end of the text that attention and memory are shown for."""
UNITS = 16
ENDS = {"prompt": "After the prompt"} | {
    model: f"After what the {title} wrote" for model, title in MODELS.items()
}
"""The places that a button leads to."""

INTRODUCTION = (
    "<p class='lead'>A model gives every character a probability; the sampler changes these, stage "
    "by stage, and one is drawn. Here is all of it for one place in a text. To come here from any "
    "place above, open a character there and choose “How it chose here”.</p>"
)
STAGES = (
    "<h3 class='title'>From the model's probabilities to the draw</h3>"
    "<p class='lead'><b>Penalty</b> makes what the last 64 characters held less likely. "
    "<b>Top-k</b> keeps the k likeliest. <b>Top-p</b> keeps the likeliest that together reach p. "
    "<b>Min-p</b> drops what has less than that share of the likeliest one's chance. "
    "<b>Temperature</b> sharpens (below 1) or flattens (above 1) what is left.</p>"
)
ATTENTION = (
    "<h3 class='title'>Transformer: who looks at whom</h3>"
    "<p class='lead'>One map a head: each row is a character, each field in it one that it could "
    "look at, the darker the more. Point at a character of the text, or move with the arrow keys, "
    "to see whom it looked at. The maps are of these last characters alone; every text is read as "
    "if a line had just ended.</p>"
)
MEMORY = (
    "<h3 class='title'>LSTM: what it remembers</h3>"
    "<p class='lead'>The liveliest of its cells while it read the same characters, each with "
    "what it goes along with most: r is Pearson's correlation over these characters. A high r is "
    "a hint, not a proof.</p>"
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """The components of this section."""

    text: gr.State
    ends: Mapping[str, gr.Button]
    stages: gr.HTML
    layer: gr.Slider
    attention: gr.HTML
    tracks: gr.HTML


def build_section(demo: Demo) -> Section:
    """Lay out the section; ``connect`` does the rest."""
    metadata = demo.metadata("transformer")
    layers = metadata.config.get("layers", 1) if metadata else 1
    plain(INTRODUCTION)
    with gr.Row(elem_classes="chips"):
        ends = {
            name: gr.Button(label, size="sm", elem_id=f"generator-choice-{name}")
            for name, label in ENDS.items()
        }
    plain(STAGES)
    stages = distribution_view("generator-stages")
    plain(ATTENTION)
    layer = gr.Slider(
        1, layers, value=layers, step=1, label="Layer", buttons=[], elem_id="generator-layer"
    )
    maps = attention_view("generator-attention")
    plain(MEMORY)
    strips = plain(elem_id="generator-tracks")
    return Section(
        text=gr.State(""), ends=ends, stages=stages, layer=layer, attention=maps, tracks=strips
    )


def connect(
    demo: Demo,
    section: Section,
    controls: Controls,
    columns: Mapping[str, Column],
    plot: gr.HTML,
    sections: gr.Tabs,
) -> None:
    """Connect the section, and the plot beside the sampler, to ``inspect``."""

    def inspect(model: str, text: str, **options: Any) -> Inspection:
        found: Inspection = demo.call("inspect", model=model, prompt=text, **options)
        return found

    def bars(text: str, sampling: Mapping[str, Any]) -> str:
        try:
            return distributions(
                {
                    title: inspect(model, text, characters=1, units=1, **sampling)
                    for model, title in MODELS.items()
                }
            )
        except gr.Error as error:
            return problem(html.unescape(error.message))

    def redraw(prompt: str, *values: Any) -> str:
        return bars(prompt, controls.sampling(values))

    def resample(prompt: str, text: str, *values: Any) -> tuple[str, str]:
        after_prompt = redraw(prompt, *values)
        return after_prompt, after_prompt if text == prompt else redraw(text, *values)

    def look(text: str, layer: int, *values: Any) -> tuple[Any, ...]:
        sampling = controls.sampling(values)
        try:
            lstm = inspect("lstm", text, characters=SEEN, units=UNITS, **sampling)
            transformer = inspect("transformer", text, characters=SEEN, layer=layer - 1, **sampling)
        except gr.Error as error:
            return text, problem(html.unescape(error.message)), "", ""
        inspected = {MODELS["lstm"]: lstm, MODELS["transformer"]: transformer}
        return text, distributions(inspected), attention(transformer), tracks(lstm)

    def attend(text: str, layer: int) -> str:
        return attention(inspect("transformer", text, characters=SEEN, layer=layer - 1))

    def look_at_end(written: Written, layer: int, *values: Any) -> tuple[Any, ...]:
        return look(written.prompt + written.text, layer, *values)

    def go(event: gr.EventData) -> tuple[str, Any]:
        return event.text, gr.Tabs(selected="choice")

    sliders = list(controls.sampler.values())
    place = [section.layer, *sliders]
    shown = [section.text, section.stages, section.attention, section.tracks]
    quiet = quietly(controls.write)
    live = {**quiet, "trigger_mode": "always_last"}

    for event in (plot.seen, controls.prompt.change):
        event(redraw, [controls.prompt, *sliders], plot, **live)
    gr.on(
        [slider.change for slider in sliders],
        resample,
        [controls.prompt, section.text, *sliders],
        [plot, section.stages],
        **live,
    )
    for event in (section.stages.seen, section.ends["prompt"].click):
        event(look, [controls.prompt, *place], shown, **live)
    section.layer.change(attend, [section.text, section.layer], section.attention, **live)
    for model, column in columns.items():
        section.ends[model].click(look_at_end, [column.written, *place], shown, **live)
        column.view.look(go, None, [section.text, sections], **quiet).success(
            look, [section.text, *place], shown, **quiet
        )
