"""The section on how good what ships is, all of it from the checkpoints' metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.checkpoints import CheckpointMetadata
from demo_app.components import plain

from ..shipped_heads import BACKBONE, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS
from .recognise_heads import TITLES

LEAD = (
    "<p class='lead'>Every number here was measured by <code>demo-app evaluate "
    "image_classifier</code> on the stored weights, with pictures that took no part in the "
    "training, and anyone can run it again. The bar is the share named rightly, the bracket its "
    "95 % interval: how far chance alone would move it with other pictures of the same kind.</p>"
)
UNMEASURED = "<p class='hint'>This checkpoint has not been measured yet.</p>"


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section; it has no events."""
    known = {name: demo.metadata(name) for name in (*SHIPPED_HEADS, *SHIPPED_NETWORKS)}
    parts = [measured(name, metadata) for name, metadata in known.items() if metadata]
    plain(f"{LEAD}<div class='measured'>{''.join(parts)}</div>{_published(demo)}")


def measured(name: str, metadata: CheckpointMetadata) -> str:
    """What is known of one checkpoint, in HTML."""
    entry = metadata.metrics.get("accuracy")
    title = f"<h3 class='title'>{escape(TITLES.get(name, name))}</h3>"
    facts = f"<p class='facts'>{escape(metadata.architecture)}</p>"
    if entry is None or "confusion_matrix" not in entry:
        return f"<article>{title}{facts}{UNMEASURED}</article>"
    return (
        f"<article>{title}{facts}{_accuracy(entry)}"
        f"<p class='facts'>{escape(str(entry['split']))}; {escape(str(entry['measured']))}.</p>"
        f"{confusion(metadata.classes, entry['confusion_matrix'])}</article>"
    )


def _accuracy(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return (
        f"<p class='accuracy'><b>{entry['value']:.1%}</b> named rightly "
        f"<small>{low:.1%} to {high:.1%}</small></p>"
        f"<span class='bar'><i style='width:{100 * entry['value']:.2f}%'></i>"
        f"<em style='left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%'></em></span>"
    )


def confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """The confusion matrix as a table, a row for each right class, in HTML."""
    turned = len(classes) > 6 and max(map(len, classes)) > 3
    heads = "".join(f"<th scope='col'><span>{escape(name)}</span></th>" for name in classes)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{_cells(place, counts, classes)}</tr>"
        for place, (name, counts) in enumerate(zip(classes, matrix, strict=True))
    )
    return (
        f"{_worst(classes, matrix)}<div class='scrolling' tabindex='0' role='region' "
        f"aria-label='Confusion matrix'><table class='matrix{' turned' if turned else ''}'>"
        "<caption>Rows: what it is. Columns: what it was named.</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(row: int, counts: Sequence[int], classes: Sequence[str]) -> str:
    total = sum(counts)
    return "".join(
        f"<td class='{'right' if column == row else 'wrong'}' "
        f"style='--share:{count / total if total else 0:.3f}' "
        f"title='{escape(_told(classes[row], classes[column], count, total))}'>"
        f"{f'{count:,}' if count else '·'}</td>"
        for column, count in enumerate(counts)
    )


def _told(right: str, named: str, count: int, total: int) -> str:
    share = f" ({count / total:.1%})" if total else ""
    return f"{count:,} of {total:,} pictures of {right} were named {named}{share}"


def _worst(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """The mistake that is made most often, in a sentence."""
    count, row, column = max(
        (count, row, column)
        for row, counts in enumerate(matrix)
        for column, count in enumerate(counts)
        if row != column
    )
    if not count:
        return "<p>Not one was named wrongly.</p>"
    total = sum(matrix[row])
    return (
        f"<p>The most frequent mistake: <b>{escape(classes[row])}</b> taken for "
        f"<b>{escape(classes[column])}</b>, {count:,} of {total:,} ({count / total:.1%}).</p>"
    )


def _published(demo: Demo) -> str:
    metadata = demo.metadata(BACKBONE)
    entry = metadata.metrics.get("top1_accuracy") if metadata else None
    if entry is None:
        return ""
    return (
        f"<p class='facts'>The backbone itself, {escape(metadata.architecture if metadata else '')}"
        f": {entry['value']:.1%} on {escape(str(entry['split']))}. That is its authors' number and "
        "was not measured here.</p>"
    )
