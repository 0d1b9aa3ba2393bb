"""Would more photos help? Said in a sentence, from the last doubling of a learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from torch import Tensor

from ..lessons.confusion import Z
from .power_law import fit_power_law
from .studies import CurvePoint

WORTH_IT = 0.01
"""A gain that is worth taking twice the photos."""
SHARP = 0.05
"""How well a gain must be known before it is said to be none."""
Verdict = Literal["yes", "no", "unclear"]


def answer(rights: Mapping[int, Tensor], points: Sequence[CurvePoint]) -> tuple[Verdict, str]:
    """Whether more photos would help, and why.

    Args:
        rights: by photos of each class, which test photos each draw got right, ``(draws, n)``.
        points: what follows from them, one at least.
    """
    last = points[-1]
    tested = rights[last.photos].shape[1]
    now = (
        f"With {last.photos} photos of each class {last.accuracy:.1%} of {tested} test photos are "
        f"named rightly (95 % interval {last.interval[0]:.0%} to {last.interval[1]:.0%})."
    )
    earlier = [size for size in rights if 2 * size <= last.photos]
    if not earlier:
        return "unclear", f"{now} Whether more would help cannot be told from so few: add some."
    half = earlier[-1]
    gain, margin = gained(rights[half], rights[last.photos])
    change = (
        f"From {half} photos to {last.photos} it changed by {100 * gain:+.1f} points "
        f"(± {100 * margin:.1f})"
    )
    if gain - margin > 0 and gain >= WORTH_IT:
        law = fit_power_law(points)
        outlook = (
            f" If errors go on falling as they did, {2 * last.photos} photos of each give about "
            f"{law.at_twice:.1%}."
            if law
            else ""
        )
        return "yes", f"Yes, more photos are likely to help. {now} {change}.{outlook}"
    if gain < WORTH_IT and margin <= SHARP:
        return "no", f"No, more photos like these are unlikely to help much. {now} {change}."
    return "unclear", (
        f"That cannot be told from these photos. {now} {change}, which may be chance: "
        f"{tested} test photos are too few. More photos would be more to test on, too."
    )


def gained(before: Tensor, after: Tensor) -> tuple[float, float]:
    """How much the accuracy rose, and its 95 % margin.

    Each test photo is compared with itself, which leaves less to chance than two accuracies would.
    Where hardly anything changes, three of the test photos are the margin: with a probability of
    95 % what is not seen among n is rarer than 3 / n.

    Args:
        before: which test photos each draw got right, ``(draws, n)`` of bool.
        after: the same with more photos, in as many draws as there are.
    """
    change = after.double().mean(dim=0) - before.double().mean(dim=0)  # (n,)
    variance = change.var().item() / len(change) if len(change) > 1 else 0.0
    for right in (before, after):
        if len(right) > 1:
            variance += right.double().mean(dim=1).var().item() / len(right)
    return change.mean().item(), min(1.0, max(float(Z * variance**0.5), 3 / len(change)))
