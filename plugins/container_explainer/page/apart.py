"""The section in which a model is taken apart: where it comes from, its figures, and its views."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from demo_app import Demo

from ..telling import tree_view
from . import code_errors
from .events import LIVE, QUIET
from .sources import OF_CODE, OF_DEMO, OF_GALLERY, TORCHVISION, Sources, build_sources, list_models
from .subject import Subject, of_code, plain_text, read_shape
from .views import TREE_STYLE, build_views, follow

EMPTY = "<p class='note'>No demo here has a model yet.</p>"
PAUSE = "async (...inputs) => { await new Promise((go) => setTimeout(go, 300)); return inputs; }"
"""Waits while somebody types. Of what was typed meanwhile, the last is run after it."""
ITS_OWN = "its own example"
STAYS = "What stands below is what was open before."


def build_section(demo: Demo) -> gr.State:
    """Lay out the section and connect it to the actions; returns the ``Subject`` that is open.

    Nothing is explained before the tab is first seen: the script says when that is.
    """
    subject = gr.State(Subject())
    sources = build_sources(demo)
    figures = gr.HTML(
        "",
        css_template=TREE_STYLE,
        js_on_load="trigger('seen');",
        apply_default_css=False,
        elem_id="explainer-figures",
    )
    views = build_views()

    def look(current: Subject, *values: Any) -> tuple[Any, ...]:
        return looked(demo, current, *values)

    def list_them(model: str | None) -> gr.Dropdown:
        return list_models(demo, model)

    inputs = [subject, *sources.inputs]
    outputs = [subject, figures, views.tree, sources.problem, sources.printed, sources.shape]
    seen = figures.seen(list_them, sources.model, sources.model, **QUIET)
    asked = (
        seen.success(look, inputs, outputs, **QUIET),
        sources.code.input(look, inputs, outputs, js=PAUSE, **LIVE),
        gr.on(_changes(sources), look, inputs, outputs, **LIVE),
    )
    follow(demo, asked, views, subject)
    return subject


def _changes(sources: Sources) -> list[Any]:
    return [
        sources.model.input,
        sources.source.change,
        sources.name.change,
        sources.picked.change,
        sources.run.click,
        sources.shape.submit,
        sources.shape.blur,
    ]


def looked(demo: Demo, current: Subject, source: str, *values: Any) -> tuple[Any, ...]:
    """What is shown of what the chooser says: subject, figures, tree, problem, printed, shape.

    Args:
        demo: whose actions are called.
        current: what was open until now. An input shape that was typed for it is not kept for
            another model.
        source: one of ``SOURCES``.
        *values: of the chooser's other components, in the order of ``Sources.inputs``.
    """
    model, name, picked, code, shape = values
    arguments = named(source, model, name, picked, code)
    if not arguments:
        nothing = EMPTY if source == OF_DEMO else gr.skip()
        return gr.skip(), nothing, *(gr.skip(),) * 4
    is_other = arguments != current.arguments and not ("code" in arguments and current.is_code)
    try:
        given = None if is_other else read_shape(shape)
        if "code" in arguments:
            found, printed = of_code(demo, code, given)
        else:
            found, printed = Subject(arguments=arguments, shape=given), ""
        explanation = demo.call("explain", **found.with_shape)
    except gr.Error as error:
        message = plain_text(error)
        if source == OF_CODE:
            # What was last understood stays.
            problem = code_errors.problem(message, code, STAYS)
            return gr.skip(), gr.skip(), gr.skip(), problem, "", gr.skip()
        if arguments == current.arguments:
            return gr.skip(), tree_view.problem(escape(message)), *(gr.skip(),) * 4
        return Subject(), tree_view.problem(escape(message)), "", "", "", gr.skip()
    box = {"placeholder": explanation.input.strip("[]") or ITS_OWN}
    if is_other:
        box["value"] = ""
    shown = tree_view.figures(explanation), tree_view.tree(explanation)
    return found, *shown, "", said(printed), gr.Textbox(**box)


def named(
    source: str, model: str | None, name: str | None, picked: str | None, code: str
) -> dict[str, str]:
    """The argument of the actions for what is chosen; nothing if nothing is."""
    if source == OF_CODE:
        return {"code": code} if code.strip() else {}
    chosen = {OF_DEMO: model, OF_GALLERY: picked}.get(source, name and TORCHVISION + name)
    return {"model": chosen} if chosen else {}


def said(printed: str) -> str:
    """What a program printed, as HTML."""
    if not printed:
        return ""
    return f"<div class='printed'><small>printed</small><pre>{escape(printed)}</pre></div>"
