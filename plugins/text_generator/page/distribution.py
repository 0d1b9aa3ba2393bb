"""The next character's distribution, stage by stage, on its way to the script that draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app.components import payload, scripted

from ..results import Inspection, Stage

ROWS = 9
SCALES = (0.25, 0.5, 1.0)
"""What the full width of a bar stands for: few steps, so that bars move and the scale seldom."""

STAGES = {
    "model": "model",
    "repetition_penalty": "penalty",
    "top_k": "top-k",
    "top_p": "top-p",
    "min_p": "min-p",
    "temperature": "temperature",
}

SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("glyphs.js", "distribution.js"))


def distribution_view(elem_id: str) -> gr.HTML:
    """Bars for the likeliest characters after each stage, for one model or several.

    Events:
        seen: when it is first shown.
    """
    return scripted(elem_id, *SCRIPTS)


def distributions(inspections: Mapping[str, Inspection]) -> str:
    """The stages that changed something for any of the models, each with its distribution.

    Args:
        inspections: of the same prompt and sampler, by the model's title.
    """
    stages = [inspection.stages for inspection in inspections.values()]
    active = [
        number
        for number in range(len(stages[0]))
        if number == 0 or any(_differ(of[number], of[number - 1]) for of in stages)
    ]
    panels = [
        _panel(title, [inspection.stages[number] for number in active])
        for title, inspection in inspections.items()
    ]
    largest = max(value for panel in panels for row in panel["rows"] for value in row["values"])
    return payload(
        {
            "panels": panels,
            "scale": next(scale for scale in SCALES if largest <= scale + 1e-9),
            "idle": [
                STAGES[stage.name] for number, stage in enumerate(stages[0]) if number not in active
            ],
        }
    )


def problem(message: str) -> str:
    """What stands in the place of the bars where there are none."""
    return payload({"problem": message})


def _panel(title: str, stages: Sequence[Stage]) -> dict[str, Any]:
    return {
        "title": title,
        "stages": [
            {"title": STAGES[stage.name], "kept": stage.kept, "bits": round(stage.entropy, 2)}
            for stage in stages
        ],
        "rows": [
            {"character": character, "values": [float(f"{value:.3g}") for value in values]}
            for character, values in _rows(stages)
        ],
    }


def _rows(stages: Sequence[Stage]) -> list[tuple[str, list[float]]]:
    """The likeliest characters of the model, and those that the sampler made likely."""
    columns = [[one.probability for one in stage.distribution] for stage in stages]
    characters = [one.character for one in stages[0].distribution]
    first, last = columns[0], columns[-1]
    places = sorted(range(len(characters)), key=lambda place: -first[place])
    chosen = set(sorted(places, key=lambda place: -max(first[place], last[place]))[:ROWS])
    return [
        (characters[place], [column[place] for column in columns])
        for place in places
        if place in chosen
    ]


def _differ(one: Stage, other: Stage) -> bool:
    return any(
        abs(a.probability - b.probability) > 1e-6
        for a, b in zip(one.distribution, other.distribution, strict=True)
    )
