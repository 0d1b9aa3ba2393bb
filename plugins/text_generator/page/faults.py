"""The section that shows what tutorials get wrong, tried out when it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..results import Fault

INTRODUCTION = (
    "<p class='lead'>Two language models as tutorials publish them: <code>RNNLanguageModel</code> "
    "and <code>TransformerLM</code>. They are <b>untrained on purpose</b>: these faults are in the "
    "architecture, and no training mends them. The numbers are measured as you open this.</p>"
)


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section; opening its tab calls ``tutorial_faults``."""
    plain(INTRODUCTION)
    shown = plain(elem_id="generator-faults", min_height=200)
    opened.select(lambda: cards(demo.call("tutorial_faults")), None, shown)


def cards(faults: Iterable[Fault]) -> str:
    """A card for each fault: what is published, what was measured, and the mend, in HTML."""
    return f"<div class='faults'>{''.join(map(_card, faults))}</div>"


def _card(fault: Fault) -> str:
    raised = fault.faulty is None
    outcome = escape(fault.error) if fault.faulty is None else _number(fault.faulty)
    return (
        f"<article><h3>{escape(fault.name)}</h3>"
        f"<p class='facts'>{escape(fault.model)} <span class='badge'>untrained</span></p>"
        f"<pre><code>{escape(fault.published)}</code></pre>"
        f"<p>{escape(fault.consequence)}</p>"
        f"<p class='evidence'>{escape(fault.evidence)}</p>"
        f"<dl class='figures'><div class='wrong{' raised' if raised else ''}'>"
        f"<dt>as published</dt><dd>{outcome}</dd></div>"
        f"<div class='right'><dt>mended</dt><dd>{_number(fault.mended)}</dd></div></dl>"
        f"<p><b>The mend:</b> {escape(fault.mend)}</p></article>"
    )


def _number(value: float) -> str:
    """Three decimals; what is rounding noise of single precision is shown as such."""
    if value and abs(value) < 5e-4:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa} · 10<sup>{int(exponent)}</sup>".replace("-", "−")
    return f"{value:z.3f}".replace("-", "−")
