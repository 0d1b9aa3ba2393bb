"""The home tab: a card for every demo, and a chooser for those who do not know where to start."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from demo_app.checkpoints import CheckpointMetadata, Header, read_header
from demo_app.errors import CheckpointError
from demo_app.hf_space import for_visitors
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.page.chooser import build_chooser
from demo_app.surfaces.page.places import Place, Places

FRACTIONS = ("accuracy", "agreement", "precision", "recall", "f1")
"""Metrics that are read as percentages, by a part of their name."""


@dataclass(frozen=True, kw_only=True)
class HomeCard:
    """The card of one place, with the button that opens its tab."""

    place: Place
    column: gr.Column
    text: gr.HTML
    button: gr.Button


class HomeCards:
    """The cards of the home tab, and how they follow the plugins."""

    def __init__(self, host: Host, places: Places, cards: Sequence[HomeCard]) -> None:
        self._host = host
        self._places = places
        self._cards = cards
        self._waiting = gr.HTML(visible=False, padding=False, elem_id="home-waiting")

    def outputs(self, group: slice) -> list[Any]:
        """The components that ``updates`` changes, for the cards of some places."""
        parts = [(card.column, card.text, card.button) for card in self._cards[group]]
        return [component for part in parts for component in part] + [self._waiting]

    def updates(self, group: slice, differs: Iterable[bool]) -> list[Any]:
        """New contents of the cards that differ, in the order of the places."""
        updates: list[Any] = []
        for card, is_other in zip(self._cards[group], differs, strict=True):
            plugin = card.place.plugin
            if not is_other:
                updates += [gr.skip(), gr.skip(), gr.skip()]
            elif plugin is None:
                updates += [gr.Column(visible=False), gr.skip(), gr.skip()]
            else:
                label, variant = _invitation(plugin)
                updates += [
                    gr.Column(visible=True),
                    _card(self._host, plugin),
                    gr.Button(label, variant=variant),
                ]
        return [*updates, gr.HTML(self._told(), visible=bool(self._places.waiting))]

    def _told(self) -> str:
        names = ", ".join(html.escape(plugin.title) for plugin in self._places.waiting)
        return (
            "<p class='chooser-hint'>There are more demos than free places on this page: "
            f"<b>{names}</b> can be called already, and get their tabs at the next start.</p>"
        )


def build_home(host: Host, places: Places, tabs: gr.Tabs) -> HomeCards:
    """Fill the home tab.

    Args:
        host: whose demos there are.
        places: the page's.
        tabs: where a card's button opens the demo.
    """
    with gr.Row(elem_classes="home-cards", equal_height=True):
        cards = [_build_card(host, place, tabs) for place in places.places]
    following = HomeCards(host, places, cards)
    build_chooser(places, tabs)
    return following


def _build_card(host: Host, place: Place, tabs: gr.Tabs) -> HomeCard:
    plugin = place.plugin
    there = plugin is not None
    label, variant = _invitation(plugin) if plugin is not None else ("Open", "primary")
    with gr.Column(min_width=280, elem_classes="home-card", visible=there) as column:
        text = gr.HTML(_card(host, plugin) if plugin is not None else "", padding=False)
        button = gr.Button(label, variant=variant, elem_id=f"open-{place.slug}")
        button.click(
            lambda: gr.Tabs(selected=place.anchor),
            None,
            tabs,
            queue=False,
            show_progress="hidden",
            show_progress_on=button,
        )
    return HomeCard(place=place, column=column, text=text, button=button)


def _invitation(plugin: Plugin) -> tuple[str, Literal["primary", "secondary"]]:
    """What the button of a card says, and how loudly."""
    if plugin.problem is None:
        return f"Open {plugin.title}", "primary"
    return "See what is wrong", "secondary"


def _card(host: Host, plugin: Plugin) -> str:
    icon = html.escape(plugin.card.icon if plugin.card and plugin.problem is None else "⚠️")
    summary = plugin.card.summary if plugin.card and plugin.problem is None else plugin.problem
    facts = "".join(_model(host, plugin, name) for name in plugin.models)
    return (
        f"<article><h2><span class='icon' aria-hidden='true'>{icon}</span>"
        f"{html.escape(plugin.title)}</h2><p>{html.escape(for_visitors(summary or ''))}</p>"
        + (f"<ul class='models'>{facts}</ul>" if facts and plugin.state is State.READY else "")
        + "</article>"
    )


def _model(host: Host, plugin: Plugin, name: str) -> str:
    """One line on a model: architecture, size and metrics, as its checkpoint states them."""
    spec = plugin.models[name]
    title = html.escape(spec.title or name)
    if spec.checkpoint is None:
        return f"<li><b>{title}</b> {html.escape(spec.source) or 'untrained on purpose'}</li>"
    path = host.checkpoint_path(plugin, spec)
    try:
        header = read_header(path)
    except CheckpointError as error:
        return f"<li><b>{title}</b> {html.escape(str(error))}</li>"
    size = f"{_parameters(header)} parameters, {_size(path.stat().st_size)}"
    return f"<li><b>{title}</b> {size}{_metrics(header.metadata)}</li>"


def _parameters(header: Header) -> str:
    """How many numbers a checkpoint stores, buffers aside as far as names and dtypes tell."""
    count = 0
    for name, shape in header.shapes.items():
        buffer = name.endswith(("running_mean", "running_var"))
        # A parameter has gradients, so it is no integer.
        if buffer or not header.dtypes[name].startswith(("F", "BF", "C")):
            continue
        size = 1
        for length in shape:
            size *= length
        count += size
    for limit, unit in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return str(count or "no")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"


def _metrics(metadata: CheckpointMetadata) -> str:
    """The first metric at a glance, and, when opened, all of them with how they were measured."""
    headline, parts = "", []
    for name, entry in metadata.metrics.items():
        described = entry if isinstance(entry, Mapping) else {"value": entry}
        value = described.get("value")
        if not isinstance(value, int | float):
            continue
        how = "; ".join(str(described[k]) for k in ("split", "measured") if k in described)
        text = f"{html.escape(name.replace('_', ' '))} <b>{_number(name, value)}</b>"
        headline = headline or text
        parts.append(f"<span class='metric'>{text}<small>{html.escape(how)}</small></span>")
    if not parts:
        return ""
    return f"<details><summary>{headline}</summary>{''.join(parts)}</details>"


def _number(name: str, value: float) -> str:
    if 0 <= value <= 1 and any(word in name for word in FRACTIONS):
        return f"{value:.1%}"
    return f"{value:.4g}"
