"""The places of the page's tabs: which plugin each shows now, and how an open page follows.

What is there when the page is built has a static place: its tab is part of the page. On a live page
each place can show another generation of its plugin, rendered into the same tab, and spare places
behind them wait for plugins that are dropped in later.

Gradio keeps the events of every tab that it has shown: of the page for good, of a visitor's page
for an hour after it was closed, and those that were caused for good. So once a plugin has changed,
the events of its old tab lose their functions, and with them all that they hold: of an old
generation nothing stays but empty events and the data of components, some kilobytes each.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, starmap
from typing import Any

import gradio as gr

from demo_app.host import Host
from demo_app.plugin import Plugin, State

SPARE = 16
"""How many plugins can be dropped in while the app runs, and have their tab at once."""
GROUP = 16
"""How many places follow together: of several hundred at once a browser takes seconds."""
STATIC = "static"
ABSENT = "absent"


@dataclass(eq=False, kw_only=True)
class Place:
    """One tab of the page.

    Attributes:
        anchor: the id of its tab.
        slug: what its elements are called after: a plugin's name, or a number.
        plugin: whose place it is; None while it is free.
        static: the generation that is part of the page; None in a spare place.
        title_before: of the plugin that it showed before.
    """

    anchor: str
    slug: str
    plugin: Plugin | None = None
    static: int | None = None
    failed_at_start: bool = False
    title_before: str = ""
    _events: weakref.WeakSet[Any] = field(default_factory=weakref.WeakSet)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> str:
        """What there is to see: nothing, the static tab, or a generation in some state."""
        if self.plugin is None:
            return ABSENT
        failed = self.plugin.problem is not None and not self.failed_at_start
        if self.plugin.generation == self.static and not failed:
            return STATIC
        return f"{self.plugin.generation} {self.plugin.state}"

    @property
    def belongs_to(self) -> str:
        """For which plugin it is kept; a spare one is free again once its plugin has gone."""
        if self.static is not None:
            return self.slug
        return _slug(self.plugin) if self.plugin is not None else ""

    def give(self, plugin: Plugin | None) -> None:
        """Show another plugin from now on; the events of the one before hold nothing any more."""
        with self._lock:
            if plugin is self.plugin:
                return
            if self.plugin is not None:
                self.title_before = self.plugin.title
            self.plugin = plugin
            _empty(list(self._events))
            self._events.clear()

    def own(self, plugin: Plugin, events: Iterable[Any]) -> None:
        """Note Gradio's records of the events of a tab that was built here for a plugin."""
        with self._lock:
            if plugin is self.plugin:
                self._events.update(events)
            else:
                _empty(events)

    @property
    def label(self) -> str:
        """What stands on the tab."""
        if self.plugin is None:
            return self.slug
        icon = self.plugin.card.icon if self.plugin.card else ""
        return f"{'⚠️' if self.plugin.problem else icon} {self.plugin.title}".strip()


class Places(Mapping[str, Plugin]):
    """The places of one page: a mapping from the id of a tab to the plugin that it shows.

    Args:
        host: whose plugins are shown.
        spare: how many places are kept for plugins to come.
    """

    def __init__(self, host: Host, *, spare: int = 0) -> None:
        self._host = host
        self._lock = threading.Lock()
        self.places = [
            Place(
                anchor=_anchor(plugin),
                slug=_slug(plugin),
                plugin=plugin,
                static=plugin.generation,
                failed_at_start=plugin.problem is not None,
            )
            for plugin in shown(host)
        ]
        self.places += [
            Place(anchor=f"tab-place-{number}", slug=f"place-{number}")
            for number in range(1, spare + 1)
        ]
        self.waiting: list[Plugin] = []

    def __getitem__(self, anchor: str) -> Plugin:
        return self._shown()[anchor]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown())

    def __len__(self) -> int:
        return len(self._shown())

    def _shown(self) -> dict[str, Plugin]:
        return {place.anchor: place.plugin for place in self.places if place.plugin is not None}

    def sync(self) -> list[Place]:
        """Give the host's plugins their places, after they changed.

        A plugin that comes back takes the place that it had at the start; a new one a free one.
        Those for which there is none are ``waiting``.

        Returns:
            The places that show a plugin which they did not show before.
        """
        with self._lock:
            before = {place.anchor: place.plugin for place in self.places}
            homeless = {_slug(plugin): plugin for plugin in shown(self._host)}
            for place in self.places:
                place.give(homeless.pop(place.belongs_to, None))
            free = [p for p in self.places if p.static is None and p.plugin is None]
            arrived = list(homeless.values())
            for place, plugin in zip(free, arrived, strict=False):
                place.give(plugin)
            self.waiting = arrived[len(free) :]
            return [p for p in self.places if p.plugin and p.plugin is not before[p.anchor]]

    @property
    def groups(self) -> list[slice]:
        """The places in groups that follow together; the spare ones are the last."""
        static = sum(place.static is not None for place in self.places)
        begins = [*range(0, static, GROUP), *range(static, len(self.places), GROUP)]
        return list(starmap(slice, pairwise([*begins, len(self.places)])))

    @property
    def revisions(self) -> list[str]:
        """A text for each group, another one as soon as an open page has something to follow."""
        found = ["/".join(place.key for place in self.places[group]) for group in self.groups]
        return [*found[:-1], f"{found[-1]}/{len(self.waiting)}"] if found else []


def shown(host: Host) -> list[Plugin]:
    """The plugins with a place on the page: those with a tab or a problem, not the blocked."""
    return [
        plugin
        for plugin in host.plugins
        if plugin.state is not State.BLOCKED
        and (plugin.problem is not None or plugin.implements("demo_build_tab"))
    ]


def _empty(events: Iterable[Any]) -> None:
    for event in events:
        if event.fn is not None:
            event.fn = _gone


def _gone(*_: Any) -> None:
    raise gr.Error("This demo has just changed: its tab shows what is there now in a moment.")


def _slug(plugin: Plugin) -> str:
    return f"{plugin.name}{'-refused' if plugin.duplicate else ''}"


def _anchor(plugin: Plugin) -> str:
    """The id of a plugin's static tab."""
    return f"tab-{_slug(plugin)}"
