"""The page around the tabs: each demo's tab is built on its own and rendered into its place."""

from __future__ import annotations

import html
import time
from typing import Any

import gradio as gr

from demo_app import loading
from demo_app.errors import ConfigurationError
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.api import hide_others, register_endpoints
from demo_app.surfaces.page.blocks import PageBlocks, TabBlocks, apart
from demo_app.surfaces.page.card import problem_card
from demo_app.surfaces.page.home import build_home
from demo_app.surfaces.page.status import build_status
from demo_app.surfaces.visitors import PageDemo, Visitors
from demo_app.surfaces.warmup import WarmUp

TITLE = "demo_app"
HEADER = """
<header class="masthead">
  <h1>demo_app</h1>
  <p>Trained PyTorch models, live and open to inspection.</p>
  {device}
</header>
"""
HOME = "tab-home"
MAX_AGE_OF_FILES = 3600
"""Seconds after which uploads and results are deleted from the disk."""


def build_page(host: Host) -> PageBlocks:
    """Start the host and build the page: a tab for each plugin, a card where one failed.

    Returns:
        The Blocks, ready to launch. Its API holds the actions of ready demos and ``/call``.
    """
    host.start()
    visitors = Visitors()
    tabs = {id(plugin): build_tab(host, plugin, visitors) for plugin in host.plugins}
    page = PageBlocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(MAX_AGE_OF_FILES // 2, MAX_AGE_OF_FILES),
    )
    with page:
        masthead = gr.HTML(HEADER.format(device=""), padding=False)
        anchors = {_anchor(plugin): plugin for plugin in _shown(host)}
        with gr.Tabs(selected=HOME) as rooms:
            with gr.Tab("Home", id=HOME, elem_id=HOME):
                build_home(host, anchors, rooms)
            places = [
                _place(anchor, plugin, tabs[id(plugin)]) for anchor, plugin in anchors.items()
            ]
            with gr.Tab("Plugins", id="tab-plugins", elem_id="tab-plugins") as status:
                build_status(host, status)
        endpoints = register_endpoints(host, visitors)
        page.unload(visitors.forget)
        _on_load(page, host, [place for place in places if place is not None], masthead)
    hide_others(page, endpoints)
    return page


def build_tab(host: Host, plugin: Plugin, visitors: Visitors | None = None) -> TabBlocks | None:
    """Build a ready plugin's tab in a Blocks of its own; a failure is noted on the plugin.

    Returns:
        The tab to render; None if the plugin is not ready or has no tab.
    """
    if plugin.state is not State.READY or not plugin.implements("demo_build_tab"):
        return None
    demo = PageDemo(host, plugin, visitors or Visitors())
    started = time.perf_counter()

    def build() -> TabBlocks:
        with apart():
            tab = TabBlocks(analytics_enabled=False)
            with tab:
                plugin.call_hook("demo_build_tab", demo=demo)
        return tab

    tab, error = loading.contained(build)
    plugin.seconds += time.perf_counter() - started
    if error is not None:
        problem = f"demo_build_tab() raised {loading.named(error)}"
        plugin.fail(State.TAB_FAILED, problem, "See the traceback for the line.", error)
    return tab


def _shown(host: Host) -> list[Plugin]:
    """The plugins with a place on the page: those with a tab or a problem, not the blocked."""
    return [
        plugin
        for plugin in host.plugins
        if plugin.state is not State.BLOCKED
        and (plugin.problem is not None or plugin.implements("demo_build_tab"))
    ]


def _anchor(plugin: Plugin) -> str:
    """The id of a plugin's tab."""
    return f"tab-{plugin.name}{'-refused' if plugin.duplicate else ''}"


def _place(
    anchor: str, plugin: Plugin, tab: TabBlocks | None
) -> tuple[Plugin, gr.Column, gr.HTML] | None:
    """A plugin's place: its tab, with a card in wait if its checkpoint may yet turn out unfit."""
    icon = (plugin.card.icon if plugin.card else "") if plugin.problem is None else "⚠️"
    with gr.Tab(f"{icon} {plugin.title}".strip(), id=anchor, elem_id=anchor):
        if tab is None:
            gr.HTML(problem_card(plugin), padding=False)
            return None
        with gr.Column() as room:
            tab.render()
        if not any(spec.checkpoint for spec in plugin.models.values()):
            return None
        return plugin, room, gr.HTML(visible=False, padding=False)


def _on_load(
    page: gr.Blocks,
    host: Host,
    places: list[tuple[Plugin, gr.Column, gr.HTML]],
    masthead: gr.HTML,
) -> None:
    """When a page opens: show what failed since the start, then prepare for the first call."""
    warm_up = WarmUp(host)

    def refresh() -> list[Any]:
        updates: list[Any] = []
        for plugin, _, _ in places:
            failed = plugin.problem is not None
            updates += [
                gr.Column(visible=False) if failed else gr.skip(),
                gr.HTML(problem_card(plugin), visible=True) if failed else gr.skip(),
            ]
        warm_up.begin()
        return updates

    outputs = [part for _, room, card in places for part in (room, card)]
    # Whatever shows the progress of an event gets its state at every later message of any event,
    # and with a container all that is in it: a stream would keep the browser busy copying.
    page.load(refresh, None, outputs, show_progress="hidden", show_progress_on=masthead)
    page.load(lambda: HEADER.format(device=_device(host)), None, masthead, show_progress="hidden")


def _device(host: Host) -> str:
    """Where the models run, or why they cannot; it imports torch, so only a loaded page asks."""
    try:
        return f"<p class='device'>Runs on <b>{html.escape(host.engine.describe())}</b></p>"
    except ConfigurationError as error:
        return f"<p class='device' role='alert'>{html.escape(str(error))}</p>"
