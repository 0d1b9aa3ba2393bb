"""The section that changes a container, and shows what becomes of the names in a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from . import edited
from .events import LIVE, QUIET
from .operations import OPERATIONS, Operation
from .subject import Subject, plain_text
from .to_copy import to_copy, written

LEAD = (
    "<p class='lead'>A checkpoint knows its tensors by name, and the containers make the names. "
    "Change a model, and see which names move, and the code that renames an old checkpoint.</p>"
)
OPEN = "open"
THAT_ONE = "What is open in “Take a model apart”"
FIRST = "Insert"
RENAMES = "Renames an old checkpoint's state_dict for the model after"


def build_section(demo: Demo, subject: gr.State) -> None:
    """Lay out the section and connect it to ``edit``.

    Args:
        demo: whose actions are called.
        subject: what is open in the first section.
    """
    plain(LEAD)
    operation = gr.Radio(
        list(OPERATIONS), value=FIRST, label="What if I …", elem_id="explainer-operation"
    )
    first = OPERATIONS[FIRST]
    with gr.Row(equal_height=False, elem_classes="edit-inputs"):
        model = gr.Dropdown(
            [(first.model, first.model), (THAT_ONE, OPEN)],
            value=first.model,
            label="On",
            scale=2,
            min_width=240,
            elem_id="explainer-edit-model",
        )
        boxes = _boxes(first)
    says = plain(_says(first), elem_id="explainer-operation-says")
    problem = plain(elem_id="explainer-edit-problem")
    result = gr.HTML(
        "",
        apply_default_css=False,
        js_on_load="trigger('seen');",
        elem_id="explainer-edited",
    )
    remap = to_copy("explainer-remap")

    def prepare(label: str, chosen: str | None) -> list[Any]:
        found = OPERATIONS[label]
        kept = chosen if chosen == OPEN else found.model
        return [kept, _says(found), *_filled(found, keeps_place=kept != OPEN)]

    def list_models(chosen: str | None) -> gr.Dropdown:
        exhibits = [(one.title, one.model) for one in demo.call("gallery")]
        return gr.Dropdown([*exhibits, (THAT_ONE, OPEN)], value=chosen or first.model)

    def work(label: str, chosen: str | None, subject: Subject, *values: Any) -> tuple[Any, ...]:
        asked = dict(zip(boxes, values, strict=True))
        return worked(demo, label, chosen, subject, asked)

    inputs = [operation, model, subject, *boxes.values()]
    outputs = [problem, result, remap]
    result.seen(list_models, model, model, **QUIET).success(work, inputs, outputs, **QUIET)
    operation.input(prepare, [operation, model], [model, says, *boxes.values()], **LIVE).success(
        work, inputs, outputs, **QUIET
    )
    shared = boxes["shared"]
    texts = [box for box in boxes.values() if box is not shared]
    # Gradio sends no input event for some ways to fill a box; leaving it counts as well.
    typed = [event for box in texts for event in (box.input, box.submit, box.blur)]
    gr.on([model.input, shared.input, *typed], work, inputs, outputs, **LIVE)


def _boxes(first: Operation) -> dict[str, Any]:
    titles = {
        "at": ("In the container", "the whole model"),
        "child": ("Child", "index or name"),
        "layer": ("Layer", "nn.ReLU()"),
        "name": ("Name", "none"),
        "names": ("Names", "conv1, relu1, …"),
        "start": ("From", "the first"),
        "stop": ("Up to, without", "the end"),
        "times": ("Times", "2"),
    }
    boxes: dict[str, Any] = {
        name: gr.Textbox(
            first.example.get(name, ""),
            label=label,
            placeholder=placeholder,
            max_lines=1,
            min_width=130,
            visible=name in first.example,
            elem_id=f"explainer-edit-{name}",
        )
        for name, (label, placeholder) in titles.items()
    }
    boxes["shared"] = gr.Checkbox(
        True, label="the very same layers", visible=False, min_width=130,
        elem_id="explainer-edit-shared",
    )  # fmt: skip
    return boxes


def _filled(operation: Operation, *, keeps_place: bool) -> list[Any]:
    """The boxes for an operation, with its example where that is about the model."""
    about_model = ("at", "child")
    boxes: list[Any] = []
    for name in ("at", "child", "layer", "name", "names", "start", "stop", "times"):
        value = operation.example.get(name, "")
        kept = value if keeps_place or name not in about_model else ""
        boxes.append(gr.Textbox(kept, visible=name in operation.example))
    return [*boxes, gr.Checkbox(visible="shared" in operation.example)]


def _says(operation: Operation) -> str:
    return f"<p class='remark'>{escape(operation.says)}</p>"


def worked(
    demo: Demo, label: str, chosen: str | None, subject: Subject, asked: Mapping[str, Any]
) -> tuple[Any, ...]:
    """What an operation comes to: a problem, the result, and the code that renames.

    Where it cannot be done, what was shown stays.
    """
    try:
        report = demo.call("edit", **_target(chosen, subject), **arguments(label, asked))
    except gr.Error as error:
        text = escape(plain_text(error))
        return f"<div class='problem' role='alert'><p>{text}</p></div>", gr.skip(), gr.skip()
    return "", edited.shown(report), written(RENAMES, report.remap)


def _target(chosen: str | None, subject: Subject) -> dict[str, str]:
    if chosen != OPEN:
        return {"model": chosen} if chosen else {}
    if not subject.arguments:
        raise gr.Error("Nothing is open in “Take a model apart”. Open a model there first.")
    return subject.arguments


def arguments(label: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``edit`` in the boxes that an operation has; an empty box is left out."""
    found = OPERATIONS[label]
    read: dict[str, Any] = {"operation": found.name}
    for name in found.example:
        value = asked[name]
        text = value.strip() if isinstance(value, str) else value
        if text != "":
            read[name] = READERS[name](text) if name in READERS else text
    return read


def _number(what: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise gr.Error(f"{what}: give a whole number.") from None

    return read


def _child(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 8 else text


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


READERS: dict[str, Callable[[str], Any]] = {
    "child": _child,
    "names": _names,
    "start": _number("From"),
    "stop": _number("Up to"),
    "times": _number("Times"),
}
