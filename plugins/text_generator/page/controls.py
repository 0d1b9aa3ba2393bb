"""What a visitor sets: the prompt, how much to write, the luck, and the sampler."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo_app import Demo

PROMPT = "ROMEO:\nWhat light is "
EXAMPLES = {
    "ROMEO:": "ROMEO:\n",
    "First Citizen:": "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\n",
    "To be, or not to be": "To be, or not to be",
    "A scene in a kitchen": "Second Servant:\nThe soup is cold, and the cook has run away",
    "Nothing at all": "",
}
"""Prompts by the name of their chip."""

MAX_LENGTH = 2000
MAX_SEED = 999_999
SLIDERS: Mapping[str, tuple[str, float, float, float]] = {
    "temperature": ("Temperature (1: off)", 0, 2, 0.05),
    "repetition_penalty": ("Repetition (1: off)", 1, 2, 0.05),
    "top_k": ("Top-k (0: off)", 0, 65, 1),
    "top_p": ("Top-p (1: off)", 0, 1, 0.01),
    "min_p": ("Min-p (0: off)", 0, 1, 0.01),
}
"""Label, least, most and step of each of the sampler's parameters, and when it changes nothing."""

STOPS = [
    ("at the length only", ""),
    ("at the end of a line", "\n"),
    ("at the end of a speech (an empty line)", "\n\n"),
]
DICE = f"() => Math.floor(Math.random() * {MAX_SEED + 1})"


@dataclass(frozen=True, kw_only=True)
class Controls:
    """The inputs and buttons, as the sections below need them."""

    prompt: gr.Textbox
    write: gr.Button
    stop: gr.Button
    length: gr.Slider
    seed: gr.Number
    ending: gr.Dropdown
    sampler: Mapping[str, gr.Slider]

    @property
    def of_generation(self) -> list[Any]:
        """What ``generate`` takes besides prompt and model, as inputs of an event."""
        return [self.length, self.seed, self.ending, *self.sampler.values()]

    def arguments(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values of ``of_generation`` as arguments; without a seed both models get one."""
        length, seed, ending, *sampler = values
        return {
            "max_new_characters": length,
            "seed": random.randint(0, MAX_SEED) if seed is None else seed,
            "stop": ending or None,
            **self.sampling(sampler),
        }

    def sampling(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values of ``sampler`` as arguments."""
        return dict(zip(self.sampler, values, strict=True))


def build_prompt() -> dict[str, Any]:
    """Lay out the prompt with its examples, the length, the seed, and the two buttons."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            prompt = gr.Textbox(
                PROMPT,
                label="Prompt",
                lines=2,
                max_lines=8,
                placeholder="How the text begins. Leave it empty to let the models begin.",
                elem_id="generator-prompt",
            )
            with gr.Row(elem_classes="chips"):
                for name, text in EXAMPLES.items():
                    chip = gr.Button(name, size="sm")
                    chip.click(None, None, prompt, js=f"() => {json.dumps(text)}")
        with gr.Column(scale=2, min_width=300):
            with gr.Row():
                length = gr.Slider(
                    50,
                    MAX_LENGTH,
                    value=400,
                    step=50,
                    label="Characters",
                    min_width=150,
                    buttons=[],
                    elem_id="generator-length",
                )
                seed = gr.Number(
                    1,
                    label="Seed for both",
                    precision=0,
                    minimum=0,
                    maximum=MAX_SEED,
                    min_width=150,
                    elem_id="generator-seed",
                )
            with gr.Row(elem_classes="buttons"):
                dice = gr.Button("🎲 New luck", elem_id="generator-dice")
                write = gr.Button("Write", variant="primary", elem_id="generator-write")
                stop = gr.Button("Stop", elem_id="generator-stop")
    dice.click(None, None, seed, js=DICE)
    return {"prompt": prompt, "length": length, "seed": seed, "write": write, "stop": stop}


def build_sampler(demo: Demo) -> dict[str, Any]:
    """Lay out the sampler's sliders, at the defaults of ``generate``."""
    defaults = {each.name: each.default for each in demo.actions["generate"].parameters}
    sampler = {}
    with gr.Row(elem_classes="sampler"):
        for name, (label, least, most, step) in SLIDERS.items():
            sampler[name] = gr.Slider(
                least,
                most,
                value=defaults[name],
                step=step,
                label=label,
                min_width=150,
                buttons=[],
                elem_id=f"generator-{name.replace('_', '-')}",
            )
        ending = gr.Dropdown(
            STOPS,
            value="",
            label="Stop text",
            allow_custom_value=True,
            min_width=150,
            elem_id="generator-ending",
        )
    reset = gr.Button(
        "Reset the sampler", size="sm", elem_id="generator-reset", elem_classes="short"
    )
    values = [*(defaults[name] for name in sampler), ""]
    reset.click(None, None, [*sampler.values(), ending], js=f"() => {json.dumps(values)}")
    return {"sampler": sampler, "ending": ending}
