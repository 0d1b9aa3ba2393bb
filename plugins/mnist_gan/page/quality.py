"""The section on how good the generator is, all of it from the metadata of its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from demo_app import Demo
from demo_app.components import plain

from ..actions import MODEL
from .charts import ruler, trade_off

Metrics = Mapping[str, Mapping[str, Any]]

UNMEASURED = (
    "<p class='hint'>This checkpoint has not been measured yet: "
    "<code>demo-app evaluate mnist_gan</code>.</p>"
)
RUNS = (
    "<p class='lead'>Every number here was measured on the stored weights by <code>demo-app "
    "evaluate mnist_gan</code>, which anyone can run again.</p>"
)


def build_section(demo: Demo) -> None:
    """Lay out the section; it has no events."""
    metadata = demo.metadata(MODEL)
    plain(report(metadata.metrics if metadata else {}))


def report(metrics: Metrics) -> str:
    """The metrics in words and drawings, in HTML."""
    if "frechet_distance" not in metrics:
        return UNMEASURED
    parts = [RUNS, _frechet(metrics), _agreement(metrics), _variety(metrics), _newness(metrics)]
    points = metrics.get("frechet_distance_of_best_truncation", {}).get("trade_off", ())
    return "".join(parts) + (trade_off(points) if points else "")


def _frechet(metrics: Metrics) -> str:
    distance, floor = metrics["frechet_distance"], metrics["frechet_floor"]
    ratio = metrics["frechet_ratio"]["value"]
    marks = [
        ("generated digits", distance["value"], distance["interval"]),
        ("other real digits: the floor", floor["value"], floor["interval"]),
    ]
    return (
        "<h3 class='title'>Do they look like MNIST, as a whole?</h3>"
        "<p class='lead'>The <b>Fréchet distance</b> (FID) compares two heaps of pictures by what "
        "a network notices in them: how much of each feature there is on average, and which go "
        "together. Here the network is the judge, which knows digits, and not Inception, which "
        "knows photos; so compare this number with no other. Even two heaps of <b>real</b> digits "
        f"are not 0 apart: that is the floor. The generated ones are at <b>{ratio:.2f} times the "
        "floor</b>. The bars are how far the number would move if other digits had been drawn.</p>"
        f"{ruler(marks)}<p class='facts'>{escape(distance['split'])}</p>"
    )


def _agreement(metrics: Metrics) -> str:
    agreement, judge = metrics["agreement"], metrics["judge_accuracy"]
    worst = min(range(10), key=lambda digit: agreement["by_digit"][digit])
    easier = agreement["value"] > judge["value"]
    remark = (
        "More often than on real digits: the samples are a little <i>easier</i> to read than what "
        "people write."
        if easier
        else "Less often than on real digits, some of which the judge misreads, too."
    )
    return (
        "<h3 class='title'>Is it the digit that was asked for?</h3>"
        f"<p class='lead'>The judge agrees in <b>{agreement['value']:.2%}</b> of 10,000 samples; "
        f"on real test digits it is right in <b>{judge['value']:.2%}</b>. {remark} The hardest is "
        f"the {worst}.</p>{_columns(agreement['by_digit'], judge['by_digit'])}"
    )


def _columns(drawn: Sequence[float], real: Sequence[float]) -> str:
    """A small column of two bars for every digit: what is missing to 100%, so that it is seen."""
    longest = max(1 - min(*drawn, *real), 1e-6)
    cells = "".join(
        f"<div class='miss'><span class='pair'>"
        f"<i class='drawn-bar' style='height:{100 * (1 - one) / longest:.0f}%'></i>"
        f"<i class='real-bar' style='height:{100 * (1 - other) / longest:.0f}%'></i></span>"
        f"<b>{digit}</b><small>{1 - one:.1%}</small></div>"
        for digit, (one, other) in enumerate(zip(drawn, real, strict=True))
    )
    return (
        "<figure class='misses'><figcaption>How often the judge sees another digit, in numbers for "
        "the generated ones: <span "
        "class='keys'><span><i class='drawn-bar'></i>generated</span><span><i class='real-bar'></i>"
        f"real</span></span></figcaption><div class='columns'>{cells}</div></figure>"
    )


def _variety(metrics: Metrics) -> str:
    return (
        "<h3 class='title'>Is it all there, and no more?</h3>"
        f"<dl class='meanings'>{_meaning(metrics, 'precision', 'Precision', PRECISION)}"
        f"{_meaning(metrics, 'recall', 'Recall', RECALL)}"
        f"{_meaning(metrics, 'diversity', 'Diversity', DIVERSITY)}</dl>"
    )


PRECISION = "of the samples lie among real digits; the others are odd, or failures."
RECALL = (
    "of the real digits lie among the samples; the others are hands that the generator seldom "
    "writes. A generator that collapsed to a few pictures would have next to nothing here."
)
DIVERSITY = "is how far two samples are apart, where two real digits of the same kind have 1."


def _meaning(metrics: Metrics, name: str, title: str, text: str) -> str:
    entry = metrics[name]
    form = ".2f" if name == "diversity" else ".1%"
    lowest = min(range(10), key=lambda digit: entry["by_digit"][digit])
    return (
        f"<div><dt>{title} <b>{entry['value']:{form}}</b></dt><dd>{text} <b>Other real digits have "
        f"{entry['of_other_real_digits']:{form}}.</b> Lowest for the {lowest}: "
        f"{entry['by_digit'][lowest]:{form}}.</dd></div>"
    )


def _newness(metrics: Metrics) -> str:
    ratio = metrics["nearest_ratio"]["value"]
    near = metrics["suspiciously_near"]["value"]
    real = metrics["more_real_than"]["value"]
    fooled = (
        "it can hardly tell them apart"
        if abs(real - 0.5) < 0.1
        else "it can still tell them apart, on average"
    )
    return (
        "<h3 class='title'>Are they new, and does the discriminator still see through them?</h3>"
        "<p class='lead'>The median distance of a sample to the nearest of all 60,000 training "
        f"digits is <b>{ratio:.2f} times</b> that of a real test digit. Nearer than 99% of real "
        f"digits are <b>{near:.1%}</b> of the samples; real digits have 1%. To the discriminator "
        f"a sample looks more real than <b>{real:.0%}</b> of real digits on average: {fooled}.</p>"
    )
