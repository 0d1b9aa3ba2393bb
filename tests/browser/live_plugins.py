"""Plugins that are written, changed and broken while an app runs and its page is open."""

from textwrap import dedent

HOOKS = """
from typing import Annotated

from pydantic import Field

from demo_app import Card, Context, action, hookimpl

{further}

@hookimpl
def demo_card():
    return Card(title="{title}", summary="Says things.", icon="🗣️")


@action
def say(ctx: Context, *, text: Annotated[str, Field(max_length=99)] = "nothing") -> str:
    ctx.session["said"] = ctx.session.get("said", 0) + 1
    return f"{word} {{text}} {{ctx.session['said']}}"


@hookimpl
def demo_actions():
    return [say]


@hookimpl
def demo_build_tab(demo):
    import gradio as gr

    text = gr.Textbox(label="{title} text", elem_id="{title}-text")
    said = gr.Textbox(label="{title} said", elem_id="{title}-said")
    button = gr.Button("Say it", elem_id="{title}-say")
    button.click(lambda text: demo.call("say", text=text), text, said)
    gr.Examples([["an example"]], text, elem_id="{title}-examples")
"""


def source(title: str, word: str, further: str = "") -> str:
    """A plugin with one action that says a word before the text, and counts the visitor's calls."""
    return dedent(HOOKS).format(title=title, word=word, further=further)
