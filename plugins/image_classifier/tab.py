"""The page of this demo: a photo on the left, its names and the evidence for them on the right."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app import Demo

from .actions import MODEL, Explanation

EXAMPLES = Path(__file__).parent / "examples"
TOP = 5
EMPTY = (
    "<div class='classifier-hint'><p>Upload a photo, take one with the camera, or pick an example. "
    "The network names what is in it; then choose a name to see what it rests on.</p></div>"
)


def build_tab(demo: Demo) -> None:
    """Lay out the components and connect them to the actions ``classify`` and ``explain``."""
    metadata = demo.metadata(MODEL)
    classes = metadata.classes if metadata else []
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            photo = gr.Image(
                label="Photo",
                type="pil",
                image_mode=None,
                sources=["upload", "webcam", "clipboard"],
                height=360,
                elem_id="classifier-photo",
            )
        with gr.Column(scale=1, min_width=320):
            names = gr.Label(
                label="What the network sees",
                num_top_classes=TOP,
                show_heading=False,
                elem_id="classifier-names",
            )
            gr.Examples(
                sorted(str(path) for path in EXAMPLES.glob("*.jpg")),
                photo,
                label="No photo at hand? Try one of these",
                cache_examples=False,
                elem_id="classifier-examples",
            )
            gr.HTML(_style() + _facts(demo), padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            overlay = gr.Image(
                label="Where the evidence lies",
                interactive=False,
                buttons=["download", "fullscreen"],
                format="png",
                height=448,
                elem_id="classifier-overlay",
            )
        with gr.Column(scale=1, min_width=320):
            chosen = gr.Dropdown(
                choices=classes,
                value=None,
                label="Evidence for",
                info="Select a bar above, or any of the 1,000 classes: why is it not a dog?",
                elem_id="classifier-chosen",
            )
            account = gr.HTML(EMPTY, padding=False, elem_id="classifier-account")

    def name(image: Image.Image | None) -> tuple[Any, ...]:
        if image is None:
            return None, None, None, EMPTY
        result = demo.call("classify", image=image, top_k=TOP)
        explanation = demo.call("explain", image=image)
        bars = {p.class_name: p.probability for p in result.predictions}
        return bars, explanation.class_name, explanation.overlay, _account(explanation)

    def explain(image: Image.Image | None, class_name: str | None) -> tuple[Any, ...]:
        if image is None or not class_name:
            return gr.skip(), gr.skip()
        explanation = demo.call("explain", image=image, class_name=class_name)
        return explanation.overlay, _account(explanation)

    def explain_bar(image: Image.Image | None, event: gr.SelectData) -> tuple[Any, ...]:
        return event.value, *explain(image, event.value)

    photo.change(name, photo, [names, chosen, overlay, account], trigger_mode="always_last")
    chosen.input(explain, [photo, chosen], [overlay, account], trigger_mode="always_last")
    # Of several selections Gradio would keep the last, with what the first one carried.
    names.select(explain_bar, photo, [chosen, overlay, account], trigger_mode="multiple")


def _account(explanation: Explanation) -> str:
    """The sum that makes the logit, in HTML."""
    count = sum(len(row) for row in explanation.cells)
    supporting = sum(cell > 0 for row in explanation.cells for cell in row)
    # Rounded so that the printed terms add up as the real ones do.
    logit, bias = round(explanation.logit, 2), round(explanation.bias, 2)
    return (
        "<div class='classifier-account'>"
        "<div class='sum' role='math'>"
        f"{_term(logit, 'logit')}<span class='sign'>=</span>"
        f"{_term(bias, 'bias')}<span class='sign'>+</span>"
        f"{_term(logit - bias, f'mean of {count} cells')}</div>"
        f"<p><b>{html.escape(explanation.class_name)}</b> gets {explanation.probability:.1%} "
        f"after the softmax over all classes. <span class='for'>{supporting} cells speak for "
        f"it</span> (orange), <span class='against'>{count - supporting} against it</span> "
        "(blue); the numbers are the strongest.</p>"
        "<p>The picture is an exact account, not a guess: the network averages its feature maps "
        "over the cells and ends in one linear layer, so the cells' mean plus the bias "
        "<i>is</i> the logit.</p></div>"
    )


def _term(value: float, name: str) -> str:
    number = f"{value:z.2f}".replace("-", "−")
    return f"<span class='term'><b>{number}</b><small>{name}</small></span>"


def _facts(demo: Demo) -> str:
    metadata = demo.metadata(MODEL)
    if metadata is None:
        return ""
    return (
        "<p class='classifier-facts'>"
        f"{html.escape(metadata.architecture)} · {len(metadata.classes):,} ImageNet classes · "
        f"weights {html.escape(metadata.license)}</p>"
    )


def _style() -> str:
    return """<style>
.classifier-hint { border: 1px dashed var(--border-color-primary); padding: 1rem 1.25rem;
  border-radius: var(--radius-lg); color: var(--body-text-color-subdued); }
.classifier-account .sum { display: flex; align-items: baseline; flex-wrap: wrap;
  gap: 0.25rem 0.75rem; margin: 0.25rem 0 0.5rem; }
.classifier-account .term { display: inline-flex; flex-direction: column; }
.classifier-account .term b { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.classifier-account .term small { color: var(--body-text-color-subdued); }
.classifier-account .sign { font-size: 1.25rem; color: var(--body-text-color-subdued); }
.classifier-account .for { color: #ab4510; font-weight: 600; }
.classifier-account .against { color: #2f6fd0; font-weight: 600; }
.dark .classifier-account .for { color: #f2935c; }
.dark .classifier-account .against { color: #7fb0ff; }
#classifier-names .bar { height: 0.5rem; }
.prose .classifier-facts { color: var(--body-text-color-subdued); font-size: 0.875rem; margin: 0; }
</style>"""
