"""The section that shows what a tutorial gets wrong, tried out when it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..results import Fault
from .events import QUIET

LEAD = (
    "<p class='lead'>The pair of networks as a tutorial publishes it, <b>untrained on purpose</b>: "
    "the fault is in the architecture. It is run as you open this.</p>"
)


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section; opening its tab calls ``tutorial_faults``."""
    plain(LEAD)
    shown = plain(elem_id="gan-faults", min_height=200)
    opened.select(lambda: cards(demo.call("tutorial_faults")), None, shown, **QUIET)


def cards(faults: Iterable[Fault]) -> str:
    """A card for each fault: what is published, what came of it, and the mend, in HTML."""
    return f"<div class='faults'>{''.join(map(_card, faults))}</div>"


def _card(fault: Fault) -> str:
    small, right = fault.published_shape[-1], fault.mended_shape[-1]
    return (
        f"<article><h3>{escape(fault.name)} <span class='badge'>untrained</span></h3>"
        f"<pre><code>{escape(fault.published)}</code></pre>"
        f"<p>{escape(fault.consequence)}</p>"
        f"<div class='sizes' aria-hidden='true'>{_square(small)}{_square(right)}</div>"
        "<dl class='figures'>"
        f"<div class='wrong'><dt>as published</dt><dd>{_shape(fault.published_shape)}</dd></div>"
        f"<div><dt>the discriminator wants</dt><dd>{_shape(fault.expected_shape)}</dd></div>"
        f"<div class='right'><dt>mended</dt><dd>{_shape(fault.mended_shape)}</dd></div></dl>"
        f"<p class='raised'>The discriminator on it: <code>{escape(fault.error)}</code></p>"
        f"<p><b>The mend:</b> {escape(fault.mend)}</p></article>"
    )


def _square(side: int) -> str:
    return f"<span class='pixels' style='--side:{side}'><small>{side} × {side}</small></span>"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
