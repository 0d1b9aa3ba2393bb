"""What the linter says: a finding is one thing that is wrong, doubtful or needless."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
"""From the worst on: it fails or does not learn; it is likely a mistake; it could be better."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a rule found in one module.

    Attributes:
        rule: the rule's name: ``"hidden-module"``.
        severity: how bad it is, see ``SEVERITIES``.
        path: of the module, as ``get_submodule`` takes it; empty for the whole. What is in a plain
            list or dictionary follows in brackets: ``"encoder.layers[0]"``.
        message: what is seen, with names and numbers.
        why: in one sentence, why it matters.
        mend: the line of Python that mends it. A line in ``forward`` begins with ``# In forward:``.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    why: str
    mend: str


def in_order(findings: Iterable[Finding], paths: Iterable[str]) -> list[Finding]:
    """The worst first, then as the modules stand in the tree; what is said twice is said once.

    Args:
        paths: of the modules, in the order of ``print(model)``.
    """
    rank = {path: number for number, path in enumerate(paths)}

    def place(finding: Finding) -> tuple[int, int]:
        path = finding.path.partition("[")[0]
        while path and path not in rank:
            path = path.rpartition(".")[0]
        return SEVERITIES.index(finding.severity), rank.get(path, -1)

    return sorted({(f.rule, f.path): f for f in findings}.values(), key=place)
