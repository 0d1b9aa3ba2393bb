"""Components whose script draws what an action returned, and how that travels to the script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent
STYLE = FOLDER / "page.css"


def scripted(script: str, elem_id: str, **props: Any) -> gr.HTML:
    """A component that a script of this folder draws from its value, which is a ``payload``.

    Its template never changes, so that Gradio leaves alone what the script made of it. The script
    makes text nodes only: nothing that a visitor typed is ever read as HTML.

    Args:
        script: the file's name without ``.js``.
        elem_id: the component's id on the page.
        **props: what the script finds in ``props``.
    """
    parts = ("elements", script)
    return gr.HTML(
        "",
        html_template="<div class='drawn'></div>",
        js_on_load="".join((FOLDER / f"{part}.js").read_text("utf-8") for part in parts),
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


def style() -> gr.HTML:
    """The style sheet of the page; every rule in it is inside the rule for the tab's own id."""
    return plain(f"<style>{STYLE.read_text('utf-8')}</style>")
