"""The section that reads a checkpoint by its header, and lays it beside a model."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo, File
from demo_app.components import plain

from ..telling import tree_view
from . import stored
from .events import LIVE, QUIET
from .subject import plain_text
from .to_copy import to_copy, written

LEAD = (
    "<p class='lead'>A safetensors file begins with a header that names every tensor. That alone "
    "is read here: what is in the file, and whether it fits a model. Where only names differ "
    "(<code>module.</code>, <code>_orig_mod.</code>, numbers for names), you get the code that "
    "mends them.</p>"
)
NOBODY, TYPED = "", "code"
LOADS = "Loads the file into the model"
CODE = "net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))\n"
EXAMPLE = "lenet-from-DataParallel.safetensors"


def build_section(demo: Demo) -> None:
    """Lay out the section and connect it to ``match``."""
    plain(LEAD)
    kept = gr.State(None)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=260):
            upload = gr.File(
                label="A safetensors file, up to 20 MB",
                file_types=[".safetensors"],
                type="filepath",
                height=150,
                elem_id="explainer-file",
            )
            with gr.Row(elem_classes="chips"):
                example = gr.Button(
                    "Example: LeNet from DataParallel",
                    size="sm",
                    elem_id="explainer-file-example",
                )
            model = gr.Dropdown(
                [("no model", NOBODY)],
                value=NOBODY,
                label="Beside the model",
                elem_id="explainer-match-model",
            )
            code = gr.Code(
                CODE, language="python", label="The model's code", lines=4, visible=False,
                elem_id="explainer-match-code",
            )  # fmt: skip
        with gr.Column(scale=3, min_width=300):
            found = gr.HTML(
                stored.HINT,
                apply_default_css=False,
                js_on_load="trigger('seen');",
                elem_id="explainer-matched",
            )
            remap = to_copy("explainer-match-remap")

    def list_models(chosen: str) -> gr.Dropdown:
        named = [(one.title or one.model, one.model) for one in demo.call("models")]
        choices = [("no model", NOBODY), ("code of my own", TYPED), *named]
        return gr.Dropdown(choices, value=chosen)

    def take(path: str | None) -> File | None:
        return File(name=Path(path).name, data=Path(path).read_bytes()) if path else None

    def look(file: File | None, chosen: str | None, code: str) -> tuple[Any, ...]:
        return looked(demo, file, chosen, code)

    def make() -> tuple[File, str]:
        return example_file(demo), "container_explainer/lenet"

    outputs = [found, remap]
    found.seen(list_models, model, model, **QUIET)
    upload.change(take, upload, kept, **QUIET).success(look, [kept, model, code], outputs, **QUIET)
    example.click(make, None, [kept, model], **QUIET).success(
        look, [kept, model, code], outputs, **QUIET
    )
    model.input(lambda chosen: gr.Code(visible=chosen == TYPED), model, code, **QUIET)
    gr.on([model.input, code.input], look, [kept, model, code], outputs, **LIVE)


def looked(demo: Demo, file: File | None, chosen: str | None, code: str) -> tuple[Any, ...]:
    """What the header says, and what comes of it beside the model; then the code that loads it."""
    if file is None:
        return stored.HINT, written("", "")
    beside = {"code": code} if chosen == TYPED else {"model": chosen} if chosen else {}
    try:
        report = demo.call("match", file=file, **beside)
    except gr.Error as error:
        return tree_view.problem(escape(plain_text(error))), written("", "")
    code_to_load = "\n\n".join(way.code for way in report.match.ways) if report.match else ""
    return stored.shown(report), written(LOADS, code_to_load)


def example_file(demo: Demo) -> File:
    """The numbered LeNet as ``nn.DataParallel`` saves it: ``module.`` before every name.

    Its numbers are initial ones; only the header is looked at.
    """
    from safetensors.torch import save

    network = demo.build_model("lenet_numbered")
    tensors = {f"module.{name}": tensor for name, tensor in network.state_dict().items()}
    data = save(tensors, {"saved_by": "nn.DataParallel", "note": "initial weights"})
    return File(name=EXAMPLE, data=data)
