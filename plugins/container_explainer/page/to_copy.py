"""Code that the page wrote, for the visitor to copy."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demo_app.components import payload, scripted


def to_copy(elem_id: str) -> gr.HTML:
    """A place for code; it is not there while there is none."""
    return scripted(elem_id, Path(__file__).with_name("to_copy.js"))


def written(title: str, code: str) -> str:
    """Code under a title, for the script; no code clears the place."""
    return payload({"title": title, "code": code})
