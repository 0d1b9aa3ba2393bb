"""The Plugins tab: what loaded, from where, how long it took, what failed, and the last calls."""

from __future__ import annotations

import html
import time

import gradio as gr

from demo_app.hf_space import for_visitors, is_public
from demo_app.host import Host
from demo_app.plugin import Plugin, State

LAST_CALLS = 20


def build_status(host: Host, tab: gr.Tab) -> gr.HTML:
    """Fill the Plugins tab; it is drawn anew whenever it is opened or its button is pressed.

    Returns:
        The list of the plugins.
    """
    table = gr.HTML(status_table(host), padding=False, elem_id="plugin-states")
    calls = gr.HTML(call_table(host), padding=False, elem_id="last-calls")
    refresh = gr.Button("Refresh", size="sm", elem_id="plugins-refresh")
    for trigger in (tab.select, refresh.click):
        trigger(
            lambda: (status_table(host), call_table(host)),
            None,
            [table, calls],
            show_progress="hidden",
        )
    return table


def status_table(host: Host) -> str:
    """HTML: a row a plugin, its problem and remedy below, the traceback on demand.

    Strangers see no tracebacks and no folders: both tell how the server is laid out.
    """
    rows = "".join(_row(plugin) for plugin in host.plugins)
    return (
        "<div class='scrolling'><table class='status'><caption>Plugins</caption><thead><tr>"
        "<th scope='col'>Plugin</th><th scope='col'>State</th><th scope='col'>Version</th>"
        "<th scope='col'>Seconds</th><th scope='col'>From</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def call_table(host: Host) -> str:
    """HTML: the last calls, the newest first; what was asked and answered is never kept."""
    entries = list(host.log)[: -LAST_CALLS - 1 : -1]
    if not entries:
        return "<p class='chooser-hint'>No calls yet.</p>"
    rows = "".join(
        f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(entry.started))}</td>"
        f"<td>{html.escape(entry.demo)}</td><td>{html.escape(entry.action)}</td>"
        f"<td class='number'>{entry.milliseconds:,.1f}</td>"
        f"<td>{html.escape(entry.outcome)}</td></tr>"
        for entry in entries
    )
    return (
        "<div class='scrolling'><table class='status'><caption>Last calls</caption><thead><tr>"
        "<th scope='col'>Time</th><th scope='col'>Demo</th><th scope='col'>Action</th>"
        "<th scope='col'>Milliseconds</th><th scope='col'>Outcome</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(plugin: Plugin) -> str:
    origin = "" if is_public() else plugin.origin
    cells = (
        f"<tr data-plugin='{html.escape(plugin.name)}'><th scope='row'>{html.escape(plugin.name)}"
        f"</th><td><span class='state {_tone(plugin)}'>{plugin.state.replace('_', ' ')}</span></td>"
        f"<td>{html.escape(plugin.version or '–')}</td>"
        f"<td class='number'>{plugin.seconds:.3f}</td>"
        f"<td class='origin'>{html.escape(origin)}</td></tr>"
    )
    if plugin.problem is None:
        return cells
    told = f"<p>{html.escape(for_visitors(plugin.problem))}</p>"
    if plugin.remedy:
        told += f"<p>{html.escape(for_visitors(plugin.remedy))}</p>"
    if plugin.traceback and not is_public():
        told += (
            "<details><summary>Traceback</summary>"
            f"<pre tabindex='0'>{html.escape(plugin.traceback)}</pre></details>"
        )
    return f"{cells}<tr class='told'><td colspan='5'>{told}</td></tr>"


def _tone(plugin: Plugin) -> str:
    if plugin.state is State.READY:
        return "good"
    return "neutral" if plugin.state is State.BLOCKED else "bad"
