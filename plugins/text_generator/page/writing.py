"""Two models that write side by side, from the same prompt and with the same luck."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from . import characters
from .controls import SLIDERS, Controls

MODELS = {"lstm": "LSTM", "transformer": "Transformer"}
"""The models that write, with their titles, in the order of the columns."""

HINT = "Press Write. Each character appears on a tint for the probability that the model gave it."
CONCURRENCY = 64
"""Columns that write at the same time: no visitor waits for another to finish."""

_RUNS = itertools.count(time.time_ns() // 1_000_000)
"""Numbers that grow beyond those of an earlier process, whose pages may still be open."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One writing of one column.

    Attributes:
        run: a later one has a larger number.
        arguments: of ``generate``, but for the model.
        prompt: what is shown before the text, in the models' characters.
        kept: what the column had already written and keeps.
        branch: where the kept text ends, for the component; empty for a text from the prompt on.
    """

    run: int
    arguments: Mapping[str, Any]
    prompt: str
    kept: str = ""
    branch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a column holds after a writing has ended."""

    prompt: str = ""
    text: str = ""


@dataclass(kw_only=True)
class Turn:
    """The run that a column shows, one object for all its runs: by it an older one knows to end."""

    run: int = 0


@dataclass(frozen=True, kw_only=True)
class Column:
    """Where one model writes: the component, its last ``Job``, whose ``Turn`` it is, and at the
    end what it has ``Written``."""

    view: gr.HTML
    job: gr.State
    turn: gr.State
    written: gr.State


def build_columns(demo: Demo) -> dict[str, Column]:
    """Lay out a column for each model, and what the tints mean."""
    plain(characters.legend())
    laid: dict[str, Column] = {}
    with gr.Row(equal_height=False):
        for model, title in MODELS.items():
            with gr.Column(min_width=300):
                view = characters.written_view(
                    f"generator-{model}", title, facts(demo, model), HINT, leads=not laid
                )
                laid[model] = Column(
                    view=view, job=gr.State(), turn=gr.State(Turn()), written=gr.State(Written())
                )
    return laid


def facts(demo: Demo, model: str) -> str:
    """What stands below a model's title: its size, as its checkpoint has it."""
    metadata = demo.metadata(model)
    parameters = metadata.training.get("parameters") if metadata else None
    return f"{parameters / 1e6:.1f} million parameters" if parameters else ""


def connect(demo: Demo, controls: Controls, laid: Mapping[str, Column]) -> None:
    """Connect the buttons, and the alternatives in the texts, to ``generate``.

    What follows ``success`` runs side by side; two listeners of one click would run one after the
    other.
    """

    def begin(prompt: str, *values: Any) -> list[Any]:
        job = new_job(demo, prompt, controls.arguments(values))
        start = characters.started(job.run, job.prompt)
        return [part for _ in laid for part in (job, start)]

    def fork(event: gr.EventData, *values: Any) -> list[Any]:
        branch = {"place": event.place, "character": event.character}
        kept = event.text + event.character
        job = new_job(demo, event.prompt + kept, controls.arguments(values))
        job = replace(job, prompt=event.prompt, kept=kept, branch=branch)
        return [job, characters.started(job.run, job.prompt, **branch)]

    def stop() -> None:
        demo.stop("generate")

    settings = controls.of_generation
    places = [part for column in laid.values() for part in (column.job, column.view)]
    hidden = quietly(controls.write)
    begun = controls.write.click(begin, [controls.prompt, *settings], places, **hidden)
    controls.stop.click(stop, None, None, **hidden)
    for model, column in laid.items():
        forked = column.view.branch(
            fork, settings, [column.job, column.view], trigger_mode="multiple", **hidden
        )
        for job_made in (begun, forked):
            job_made.success(
                writer(demo, model),
                [column.job, column.turn],
                [column.view, column.written],
                trigger_mode="multiple",
                concurrency_limit=CONCURRENCY,
                **hidden,
            )


def quietly(button: gr.Button) -> dict[str, Any]:
    """Options of an event that shows no progress.

    Gradio hands the state of every event to all components that ever showed the progress of one,
    at every message; with a button alone to tell, a stream costs the browser half as much.
    """
    return {"show_progress": "hidden", "show_progress_on": button}


def new_job(demo: Demo, prompt: str, arguments: Mapping[str, Any]) -> Job:
    """A job for a prompt that the models can read.

    Raises:
        gr.Error: once for both columns, where an argument does not fit, which a stream says
            before it begins, or the models do not know the prompt's characters.
    """
    demo.stream("generate", prompt=prompt, **arguments).close()
    sampling = {name: arguments[name] for name in SLIDERS}
    prompt = demo.call("inspect", prompt=prompt, characters=1, units=1, **sampling).prompt
    return Job(run=next(_RUNS), arguments={**arguments, "prompt": prompt}, prompt=prompt)


def writer(demo: Demo, model: str) -> Callable[[Job, Turn], Iterator[tuple[Any, Any]]]:
    """What streams a job into the column of a model; at the end it also keeps the text.

    It ends without a word when a later job begins.
    """

    def write(job: Job, turn: Turn) -> Iterator[tuple[Any, Any]]:
        turn.run = max(turn.run, job.run)
        text = job.kept
        try:
            with demo.stream(
                "generate", model=model, alternatives=characters.ALTERNATIVES, **job.arguments
            ) as stream:
                for generation, part in characters.parts(job.run, stream, **job.branch):
                    if turn.run > job.run:
                        return
                    text = job.kept + generation.text
                    yield part, gr.skip()
        except gr.Error:
            yield characters.failed(job.run, **job.branch), gr.skip()
            raise
        yield gr.skip(), Written(prompt=job.prompt, text=text)

    return write
