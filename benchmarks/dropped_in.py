"""Plugins as a user would drop them in: no model, an action, and a tab of five components."""

from __future__ import annotations

from pathlib import Path

HOOKS = '''
"""A demo without a model."""

from demo_app import Card, hookimpl


@hookimpl
def demo_card():
    return Card(title="Dropped in {number}", summary="Repeats a text.", order={number})


@hookimpl
def demo_actions():
    from .actions import repeat

    return [repeat]


@hookimpl
def demo_build_tab(demo):
    from .tab import build_tab

    build_tab(demo)
'''
ACTIONS = '''
from typing import Annotated

from pydantic import Field

from demo_app import Context, action


@action
def repeat(
    ctx: Context,
    *,
    text: Annotated[str, Field(max_length=200)],
    times: Annotated[int, Field(ge=1, le=9)] = 2,
) -> str:
    """Write a text several times."""
    return text * times
'''
TAB = """
import gradio as gr


def build_tab(demo):
    gr.Markdown("Writes a text several times.")
    text = gr.Textbox(label="Text")
    times = gr.Slider(1, 9, value=2, step=1, label="Times")
    button = gr.Button("Repeat")
    result = gr.Textbox(label="Result")
    button.click(lambda text, times: demo.call("repeat", text=text, times=times),
                 [text, times], result)
"""


def drop_in(directory: Path, count: int, *, first: int = 0) -> None:
    """Write plugins into a directory, each with the rooms that the shipped ones have.

    Args:
        directory: a plugin directory.
        count: how many.
        first: the number of the first; the others follow.
    """
    for number in range(first, first + count):
        folder = directory / f"dropped_in_{number}"
        folder.mkdir()
        (folder / "__init__.py").write_text(HOOKS.format(number=number))
        (folder / "actions.py").write_text(ACTIONS)
        (folder / "tab.py").write_text(TAB)
