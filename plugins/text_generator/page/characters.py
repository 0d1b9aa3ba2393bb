"""A text on its way to the component that draws it character by character."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app.components import payload, scripted

from ..results import GeneratedCharacter, Generation, Score

ALTERNATIVES = 5
OVERLAP = 4
"""A part repeats what the last so many brought: a busy browser may leave some of them out."""
SECONDS_BETWEEN = 0.06
"""Added to the host's own pace: the browser handles every part of every column by itself, and a
slow one would freeze with more of them."""

BANDS = ("50 % or more", "20 to 50 %", "5 to 20 %", "1 to 5 %", "less than 1 %")
"""The steps of probability that have a tint each; the bounds are those in characters.js."""

SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("glyphs.js", "characters.js"))


def written_view(elem_id: str, title: str, facts: str, hint: str, *, leads: bool) -> gr.HTML:
    """A column in which a model writes; one that leads comes into view when it begins.

    Events:
        branch: with ``place``, ``character``, ``prompt`` and the ``text`` before it, when an
            alternative is chosen.
        look: with the ``text`` up to a character, when its choice is to be looked at.
    """
    texts = {"title": title, "facts": facts, "hint": hint}
    return scripted(elem_id, *SCRIPTS, kind="written", leads=leads, **texts)


def scored_view(elem_id: str, title: str, facts: str, hint: str) -> gr.HTML:
    """A column in which a given text stands, tinted by how surprising it is."""
    texts = {"title": title, "facts": facts, "hint": hint}
    return scripted(elem_id, *SCRIPTS, kind="scored", leads=False, **texts)


def started(run: int, prompt: str, **branch: Any) -> str:
    """What the column shows before the first character: an empty place, or where a text forks.

    Args:
        run: its number; of two runs the column shows the later.
        prompt: in the models' characters.
        **branch: the ``place`` at which another ``character`` was chosen, if one was.
    """
    return payload({"run": run, "state": "started", "prompt": prompt, **branch})


def parts(
    run: int,
    generations: Iterable[Generation],
    *,
    seconds_between: float = SECONDS_BETWEEN,
    **branch: Any,
) -> Iterator[tuple[Generation, str]]:
    """Each state of a generation with what is new in it; with the last, the whole of it.

    To send the whole each time would cost a long text a hundred times its size.

    Args:
        run: the number that ``started`` was given.
        generations: what ``generate`` yields.
        seconds_between: how long to wait before the next, which on a page is then the newest.
        **branch: as for ``started``.
    """
    sent = deque([0], maxlen=OVERLAP)
    for generation in generations:
        whole = generation.finished != "running"
        start = 0 if whole else min(sent)
        sent.append(len(generation.characters))
        part = {"run": run, "state": generation.finished, "from": start, **branch}
        yield generation, payload(part | _columns(generation.characters[start:]))
        if not whole:
            time.sleep(seconds_between)


def failed(run: int, **branch: Any) -> str:
    """What ends a column whose model broke; what stands there stays."""
    return payload({"run": run, "state": "failed", **branch})


def scored(score: Score) -> str:
    """A text with the probability that the model gave each character of it."""
    return payload(
        {
            "state": "scored",
            "prompt": "",
            "text": score.text,
            "probabilities": [_short(2**-one.bits) for one in score.characters],
        }
    )


def legend() -> str:
    """What the tints mean, in HTML."""
    steps = "".join(
        f"<span><i class='c t{step}' aria-hidden='true'></i>{band}</span>"
        for step, band in enumerate(BANDS)
    )
    return f"<p class='legend'><b>The model gave it</b> {steps}</p>"


def _columns(characters: Sequence[GeneratedCharacter]) -> dict[str, Any]:
    others = [other for one in characters for other in one.alternatives]
    return {
        "text": "".join(one.character for one in characters),
        "probabilities": [_short(one.probability) for one in characters],
        "others": "".join(other.character for other in others),
        "likelihoods": [_short(other.probability) for other in others],
    }


def _short(probability: float) -> float:
    """Three digits are more than a page shows."""
    return float(f"{probability:.3g}")
