"""The section on how good the models are, all of it from the metadata of their checkpoints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from demo_app import Demo
from demo_app.checkpoints import CheckpointMetadata
from demo_app.components import plain

from .curves import chart
from .writing import MODELS

BASELINE = "trigram"
COLUMNS = ("loss, windows of 256", "wavers between", "loss, in one go", "parameters", "training")
WINDOWS, SLIDING = "validation_loss", "validation_loss_sliding"
LEAD = (
    "<p class='lead'>The last tenth of Tiny Shakespeare was kept from training. The <b>loss</b> is "
    "the mean surprise for each of its characters, in nats: −ln of the probability that the "
    "model gave the character that really came. Lower is better; e to its power is the number of "
    "equally likely characters between which the model might as well waver.</p>"
    "<dl class='meanings'><div><dt>windows of 256</dt><dd>Each window begins without memory, so "
    "its first characters are hard to guess. This is the figure to compare with others', whose "
    "context is 256 too.</dd></div><div><dt>in one go</dt><dd>The text is read from end to end "
    "with all the memory that the model has, as when it writes.</dd></div></dl>"
)


def build_section(demo: Demo) -> None:
    """Lay out the section; it has no events."""
    known = {title: demo.metadata(model) for model, title in MODELS.items()}
    models = {title: metadata for title, metadata in known.items() if metadata is not None}
    plain(LEAD + table(models, demo.metadata(BASELINE)))
    plain(chart(models))


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table; losses in nats per character, texts in HTML."""

    name: str
    detail: str
    windows: float | None
    sliding: float | None = None
    parameters: str
    training: str = "–"
    quoted: bool = False


NANOGPT = Line(
    name="nanoGPT's “baby GPT”",
    detail="quoted from the README of github.com/karpathy/nanoGPT, not measured here",
    windows=1.4697,
    parameters="10,650,000",
    quoted=True,
)


def table(models: Mapping[str, CheckpointMetadata], baseline: CheckpointMetadata | None) -> str:
    """Losses, sizes and costs of the models, of counting, and of a published model, in HTML."""
    lines = [_line(title, metadata) for title, metadata in models.items()]
    if baseline is not None:
        lines.append(_line("Trigram counts", baseline))
    heads = "".join(f"<th scope='col'>{head}</th>" for head in ("model", *COLUMNS))
    return (
        f"<table class='quality cards'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(_row, [*lines, NANOGPT]))}</tbody></table>"
    )


def _line(title: str, metadata: CheckpointMetadata) -> Line:
    parameters = metadata.training.get("parameters")
    method = str(metadata.training.get("method", "–"))
    return Line(
        name=escape(title),
        detail=escape(metadata.architecture),
        windows=_value(metadata, WINDOWS),
        sliding=_value(metadata, SLIDING),
        parameters=f"{parameters:,}" if parameters else "none",
        training="; ".join(_costs(metadata.training)) or escape(method),
    )


def _row(line: Line) -> str:
    wavers = "–" if line.windows is None else f"{math.exp(line.windows):.1f} characters"
    values = (
        _loss(line.windows),
        wavers,
        _loss(line.sliding),
        line.parameters,
        line.training,
    )
    cells = "".join(
        f"<td data-label='{head}'><span>{value}</span></td>"
        for head, value in zip(COLUMNS, values, strict=True)
    )
    return (
        f"<tr class='{'quoted' if line.quoted else ''}'>"
        f"<th scope='row'>{line.name}<small>{line.detail}</small></th>{cells}</tr>"
    )


def _loss(nats: float | None) -> str:
    if nats is None:
        return "–"
    return f"<b>{nats:.4f}</b> nats <small>{nats / math.log(2):.2f} bits</small>"


def _value(metadata: CheckpointMetadata, name: str) -> float | None:
    value = metadata.metrics.get(name, {}).get("value")
    return None if value is None else float(value)


def _costs(training: Mapping[str, Any]) -> Iterator[str]:
    """What the training took: time, processor, operations, characters."""
    if seconds := training.get("seconds"):
        where = training.get("processor")
        minutes = f"{seconds / 60:.0f} minutes"
        yield f"{minutes} on {escape(where)}" if where else minutes
    if operations := training.get("floating_point_operations"):
        mantissa, exponent = f"{operations:.1e}".split("e")
        yield f"{mantissa} · 10<sup>{int(exponent)}</sup> floating-point operations"
    if characters := training.get("characters"):
        yield f"{characters / 1e6:.1f} million characters seen"
