"""What stands in the place of a demo that cannot be shown."""

from __future__ import annotations

import html

from demo_app.hf_space import for_visitors
from demo_app.plugin import Plugin, State

_HEADINGS = {
    State.INCOMPATIBLE: "does not fit this installation",
    State.IMPORT_FAILED: "could not be imported",
    State.INVALID: "breaks the plugin contract",
    State.CHECKPOINT_FAILED: "has no usable checkpoint",
    State.STARTUP_FAILED: "could not start",
    State.TAB_FAILED: "could not build its tab",
}


def problem_card(plugin: Plugin) -> str:
    """HTML that says what happened to a plugin, what to do, and where it is from.

    The traceback is left to the command line: a visitor cannot use it, and it shows paths.
    """
    heading = _HEADINGS.get(plugin.state, f"is {plugin.state}")
    remedy = f"<p class='remedy'>{_code(for_visitors(plugin.remedy))}</p>" if plugin.remedy else ""
    return (
        f"<section class='problem-card' role='alert' data-state='{plugin.state}'>"
        f"<h2>{html.escape(plugin.title)} {heading}</h2>"
        f"<p>{html.escape(for_visitors(plugin.problem or ''))}</p>{remedy}"
        f"<p class='hint'>The other demos are not affected. For the traceback: "
        f"<code>demo-app plugins show {html.escape(plugin.name)}</code></p>"
        "</section>"
    )


def _code(text: str) -> str:
    """The remedy with its command, if it has one, set as code."""
    for command in ("pip install", "demo-app "):
        before, found, after = text.partition(command)
        if found:
            return f"{html.escape(before)}<code>{html.escape(found + after)}</code>"
    return html.escape(text)
