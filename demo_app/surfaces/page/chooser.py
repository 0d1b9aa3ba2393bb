"""Where do I start? The data decides the layers, the task decides the loss.

The answer is read from the demos' cards, so that a dropped-in plugin takes part.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import gradio as gr

from demo_app.demo import Card
from demo_app.plugin import Plugin, State

LAYERS = {
    "images": "Convolutions: neighbouring pixels belong together, wherever in the picture they "
    "are. Start from a network that has been trained on many photos.",
    "text": "An embedding, then recurrent or attention layers: order matters, and what came long "
    "ago may.",
    "numbers": "Linear layers with a non-linearity between them: columns have no neighbours.",
    "nothing yet": "None so far. Play with a trained model first, and look at what it is made of.",
}
LOSSES = {
    "classify into two": "Binary cross-entropy on one logit (BCEWithLogitsLoss); the sigmoid "
    "belongs to the loss.",
    "classify into many": "Cross-entropy over a logit for each class (CrossEntropyLoss); the "
    "softmax belongs to the loss.",
    "generate": "For text, cross-entropy of the next token. For pictures, a second network that "
    "tells real from made (the adversarial loss).",
    "understand a model": "None: nothing is trained.",
}
INVITATION = (
    "<p class='chooser-hint'>Choose what you have and what you want. "
    "The data decides the layers, the task decides the loss.</p>"
)


def build_chooser(anchors: Mapping[str, Plugin], tabs: gr.Tabs) -> None:
    """Two questions and an answer, with a button that opens the demo it names.

    Args:
        anchors: the plugins with a tab, by its id.
        tabs: where the button opens the demo.
    """
    with gr.Column(elem_classes="chooser"):
        gr.HTML("<h2>Where do I start?</h2>", padding=False)
        with gr.Row():
            data = gr.Radio(list(LAYERS), label="My data is", elem_id="chooser-data")
            task = gr.Radio(list(LOSSES), label="My task is to", elem_id="chooser-task")
        answer = gr.HTML(INVITATION, padding=False, elem_id="chooser-answer")
        target = gr.State("")
        button = gr.Button("Open", variant="primary", visible=False, elem_id="chooser-open")

    def choose(data: str | None, task: str | None) -> tuple[Any, ...]:
        if not data or not task:
            return INVITATION, "", gr.Button(visible=False)
        anchor, exact = nearest_demo(anchors, data, task)
        plugin = anchors.get(anchor)
        card = plugin.card if plugin else None
        label = f"Open {plugin.title}" if plugin else ""
        return (
            _answer(data, task, card, exact=exact),
            anchor,
            gr.Button(label, visible=plugin is not None),
        )

    # One event for both, and only the last of several: answers cannot overtake each other.
    gr.on(
        [data.change, task.change],
        choose,
        [data, task],
        [answer, target, button],
        trigger_mode="always_last",
        show_progress="hidden",
    )
    button.click(
        lambda anchor: gr.Tabs(selected=anchor),
        target,
        tabs,
        queue=False,
        show_progress="hidden",
        show_progress_on=button,
    )


def nearest_demo(anchors: Mapping[str, Plugin], data: str, task: str) -> tuple[str, bool]:
    """The demo whose card names the data and the task, or one that names one of them.

    Returns:
        The id of its tab (empty if no card names either), and whether it names both.
    """
    cards = {
        anchor: plugin.card
        for anchor, plugin in anchors.items()
        if plugin.state is State.READY and plugin.card is not None
    }
    for anchor, card in cards.items():
        if data in card.data and task in card.task:
            return anchor, True
    for anchor, card in cards.items():
        if task in card.task:
            return anchor, False
    return next((anchor for anchor, card in cards.items() if data in card.data), ""), False


def _answer(data: str, task: str, card: Card | None, *, exact: bool) -> str:
    if card is not None and exact:
        lead = f"<b>{html.escape(card.title)}</b> does that."
        architecture, loss, why = card.architecture, card.loss, card.why
    else:
        lead = "No demo here does exactly that yet."
        if card is not None:
            lead += f" The nearest is <b>{html.escape(card.title)}</b>."
        architecture, loss, why = "", "", ""
    rows = [
        ("Architecture", architecture or LAYERS[data]),
        ("Loss", loss or LOSSES[task]),
        ("Why", why or "The data decides the layers, the task decides the loss."),
    ]
    items = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in rows)
    return f"<div class='chooser-answer' aria-live='polite'><p>{lead}</p><dl>{items}</dl></div>"
