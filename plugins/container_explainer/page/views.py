"""Five views of the model that is open: tree, diagram, table, ``print`` and what lint says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..telling import tree_view
from . import findings, table
from .events import QUIET
from .saving_files import saved, sent
from .subject import Subject, plain_text

HERE = Path(__file__).parent
TREE_STYLE = (HERE.parent / "tree.css").read_text("utf-8")
UNSAID = "not said"
LOSSES = [UNSAID, "CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss", "BCELoss", "MSELoss"]
FORMATS = {"↓ CSV": "csv", "↓ Markdown": "markdown", "↓ JSON": "json", "↓ SVG": "svg"}


@dataclass(frozen=True, kw_only=True)
class Views:
    """The components of the views.

    Attributes:
        tabs: theirs, by name; the tab of lint says in its label how much it found.
        loss: what the model is trained with, which some rules ask for.
        saves: a button for each format.
        file: what a button saved.
    """

    tabs: dict[str, gr.Tab]
    tree: gr.HTML
    diagram: gr.HTML
    table: gr.HTML
    printed: gr.Code
    lint: gr.HTML
    loss: gr.Dropdown
    saves: dict[str, gr.Button]
    file: gr.HTML


def build_views() -> Views:
    """Lay out the views, each in its tab."""
    tabs: dict[str, gr.Tab] = {}
    saves: dict[str, gr.Button] = {}
    with gr.Tabs(elem_id="explainer-views"):
        with gr.Tab("As a tree") as tabs["tree"]:
            tree = gr.HTML(
                "",
                css_template=TREE_STYLE,
                js_on_load=(HERE.parent / "tree.js").read_text("utf-8"),
                apply_default_css=False,
                elem_id="explainer-tree",
            )
        with gr.Tab("As a diagram") as tabs["diagram"]:
            saves |= _buttons("↓ SVG")
            diagram = scripted("explainer-diagram", HERE / "diagram.js")
        with gr.Tab("As a table") as tabs["table"]:
            saves |= _buttons("↓ CSV", "↓ Markdown", "↓ JSON")
            rows = plain(elem_id="explainer-table")
        with gr.Tab("As print(model) shows it", elem_id="explainer-print") as tabs["print"]:
            printed = gr.Code(
                label="print(model)", interactive=False, max_lines=40, elem_id="explainer-printed"
            )
        with gr.Tab("Lint") as tabs["lint"]:
            loss = gr.Dropdown(
                LOSSES, value=UNSAID, label="Trained with", elem_id="explainer-loss", scale=0
            )
            lint = plain(elem_id="explainer-lint")
    return Views(
        tabs=tabs, tree=tree, diagram=diagram, table=rows, printed=printed, lint=lint,
        loss=loss, saves=saves, file=saved("explainer-saved"),
    )  # fmt: skip


def _buttons(*names: str) -> dict[str, gr.Button]:
    with gr.Row(elem_classes="chips"):
        return {
            name: gr.Button(name, size="sm", elem_id=f"explainer-save-{FORMATS[name]}")
            for name in names
        }


def follow(demo: Demo, asked: Iterable[Any], views: Views, subject: gr.State) -> None:
    """Let the views follow the subject; a view that is not looked at is made when it is.

    Args:
        demo: whose actions are called.
        asked: the events after which another subject may be open.
        views: to be filled.
        subject: what is open.
    """
    view = gr.State("tree")
    parts = {"diagram": views.diagram, "table": views.table, "print": views.printed}

    def make(name: str, subject: Subject) -> Any:
        return VIEWS[name](demo, subject) if name in VIEWS and subject.arguments else gr.skip()

    def make_seen(seen: str, subject: Subject, loss: str) -> tuple[Any, ...]:
        made = (make(name, subject) if name == seen else gr.skip() for name in parts)
        return *made, *lint(subject, loss)

    def lint(subject: Subject, loss: str) -> tuple[str, gr.Tab]:
        return linted(demo, subject, None if loss == UNSAID else loss)

    shown = [views.lint, views.tabs["lint"]]
    for event in asked:
        event.success(make_seen, [view, subject, views.loss], [*parts.values(), *shown], **QUIET)
    views.loss.input(lint, [subject, views.loss], shown, **QUIET)
    for name, tab in views.tabs.items():
        opened = tab.select(_named(name), None, view, **QUIET)
        if name in parts:
            opened.success(make, [view, subject], parts[name], **QUIET)
    for name, button in views.saves.items():
        button.click(_saving(demo, FORMATS[name]), subject, views.file, **QUIET)


def _named(name: str) -> Callable[[], str]:
    return lambda: name


def _saving(demo: Demo, format: str) -> Callable[[Subject], Any]:
    def save(subject: Subject) -> Any:
        if not subject.arguments:
            raise gr.Error("There is no model to save yet. Choose one first.")
        return sent(demo.call("save", format=format, **subject.with_shape))

    return save


def linted(demo: Demo, subject: Subject, loss: str | None = None) -> tuple[str, gr.Tab]:
    """What lint says of the subject, and the label that its tab gets."""
    if not subject.arguments:
        return "", gr.Tab(label="Lint")
    try:
        report = demo.call("lint", loss=loss, **subject.with_shape)
    except gr.Error as error:
        return tree_view.problem(escape(plain_text(error))), gr.Tab(label="Lint")
    return findings.shown(report), gr.Tab(label=findings.heading(report))


def _drawn(demo: Demo, subject: Subject) -> str:
    try:
        return payload(dataclasses.asdict(demo.call("diagram", **subject.with_shape)))
    except gr.Error as error:
        return payload({"svg": "", "depth": 0, "boxes": 0, "notes": [plain_text(error)]})


def _tabled(demo: Demo, subject: Subject) -> str:
    try:
        return table.shown(demo.call("explain", **subject.with_shape))
    except gr.Error as error:
        return tree_view.problem(escape(plain_text(error)))


def _printed(demo: Demo, subject: Subject) -> str:
    try:
        text: str = demo.call("print_structure", **subject.arguments)
    except gr.Error as error:
        return plain_text(error)
    return text


VIEWS: dict[str, Callable[[Demo, Subject], str]] = {
    "diagram": _drawn,
    "table": _tabled,
    "print": _printed,
}
