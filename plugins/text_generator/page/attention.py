"""Who looked at whom, on its way to the script that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from demo_app.components import payload, scripted

from ..results import Inspection

Head = Sequence[Sequence[float]]

SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("glyphs.js", "attention.js"))


def attention_view(elem_id: str) -> gr.HTML:
    """The heads of one layer as small maps, and the text to ask who was looked at."""
    return scripted(elem_id, *SCRIPTS)


def attention(inspection: Inspection) -> str:
    """The maps of an inspected Transformer below their diagonal, in thousandths.

    Raises:
        ValueError: the model has no attention.
    """
    if inspection.attention is None:
        raise ValueError("only the Transformer attends")
    return payload(
        {
            "seen": inspection.seen,
            "layer": inspection.attention.layer,
            "heads": [
                {
                    "summary": summary(head),
                    "rows": [
                        [round(1000 * weight) for weight in row[: place + 1]]
                        for place, row in enumerate(head)
                    ],
                }
                for head in inspection.attention.heads
            ],
        }
    )


def summary(head: Head) -> str:
    """What a head does on average, in words: how far back it looks, or that it looks at itself."""
    length = len(head)
    itself = sum(row[place] for place, row in enumerate(head)) / length
    previous = sum(head[place][place - 1] for place in range(1, length)) / max(1, length - 1)
    distance = (
        sum(
            (place - other) * row[other] for place, row in enumerate(head) for other in range(place)
        )
        / length
    )
    if itself >= 0.5:
        return f"itself ({itself:.0%})"
    if previous >= 0.5:
        return f"the one before ({previous:.0%})"
    return f"{distance:.1f} back on average"
