"""The section in which visitors teach a head their classes, look at its errors and mend them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from demo_app import Demo, InvalidInput
from demo_app.components import plain

from ..results import HeadReport
from . import cards, confusion, teach_home, teach_live, teach_thresholds
from .curves import Curves, build_curves
from .events import QUIET, TELLING
from .example_set import ExamplePhoto, example_photos
from .teach_options import build_options, wanted
from .training_set import HeadAtHand, Trained, TrainingSet, training_set

LEAD = (
    "<p class='lead'>Name what should be told apart, give each class 10 to 20 photos, and press "
    "<b>Train</b>: a small layer learns on what a network trained on 1.3 million photos sees in "
    "yours. Then look at its errors, mend the labels, train again, and take the head home. Your "
    "photos stay in this session and are deleted when you close the page.</p>"
)
EXAMPLE = (
    "48 leaves of oak, maple and willow, drawn by a program, not photographed. Two lie in the "
    "wrong class. Train, then find them in the confusion matrix."
)
STOPPING = "Stopping: the best head so far is kept."
TRY = "<h3 class='title'>Try it</h3>"
SURE = "<h3 class='title'>How sure must it be?</h3>"


@dataclass(frozen=True, kw_only=True)
class Section:
    """The components of the section, as its events need them."""

    example: gr.Button
    archive: gr.UploadButton
    head_file: gr.UploadButton
    clear: gr.Button
    said: gr.HTML
    cards: gr.HTML
    train: gr.Button
    stop: gr.Button
    options: list[Any]
    curves: gr.HTML
    confusion: gr.HTML
    results: gr.Column
    live: gr.HTML
    thresholds: gr.HTML


def build_section(demo: Demo) -> None:
    """Lay out the section and connect it to the actions."""
    with gr.Column(elem_id="teach"):
        plain(LEAD)
        parts = _build_sources()
        parts["cards"] = cards.build_cards()
        with gr.Row(equal_height=False, elem_classes="training-row"):
            with gr.Column(scale=2, min_width=300):
                with gr.Row(elem_classes="buttons"):
                    parts["train"] = gr.Button("Train", variant="primary", elem_id="teach-train")
                    parts["stop"] = gr.Button("Stop", elem_id="teach-stop")
                with gr.Accordion("How it is trained", open=False, elem_id="teach-options"):
                    parts["options"] = list(build_options().values())
            with gr.Column(scale=3, min_width=300):
                parts["curves"] = build_curves()
        parts["confusion"] = confusion.build_confusion()
        with gr.Column(visible=False, elem_id="teach-results") as parts["results"]:
            plain(TRY)
            parts["live"] = teach_live.build_live()
            parts["thresholds"] = teach_thresholds.build_thresholds()
            teach_home.build_downloads(demo)
    section = Section(**parts)
    _connect_photos(demo, section)
    _connect_training(demo, section)
    _connect_head(demo, section)


def _build_sources() -> dict[str, Any]:
    with gr.Row(elem_classes="chips"):
        example = gr.Button("🍁 Example: drawn leaves", size="sm", elem_id="teach-example")
        archive = gr.UploadButton(
            "+ A zip of class folders",
            file_types=[".zip"],
            type="filepath",
            size="sm",
            elem_id="teach-zip",
        )
        head_file = gr.UploadButton(
            "↑ A head you took home",
            file_types=[".safetensors"],
            type="filepath",
            size="sm",
            elem_id="teach-load",
        )
        clear = gr.Button("Start over", size="sm", elem_id="teach-clear")
    said = plain(elem_id="teach-said")
    return {
        "example": example,
        "archive": archive,
        "head_file": head_file,
        "clear": clear,
        "said": said,
    }


def _connect_photos(demo: Demo, section: Section) -> None:
    """What changes the classes: the cards, the photos behind the matrix, example and zip."""
    views = [section.cards, section.confusion]

    def alter(event: gr.EventData) -> tuple[Any, ...]:
        kept = training_set(demo)
        before = kept.version
        shown = cards.altered(kept, event.change)
        return shown, confusion.shown(kept) if kept.version != before else gr.skip()

    def mend(event: gr.EventData) -> tuple[Any, ...]:
        kept = training_set(demo)
        if event.change.get("kind") == "look":
            return gr.skip(), confusion.looked(kept, event.change)
        return cards.altered(kept, event.change), confusion.shown(kept)

    def load_example() -> Iterator[tuple[Any, ...]]:
        kept = training_set(demo)
        yield gr.skip(), gr.skip(), notice("Drawing the leaves …")
        photos = example_photos()
        with kept.lock:
            said = add_example(kept, photos)
            yield cards.shown(kept), confusion.shown(kept), notice(said)

    def add_zip(path: str) -> Iterator[tuple[Any, ...]]:
        kept = training_set(demo)
        yield gr.skip(), gr.skip(), notice("Reading the zip …")
        try:
            said = cards.add_zip(kept, teach_home.taken(path))
        except InvalidInput as error:
            said = str(error)
        yield cards.shown(kept), confusion.shown(kept), notice(said)

    def start_over() -> tuple[Any, ...]:
        demo.stop("train_head")
        kept = training_set(demo)
        with kept.lock:
            kept.clear()
        return cards.shown(kept), confusion.shown(kept), notice(""), "", gr.Column(visible=False)

    section.cards.alter(alter, None, views, **TELLING)
    section.confusion.alter(mend, None, views, **TELLING)
    said = [*views, section.said]
    section.example.click(load_example, None, said, **QUIET)
    section.archive.upload(add_zip, section.archive, said, **QUIET)
    section.clear.click(start_over, None, [*said, section.curves, section.results], **QUIET)


def _connect_training(demo: Demo, section: Section) -> None:
    """Train, stop, train again."""

    def train(*values: Any) -> Iterator[tuple[Any, ...]]:
        kept = training_set(demo)
        with kept.lock:
            key, images = kept.key, kept.images()
            numbers = [photo.number for photo in kept.photos]
            places = [each.number for each in kept.classes]
        curves = Curves()
        arguments = wanted(*values)
        with demo.stream("train_head", images=images, name=teach_home.NAME, **arguments) as stream:
            for now in stream:
                if kept.key != key:
                    # The visitor started over; what was yielded last is sent once more at the end.
                    yield "", gr.skip(), gr.skip()
                    return
                if now.report is not None:
                    keep(kept, now.report, numbers, places)
                    thresholds = _thresholds(demo, now.report)
                    yield curves.shown(now), confusion.shown(kept), thresholds
                else:
                    yield curves.shown(now), gr.skip(), gr.skip()

    def show_results() -> tuple[Any, ...]:
        head = training_set(demo).head
        return gr.Column(visible=head is not None), teach_live.ready(head)

    def stop() -> str:
        running = demo.stop("train_head")
        return notice(STOPPING if running else "Nothing is being trained at the moment.")

    training = gr.on(
        [section.train.click, section.confusion.submit],
        train,
        section.options,
        [section.curves, section.confusion, section.thresholds],
        trigger_mode="once",
        **QUIET,
    )
    # Apart, since an event that shows its progress on a container sends all that is in it.
    training.success(show_results, None, [section.results, section.live], **QUIET)
    section.stop.click(stop, None, section.said, **QUIET)


def _connect_head(demo: Demo, section: Section) -> None:
    """What is done with the head at hand, or with one from a file."""

    def look(event: gr.EventData) -> str:
        return teach_live.looked(demo, training_set(demo), event.asked)

    def ask(event: gr.EventData) -> tuple[Any, ...]:
        kept = training_set(demo)
        with kept.lock:
            head = kept.head
            if head is None:
                return teach_thresholds.nothing(), teach_live.ready(None)
            shown = teach_thresholds.asked(demo, head, event.wanted)
            kept.head = replace(head, made=head.made + 1)
            return shown, teach_live.ready(kept.head)

    def load(path: str) -> tuple[Any, ...]:
        head, said = teach_home.loaded(demo, path)
        return (
            notice(said),
            "",
            confusion.shown(training_set(demo)),
            teach_thresholds.nothing(),
            gr.Column(visible=True),
            teach_live.ready(head),
        )

    section.live.look(look, None, section.live, **TELLING)
    section.thresholds.ask(ask, None, [section.thresholds, section.live], **TELLING)
    section.head_file.upload(
        load,
        section.head_file,
        [
            section.said,
            section.curves,
            section.confusion,
            section.thresholds,
            section.results,
            section.live,
        ],
        **QUIET,
    )


def add_example(kept: TrainingSet, photos: Sequence[ExamplePhoto]) -> str:
    """Add drawn leaves to the classes of their names, and say what they are.

    Those that are in a class already stay where they are.
    """
    try:
        for photo in photos:
            into = cards.class_named(kept, photo.class_name)
            if not kept.holds(photo.data):
                kept.add(into, photo.name, photo.data)
    except InvalidInput as error:
        return f"Not all leaves were added: {error}"
    kept.drop_unused()
    return EXAMPLE


def keep(kept: TrainingSet, report: HeadReport, numbers: list[int], places: list[int]) -> None:
    """Note what a training left: its report, and the head to be tried out."""
    with kept.lock:
        made = (kept.head.made if kept.head else 0) + 1
        kept.trained = Trained(report=report, numbers=numbers, places=places, made=made)
        kept.head = HeadAtHand(
            name=report.name, kind=report.kind, classes=report.classes, made=made
        )


def notice(text: str) -> str:
    """A line below the buttons, in HTML; nothing for no text."""
    return f"<p class='notice' role='status'>{html.escape(text)}</p>" if text else ""


def _thresholds(demo: Demo, report: HeadReport) -> str:
    """The curve that thresholds are chosen from; nothing where no photo was held out."""
    if not report.training.get("held_out"):
        return teach_thresholds.nothing()
    return teach_thresholds.shown(demo.call("set_thresholds", head=report.name, accuracy=None))
