"""A demo's tab on a page that is open already: built anew for each visitor, as at the start.

Inside ``gr.render`` Gradio lets nobody type into an input whose ``interactive`` is not said, and a
tab that was built apart shows every component twice. So the hook is called plainly here, and what
the page would have inferred of its components is said afterwards.
"""

from __future__ import annotations

import contextvars
import copy
import time
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from demo_app import loading
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.page.card import problem_card
from demo_app.surfaces.page.places import ABSENT, STATIC, Place
from demo_app.surfaces.visitors import PageDemo, Visitors


class Rendering:
    """What a place shows beside its static tab; made inside the place's ``gr.Tab``.

    Args:
        host: whose plugins are shown.
        place: where.
        visitors: whose sessions the calls belong to.
        key: the state by which a visitor's page says what it shows.
    """

    def __init__(self, host: Host, place: Place, visitors: Visitors, key: gr.State) -> None:
        self._host = host
        self._place = place
        self._visitors = visitors
        gr.render(inputs=[key], triggers=[key.change], show_progress="hidden")(self._show)
        root = gr.context.Context.root_block
        assert root is not None
        self._root = root
        self._renderable = root.renderables[-1]

    def try_out(self) -> None:
        """Build the tab once for nobody, so that it is known whether it can be built.

        It is built as for a visitor, from a copy of the page that is thrown away, in a context of
        this thread alone: visitors may be using the page meanwhile.
        """

        def build() -> None:
            LocalContext.blocks_config.set(copy.copy(self._root.default_config))
            self._renderable.apply(self._place.key)

        contextvars.copy_context().run(build)

    def _show(self, key: str) -> None:
        plugin = self._place.plugin
        if key in (ABSENT, STATIC) or plugin is None:
            return
        if plugin.state is State.READY:
            self._build(plugin)
        if plugin.problem is not None:
            gr.HTML(problem_card(plugin), padding=False)

    def _build(self, plugin: Plugin) -> None:
        demo = PageDemo(self._host, plugin, self._visitors)
        started = time.perf_counter()
        # The page keeps what stood in a component whose successor has the same place in the tree:
        # every second generation is one column deeper.
        with gr.Column() as room, gr.Column() if plugin.generation % 2 else nullcontext():
            _, error = loading.contained(lambda: plugin.call_hook("demo_build_tab", demo=demo))
        if error is None:
            events = _own_events(self._renderable)
            infer_interactive(room, events)
            self._place.own(plugin, events)
            return
        plugin.seconds += time.perf_counter() - started
        _take_out(room)
        tab_failed(plugin, error)


def tab_failed(plugin: Plugin, error: BaseException) -> None:
    """Note on a plugin that its tab could not be built."""
    problem, remedy = loading.raised("demo_build_tab()", error, plugin.folder)
    plugin.fail(State.TAB_FAILED, problem, remedy, error)


def infer_interactive(room: Any, events: Iterable[Any]) -> None:
    """Say of each component whether it takes input, by the rule of a page that is built at once.

    It does if it is an input of an event; or if it is no output of any and has no value.
    """
    inputs: set[int] = set()
    outputs: set[int] = set()
    for event in events:
        inputs |= {component._id for component in event.inputs}
        outputs |= {component._id for component in event.outputs}
    for component in _below(room):
        if getattr(component, "interactive", False) is None:
            is_display = component._id in outputs or bool(getattr(component, "value", None))
            component.interactive = component._id in inputs or not is_display


def _below(block: Any) -> Iterable[Any]:
    for child in getattr(block, "children", ()):
        yield child
        yield from _below(child)


def _own_events(renderable: Any) -> list[Any]:
    config = LocalContext.blocks_config.get()
    assert config is not None
    return [
        event
        for event in config.fns.values()
        if event.rendered_in is renderable and event.render_iteration == renderable.render_iteration
    ]


def _take_out(room: Any) -> None:
    """Remove what a tab that failed had built so far, and its events."""
    config = LocalContext.blocks_config.get()
    assert config is not None
    gone = {component._id for component in _below(room)}
    for component_id in gone:
        config.blocks.pop(component_id, None)
    for number, event in list(config.fns.items()):
        if any(target[0] in gone for target in event.targets):
            del config.fns[number]
    room.children = []
