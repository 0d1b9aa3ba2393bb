"""Components for tabs beyond Gradio's own: drawn by a script, or plain HTML, both safely filled."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app.errors import InvalidInput
from demo_app.images import open_image

SHARED = Path(__file__).with_suffix(".js")
"""Functions that every script finds: ``make``, ``percent`` and ``roving``."""

SKETCHPAD = Path(__file__).with_name("sketchpad.js")
PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")
MAX_PICTURE = 2_000_000
"""Characters of a picture that a script sends; a sketch pad's has some thousand."""


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
    return _drawn(elem_id, "<div class='drawn'></div>", *scripts, **props)


def sketchpad(
    elem_id: str,
    *,
    invitation: str = "Draw here",
    description: str = "Paper: draw with the mouse, a pen or a finger",
    live: bool = False,
) -> gr.HTML:
    """Paper to draw on in black. Its event ``drawn`` brings an ``image``, for ``sent_picture``.

    Give it another number as its value, a ``payload``, and it sends what is on it once more.

    Args:
        elem_id: the component's id on the page.
        invitation: what stands on empty paper.
        description: what it is, for those who do not see it.
        live: send while a stroke is drawn, too. The event brings a ``number``; the next drawing is
            sent when ``answered(number)`` has become the value, so that they never queue up.
    """
    looks = SKETCHPAD.with_suffix(".css").read_text("utf-8")
    return _drawn(
        elem_id,
        f"<style>{looks}</style><div class='drawn'></div>",
        SKETCHPAD,
        invitation=invitation,
        description=description,
        live=live,
    )


def answered(number: Any) -> str:
    """The value that tells a live component that what it sent under this number was answered."""
    return payload({"answered": number if isinstance(number, int) else 0})


def sent_picture(url: Any) -> Image.Image | None:
    """The picture in a data URL that a script sent, RGB; None for an empty text.

    Raises:
        gr.Error: it is no PNG or JPEG of the page's, or damaged.
    """
    if url == "":
        return None
    if not isinstance(url, str) or not url.startswith(PICTURES) or len(url) > MAX_PICTURE:
        raise gr.Error("That is no picture from this page.")
    try:
        return open_image(base64.b64decode(url.partition(",")[2], validate=True))
    except (ValueError, InvalidInput):
        raise gr.Error("The picture did not arrive whole. Send it once more.") from None


def plain(html: str = "", **options: Any) -> gr.HTML:
    """HTML that Python wrote, without Gradio's styles for prose, which would undo the page's."""
    return gr.HTML(html, apply_default_css=False, js_on_load=None, **options)


def payload(value: Any) -> str:
    """JSON for a script, as one text: Gradio would compare nested values part by part.

    No ``<`` is left in it, so that it is HTML in nobody's eyes.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def style(*sheets: Path) -> gr.HTML:
    """Style sheets; every rule in them should be inside a rule for the tab's own id."""
    return plain(f"<style>{''.join(sheet.read_text('utf-8') for sheet in sheets)}</style>")


def _drawn(elem_id: str, template: str, *scripts: Path, **props: Any) -> gr.HTML:
    return gr.HTML(
        "",
        html_template=template,
        js_on_load="".join(script.read_text("utf-8") for script in (SHARED, *scripts)),
        apply_default_css=False,
        elem_id=elem_id,
        **props,
    )
