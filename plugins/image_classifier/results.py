"""What the actions return beside predictions and explanations; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that tutorials get wrong, tried out here and now.

    Attributes:
        name: a short title.
        model: the class.
        published: what the published code does.
        consequence: what happens, in words.
        evidence: what was measured, in words; the numbers follow.
        faulty: the number for the published code.
        mended: the same number after the mend.
        error: what the published code raises elsewhere; empty if it never does.
        mend: how it is mended.
    """

    name: str
    model: str
    published: str
    consequence: str
    evidence: str
    faulty: float
    mended: float
    error: str
    mend: str
