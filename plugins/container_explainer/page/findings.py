"""What the linter says, as HTML: the worst first, each with the line that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby

from ..results import LintFinding, LintReport

TITLES = {
    "error": ("Errors", "It fails, or it does not learn."),
    "warning": ("Warnings", "Likely a mistake."),
    "hint": ("Hints", "It could be better."),
}


def heading(report: LintReport) -> str:
    """The label of the tab: how many findings there are of the worst severity."""
    if not report.findings:
        return "Lint ✓"
    worst = report.findings[0].severity
    count = sum(finding.severity == worst for finding in report.findings)
    return f"Lint · {count} {worst}{'' if count == 1 else 's'}"


def shown(report: LintReport) -> str:
    """All findings by severity, or a word on there being none."""
    notes = "".join(f"<p class='note' role='note'>{escape(note)}</p>" for note in report.notes)
    if not report.findings:
        doubt = "" if report.ran else " It was not run: what depends on shapes was not looked at."
        return (
            f"<div class='clean'><b>Nothing to complain about.</b><p>{escape(report.title)}: every "
            f"rule was asked, and none has a finding.{doubt}</p></div>{notes}"
        )
    groups = "".join(
        _group(severity, list(findings))
        for severity, findings in groupby(report.findings, lambda finding: finding.severity)
    )
    return f"<div class='findings'>{groups}</div>{notes}"


def _group(severity: str, findings: Iterable[LintFinding]) -> str:
    title, meaning = TITLES[severity]
    cards = [_card(finding) for finding in findings]
    return (
        f"<section class='{severity}'><h3>{title} <span class='number'>{len(cards)}</span> "
        f"<small>{meaning}</small></h3>{''.join(cards)}</section>"
    )


def _card(finding: LintFinding) -> str:
    line = f" <small>line {finding.line}</small>" if finding.line else ""
    path = escape(finding.path or "the whole model")
    mend = f"<pre>{escape(finding.mend)}</pre>" if finding.mend else ""
    return (
        f"<article><header><code class='path'>{path}</code>{line}"
        f"<small class='rule'>{escape(finding.rule)}</small></header>"
        f"<p class='message'>{escape(finding.message)}</p><p class='why'>{escape(finding.why)}</p>"
        f"{mend}</article>"
    )
