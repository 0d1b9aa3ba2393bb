"""How a page that is open follows the host's plugins: what it shows, and what there is by now.

A visitor's page says for each place what it shows, by a key in its session. An event for a group of
places compares the keys with what there is and changes those that differ; nothing else on the page
is touched, so what was typed stays and streams go on. A script asks now and again, in a few bytes,
which groups have anything to follow.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import gradio as gr

from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.api import param
from demo_app.surfaces.page.card import problem_card
from demo_app.surfaces.page.home import HomeCards
from demo_app.surfaces.page.places import ABSENT, STATIC, Place, Places
from demo_app.surfaces.page.rendering import Rendering
from demo_app.surfaces.page.status import status_table
from demo_app.surfaces.visitors import Visitors
from demo_app.surfaces.warmup import WarmUp

ENDPOINT = "live"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a place is made of, beside its card on the home tab.

    Attributes:
        room: what was built with the page; None in a spare place.
        failed: where the page does not follow: the card that is shown if its checkpoint turns out
            not to fit.
        key: on a live page: what this visitor's page shows, as ``Place.key``.
        rendering: on a live page: what fills the place beside the room.
    """

    place: Place
    tab: gr.Tab
    room: gr.Column | None = None
    failed: gr.HTML | None = None
    key: gr.State | None = None
    rendering: Rendering | None = None

    @property
    def outputs(self) -> list[Any]:
        """The components that ``updates`` changes."""
        if self.key is None:
            return [self.room, self.failed] if self.failed is not None else []
        return [self.tab, self.key, *([self.room] if self.room is not None else [])]

    def updates(self, shown: str) -> list[Any]:
        """The changes that bring a page which shows ``shown`` up to date."""
        key = self.place.key
        if key == shown:
            return [gr.skip() for _ in self.outputs]
        if self.key is None:
            if self.failed is None or self.place.plugin is None:
                return []
            return [
                gr.Column(visible=False),
                gr.HTML(problem_card(self.place.plugin), visible=True),
            ]
        # Not False: a tab that is taken out of the page stays in Gradio's row of tabs.
        visible: bool | Literal["hidden"] = key != ABSENT or "hidden"
        updates: list[Any] = [gr.Tab(label=self.place.label, visible=visible), key]
        return updates + ([gr.Column(visible=key == STATIC)] if self.room is not None else [])


class Following:
    """The events by which a page catches up: one when it opens, and one for each group of places.

    Args:
        host: whose plugins are shown.
        places: those of the page.
        parts: what each place is made of, in the order of the places.
        cards: the cards on the home tab.
        table: the list on the Plugins tab.
        warm_up: begun once a page is open.
    """

    def __init__(
        self,
        host: Host,
        places: Places,
        parts: Sequence[Parts],
        cards: HomeCards,
        table: gr.HTML,
        warm_up: WarmUp,
    ) -> None:
        self._host = host
        self._places = places
        self._parts = parts
        self._cards = cards
        self._table = table
        self._warm_up = warm_up
        self.inputs, self.outputs = self._ends(slice(None))

    def _ends(self, group: slice) -> tuple[list[Any], list[Any]]:
        """The inputs and outputs of an event that brings a group up to date."""
        parts = self._parts[group]
        inputs = [part.key for part in parts if part.key is not None]
        outputs = [output for part in parts for output in part.outputs]
        if inputs:
            outputs += [*self._cards.outputs(group), self._table]
        return inputs, outputs

    def catch_up(self, *keys: str) -> list[Any]:
        """For a page that has just opened."""
        updates = self._updates(slice(None), keys)
        self._warm_up.begin()
        return updates

    def follow(self, group: slice, *keys: str) -> list[Any]:
        """For a page that has been open: it also says what came, changed or went."""
        for part, shown in zip(self._parts[group], keys, strict=True):
            if part.place.key != shown:
                _tell(part.place, was_there=shown != ABSENT)
        return self._updates(group, keys)

    def _updates(self, group: slice, keys: Sequence[str]) -> list[Any]:
        parts = self._parts[group]
        shown = keys or [STATIC] * len(parts)
        updates = [
            update for part, key in zip(parts, shown, strict=True) for update in part.updates(key)
        ]
        if not keys:
            return updates
        differs = [part.place.key != key for part, key in zip(parts, keys, strict=True)]
        return [*updates, *self._cards.updates(group, differs), status_table(self._host)]

    def listen(self, **options: Any) -> None:
        """Add the question of the script and its events to the open page."""
        answer = param(None, {}, "revisions")
        gr.on([], lambda: self._places.revisions, None, [answer], api_name=ENDPOINT, queue=False)
        for group in self._places.groups:
            button = gr.Button("Catch up", elem_classes="catch-up unseen")
            caught_up = button.click(
                partial(self.follow, group), *self._ends(group), trigger_mode="multiple", **options
            )
            # A visitor whose tab went would stand before nothing.
            caught_up.then(None, js="() => setTimeout(window.goHomeIfNowhere, 100)")


class LiveChanges:
    """What is done for a page once the host's plugins have changed; call it with their records."""

    def __init__(
        self,
        host: Host,
        places: Places,
        parts: Sequence[Parts],
        visitors: Visitors,
        warm_up: WarmUp,
    ) -> None:
        self._host = host
        self._places = places
        self._parts = {part.place.anchor: part for part in parts}
        self._visitors = visitors
        self._warm_up = warm_up

    def __call__(self, changed: Iterable[Plugin]) -> None:
        """Forget what visitors keep of these plugins, and try the new ones out in their places."""
        for record in changed:
            self._visitors.forget_demo(record.name)
        for place in self._places.sync():
            plugin, rendering = place.plugin, self._parts[place.anchor].rendering
            if plugin is None or plugin.state is not State.READY:
                continue
            self._warm_up.check(plugin)
            if rendering is not None and plugin.generation != place.static:
                rendering.try_out()


def _tell(place: Place, *, was_there: bool) -> None:
    """Show a visitor in passing what happened to a place."""
    plugin = place.plugin
    if plugin is None:
        gr.Info(f"{html.escape(place.title_before)} was removed.", duration=4)
        return
    title = html.escape(plugin.title)
    if plugin.problem is not None:
        gr.Warning(f"{title} has a problem: its tab says what is wrong.", duration=6)
    elif was_there:
        gr.Info(f"{title} was updated.", duration=4)
    else:
        gr.Info(f"{title} was added.", duration=4)
