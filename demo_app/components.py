"""Components for tabs beyond Gradio's own: drawn by a script, or plain HTML, both safely filled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

SHARED = Path(__file__).with_suffix(".js")
"""Functions that every script finds: ``make``, ``percent`` and ``roving``."""


def scripted(elem_id: str, *scripts: Path, **props: Any) -> gr.HTML:
    """A component that JavaScript draws from its value, which is a ``payload``.

    Its template never changes, so that Gradio leaves alone what the script made of it. Scripts
    should make text nodes only: then nothing that a visitor typed is ever read as HTML.

    Args:
        elem_id: the component's id on the page.
        *scripts: files that are run one after the other, as one, when it is first shown. They find
            ``element``, ``props``, ``trigger`` and ``watch``; the place to draw into is
            ``element.querySelector(".drawn")``.
        **props: what the scripts find in ``props`` beside ``value``.
    """
    return gr.HTML(
        "",
        html_template="<div class='drawn'></div>",
        js_on_load="".join(script.read_text("utf-8") for script in (SHARED, *scripts)),
        apply_default_css=False,
        elem_id=elem_id,
        **props,
    )


def plain(html: str = "", **options: Any) -> gr.HTML:
    """HTML that Python wrote, without Gradio's styles for prose, which would undo the page's."""
    return gr.HTML(html, apply_default_css=False, js_on_load=None, **options)


def payload(value: Any) -> str:
    """JSON for a script, as one text: Gradio would compare nested values part by part.

    No ``<`` is left in it, so that it is HTML in nobody's eyes.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def style(sheet: Path) -> gr.HTML:
    """A style sheet; every rule in it should be inside a rule for the tab's own id."""
    return plain(f"<style>{sheet.read_text('utf-8')}</style>")
