"""The section that shows what tutorials get wrong, tried out when it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..results import Fault
from .events import QUIET

LEAD = (
    "<p class='lead'>Code on classifiers and transfer learning as tutorials publish it, run as you "
    "open this. The networks are <b>untrained on purpose</b>: these faults lie in the code around "
    "the weights, and no training mends them.</p>"
)
WAIT = "<p class='hint'>Running them; it takes some seconds the first time.</p>"


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section; opening its tab calls ``tutorial_faults``."""
    plain(LEAD)
    shown = plain(WAIT, elem_id="lesson-faults", min_height=200)
    opened.select(lambda: cards(demo.call("tutorial_faults")), None, shown, **QUIET)


def cards(faults: Iterable[Fault]) -> str:
    """A card for each fault: what is published, what was measured, and the mend, in HTML."""
    return f"<div class='faults'>{''.join(map(_card, faults))}</div>"


def _card(fault: Fault) -> str:
    raised = f"<p class='raised'>Elsewhere it raises: <code>{escape(fault.error)}</code></p>"
    return (
        f"<article><h3>{escape(fault.name)}</h3>"
        f"<p class='facts'>{escape(fault.model)} <span class='badge'>untrained</span></p>"
        f"<pre><code>{escape(fault.published)}</code></pre>"
        f"<p>{escape(fault.consequence)}</p>"
        f"<p class='facts'>{escape(fault.evidence)}</p>"
        f"<dl class='figures'><div class='wrong'><dt>as published</dt>"
        f"<dd>{number(fault.faulty)}</dd></div>"
        f"<div class='right'><dt>mended</dt><dd>{number(fault.mended)}</dd></div></dl>"
        f"{raised if fault.error else ''}<p><b>The mend:</b> {escape(fault.mend)}</p></article>"
    )


def number(value: float) -> str:
    """A measured number in as many figures as are worth reading, in HTML."""
    if value and abs(value) < 5e-4:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa} · 10<sup>{int(exponent)}</sup>".replace("-", "−")
    text = f"{value:,.0f}" if value == int(value) else f"{value:z.3f}"
    return text.replace("-", "−")
