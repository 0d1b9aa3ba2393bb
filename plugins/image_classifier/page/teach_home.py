"""A head taken home, and one brought along: files that predict as the page does."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from demo_app import Demo, File
from demo_app.components import payload, plain, scripted

from ..results import LoadedHead
from .training_set import HeadAtHand, training_set

HERE = Path(__file__).parent
SNIPPET = HERE.parent / "carrying" / "use_head.py"
NAME = "mine"
LEAD = (
    "<h3 class='title'>Take it home</h3><p class='lead'>One safetensors file with the classes, how "
    "photos are prepared, the record of the training, and the logits of three replay pictures: "
    "whoever loads it computes them again, so it predicts the same anywhere or says why not. With "
    "the network in it, it needs no demo_app: the script below runs it.</p>"
)


def build_downloads(demo: Demo) -> None:
    """Lay out the downloads of the head at hand, and the snippet that runs it."""
    plain(LEAD)
    with gr.Row(elem_classes="chips"):
        whole = gr.Button("↓ Head and network, 7 MB", size="sm", elem_id="teach-save-whole")
        alone = gr.Button("↓ Head alone", size="sm", elem_id="teach-save-head")
    file = scripted("teach-saved", HERE / "teach_saved.js")
    with gr.Accordion("use_head.py: the head without demo_app", open=False):
        gr.Code(
            SNIPPET.read_text("utf-8"),
            language="python",
            interactive=False,
            show_label=False,
            elem_id="teach-snippet",
        )

    def saver(*, backbone: bool) -> Callable[[], str]:
        def save() -> str:
            head = training_set(demo).head
            if head is None:
                raise gr.Error("There is no head yet. Train one first.", title="Nothing to save")
            return saved(demo.call("export", head=head.name, backbone=backbone))

        return save

    whole.click(saver(backbone=True), None, file, show_progress_on=whole)
    alone.click(saver(backbone=False), None, file, show_progress_on=alone)


def saved(file: File) -> str:
    """A file for the script that hands it to the browser's downloads; none stays on the server."""
    data = base64.b64encode(file.data).decode()
    # The same file twice is two values: what does not change, no script is told of.
    return payload({"name": file.name, "data": data, "made": time.time_ns()})


def loaded(demo: Demo, path: str) -> tuple[HeadAtHand, str]:
    """Load the head in an uploaded file; returns it, and what can be said of it.

    Raises:
        gr.Error: it is no head, or predicts otherwise here.
    """
    found: LoadedHead = demo.call("load_head", file=taken(path), name=NAME)
    kept = training_set(demo)
    with kept.lock:
        made = (kept.head.made if kept.head else 0) + 1
        kept.head = HeadAtHand(name=found.name, kind=found.kind, classes=found.classes, made=made)
        # Its photos are elsewhere.
        kept.trained = None
    said = (
        f"Loaded: a {found.kind} head for {len(found.classes)} classes. On the replay pictures it "
        f"predicts as where it was exported, within {found.largest_difference:.1g}."
    )
    return kept.head, said


def taken(path: str) -> File:
    """An uploaded file, which does not stay on the server's disk.

    Args:
        path: as Gradio's upload button hands it over; it has checked that it is an upload.
    """
    uploaded = Path(path)
    file = File(name=uploaded.name, data=uploaded.read_bytes())
    uploaded.unlink(missing_ok=True)
    return file
