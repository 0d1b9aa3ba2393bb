"""The section that reads a text and says how much it surprises each model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..results import Score
from . import characters
from .texts import build_text
from .writing import MODELS, Column, facts

INTRODUCTION = (
    "<p class='lead'>A model that predicts well is seldom surprised. Each character costs "
    "−log₂ of the probability that the model gave it: 0 bits if it was sure, 1 bit for an even "
    "chance, 6 bits for a guess among all 65 characters. The sum is also the size to which the "
    "model could compress the text.</p>"
)
EXAMPLES = {
    "Famous Shakespeare": "To be, or not to be: that is the question:\nWhether 'tis nobler in the "
    "mind to suffer\nThe slings and arrows of outrageous fortune,",
    "English of today": "I forgot to charge my phone last night, so the alarm did not ring and I "
    "missed the bus.",
    "Keys at random": "fj qlwz.xkvb ;pqjd vmzzx gkq tbhw nnprs",
}
HINT = "Paste a text and press Read it."


def build_section(demo: Demo, columns: Mapping[str, Column]) -> None:
    """Lay out the section and connect it to ``score``."""
    plain(INTRODUCTION)
    source = build_text("surprise", columns, EXAMPLES, "Read it")
    bars = plain(elem_id="generator-bars")
    plain(characters.legend())
    views = []
    with gr.Row(equal_height=False):
        for model, title in MODELS.items():
            with gr.Column(min_width=300):
                views.append(
                    characters.scored_view(
                        f"generator-scored-{model}", title, facts(demo, model), HINT
                    )
                )

    def read(text: str) -> list[Any]:
        scores = {model: demo.call("score", text=text, model=model) for model in MODELS}
        return [comparison(scores), *map(characters.scored, scores.values())]

    source.connect(read, [bars, *views])


def comparison(scores: Mapping[str, Score]) -> str:
    """Bits per character of both models beside simpler ways, the worst first, in HTML."""
    rows = sorted(_rows(scores), key=lambda row: -row[1])
    longest = rows[0][1] or 1.0
    lines = "".join(
        f"<tr class='{'model' if name in MODELS.values() else ''}'><th scope='row'>{escape(name)}"
        f"<small>{escape(explanation)}</small></th>"
        f"<td><span class='bar'><i style='width:{100 * each / longest:.1f}%'></i></span></td>"
        f"<td>{each:.2f}</td><td>{bits:,.0f}</td></tr>"
        for name, each, bits, explanation in rows
    )
    length = len(next(iter(scores.values())).text)
    return (
        f"<table class='compared'><caption>What these {length:,} characters cost</caption><thead>"
        "<tr><th scope='col'>predicted by</th><td></td><th scope='col'>bits per character</th>"
        f"<th scope='col'>bits in all</th></tr></thead><tbody>{lines}</tbody></table>"
    )


def _rows(scores: Mapping[str, Score]) -> Iterator[tuple[str, float, float, str]]:
    for model, score in scores.items():
        wavers = f"wavers as if between {score.perplexity:,.1f} equally likely characters"
        yield MODELS[model], score.bits_per_character, score.total_bits, wavers
    for way in next(iter(scores.values())).baselines:
        yield way.name, way.bits_per_character, way.bits, way.explanation
