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
from demo_app.surfaces.page.following import Following, LiveChanges, Parts
from demo_app.surfaces.page.home import build_home
from demo_app.surfaces.page.places import SPARE, Place, Places
from demo_app.surfaces.page.rendering import Rendering, tab_failed
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


def build_page(host: Host, *, live: bool = False) -> PageBlocks:
    """Start the host and build the page: a tab for each plugin, a card where one failed.

    Args:
        host: whose demos are shown.
        live: let open pages follow when the host's plugins change; ``page.changed`` is called then.

    Returns:
        The Blocks, ready to launch. Its API holds the actions of ready demos and ``/call``.
    """
    host.start()
    visitors = Visitors()
    tabs = {plugin.generation: build_tab(host, plugin, visitors) for plugin in host.plugins}
    places = Places(host, spare=SPARE if live else 0)
    page = PageBlocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(MAX_AGE_OF_FILES // 2, MAX_AGE_OF_FILES),
    )
    with page:
        masthead = gr.HTML(HEADER.format(device=""), padding=False)
        # Outside of the tabs: a browser takes a state in a tab that is hidden for one that changed.
        keys = [gr.State(place.key) if live else None for place in places.places]
        with gr.Tabs(selected=HOME) as rooms:
            with gr.Tab("Home", id=HOME, elem_id=HOME):
                cards = build_home(host, places, rooms)
            parts = [
                _build_place(host, place, tabs.get(place.static or 0), visitors, key)
                for place, key in zip(places.places, keys, strict=True)
            ]
            with gr.Tab("Plugins", id="tab-plugins", elem_id="tab-plugins") as status:
                table = build_status(host, status)
        endpoints = register_endpoints(host, visitors)
        page.unload(visitors.forget)
        warm_up = WarmUp(host)
        following = Following(host, places, parts, cards, table, warm_up)
        # Whatever shows the progress of an event gets its state at every later message of any
        # event, and with a container all that is in it: a stream would keep the browser busy.
        quietly: Any = {"show_progress": "hidden", "show_progress_on": masthead}
        page.load(following.catch_up, following.inputs, following.outputs, **quietly)
        page.load(lambda: HEADER.format(device=_device(host)), None, masthead, **quietly)
        if live:
            following.listen(**quietly)
            page.changed = LiveChanges(host, places, parts, visitors, warm_up)
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
        tab_failed(plugin, error)
    return tab


def _build_place(
    host: Host, place: Place, tab: TabBlocks | None, visitors: Visitors, key: gr.State | None
) -> Parts:
    """The tab of a place: what is there at the start, and on a live page what may come."""
    rendering = room = failed = None
    with gr.Tab(
        place.label, id=place.anchor, elem_id=place.anchor, visible=place.plugin is not None
    ) as shown:
        if place.plugin is not None:
            with gr.Column() as room:
                if tab is not None:
                    place.own(place.plugin, tab.render().rendered_events)
                else:
                    gr.HTML(problem_card(place.plugin), padding=False)
        if key is not None:
            rendering = Rendering(host, place, visitors, key)
        elif place.plugin is not None and any(m.checkpoint for m in place.plugin.models.values()):
            failed = gr.HTML(visible=False, padding=False)
    return Parts(place=place, tab=shown, room=room, failed=failed, key=key, rendering=rendering)


def _device(host: Host) -> str:
    """Where the models run, or why they cannot; it imports torch, so only a loaded page asks."""
    try:
        return f"<p class='device'>Runs on <b>{html.escape(host.engine.describe())}</b></p>"
    except ConfigurationError as error:
        return f"<p class='device' role='alert'>{html.escape(str(error))}</p>"
