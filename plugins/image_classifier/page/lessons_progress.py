"""How far a study is, in words and as a share."""

from __future__ import annotations

from typing import Any

from ..research.studies import Comparison, LearningCurve


def progress(now: LearningCurve | Comparison, work: str) -> dict[str, Any]:
    """What is being done, for the script; nothing once it is over.

    Args:
        now: where the study is.
        work: what is done after reading and features, in words.
    """
    if now.phase == "done":
        return {}
    if now.phase == "stopped":
        return {"said": "Stopped before there was anything to show.", "done": 0}
    works = {"reading": "Reading photos", "features": "Computing features"}
    said = f"{works.get(now.phase, work)}: {now.done} of {now.total}"
    if now.seconds_left is not None and now.seconds_left >= 1:
        said += f", about {now.seconds_left:.0f} s left"
    return {"said": said, "done": now.done / now.total if now.total else 0}
