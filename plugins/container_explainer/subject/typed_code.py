"""What was typed, told as plain data: what a run made, and what the linter says of it."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

from torch import nn

from .. import linting
from ..anatomy.counting import size
from ..anatomy.operation_limit import MAX_OPERATIONS
from ..language import program
from ..language.errors import CodeError
from ..results import CodeRun, LintFinding, LintReport, NamedModule, PlainHolder
from .example_shape import example_shape, runs
from .subjects import Subject

PASSES = 3
"""Of the linter: in evaluation mode, and up to two in training mode."""
CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
TOO_LONG = (
    f"Its forward pass takes more than {MAX_OPERATIONS // PASSES:,} operations, so that it was not "
    "linted while running: shapes and the order of calls were left out. A shorter sequence helps."
)
NOT_RUN = (
    "It was not run: give the shape of its input, and shapes and the order of calls are looked at "
    "as well."
)


def describe_run(code: str) -> CodeRun:
    """Run a program and tell what it made.

    Raises:
        CodeError: it cannot be run.
    """
    ran = program.run(code)
    fit = example_shape(ran.result) if ran.result is not None else None
    return CodeRun(
        printed=ran.printed,
        modules=[
            NamedModule(
                name=name,
                class_name=type(module).__name__,
                parameters=sum(map(size, module.parameters())),
            )
            for name, module in ran.modules.items()
        ],
        result_name=ran.result_name,
        class_name=type(ran.result).__name__ if ran.result is not None else "",
        lines=lines_of(ran),
        unregistered=[_holder(each) for each in ran.unregistered],
        input_shape=list(fit.shape) if fit is not None else [],
        input_fits=fit is not None and fit.runs,
    )


def lines_of(ran: program.Program) -> dict[str, int]:
    """The line that made it, of every module of the result, by its path."""
    if ran.result is None:
        return {}
    return {
        path: ran.lines[module]
        for path, module in ran.result.named_modules(remove_duplicate=False)
        if module in ran.lines
    }


def lint_subject(subject: Subject, loss: str | None) -> LintReport:
    """All that the rules find in a model, by name or typed."""
    typed = subject.program
    hidden = [(u.name, typed.names[u.name]) for u in _variables(typed)] if typed else []
    lines = lines_of(typed) if typed else {}
    inputs = subject.inputs if _is_short(subject) else {}
    findings = linting.lint(
        subject.module, inputs or None, hidden=hidden, loss=loss, name=subject.variable
    )
    notes = [NOT_RUN] if not subject.inputs else [TOO_LONG] if not inputs else []
    return _report(
        [_told(finding, lines) for finding in findings],
        model=subject.model,
        title=subject.title,
        ran=bool(inputs) and runs(subject.module, inputs),
        notes=notes,
    )


def _is_short(subject: Subject) -> bool:
    """Whether forward passes end soon enough for the linter, which makes several."""
    runs(subject.module, subject.inputs)
    short = not subject.limit.was_exceeded and subject.limit.count < MAX_OPERATIONS // PASSES
    subject.limit.count = 0
    return short


def _variables(typed: program.Program) -> list[program.Unregistered]:
    return [found for found in typed.unregistered if found.owner is None]


def refused_container(error: CodeError, code: str) -> LintReport | None:
    """A container that torch refused to make, as a finding; None for any other error."""
    source = code.splitlines()[error.line - 1 : error.line]
    said = re.search("|".join(CONTAINERS), " ".join([error.reason, *source]))
    cause: BaseException | None = error
    while cause is not None and said is not None:
        if isinstance(cause, TypeError | KeyError):
            finding = linting.explain_refusal(cause, said[0])
            if finding is not None:
                told = dataclasses.replace(_told(finding, {}), line=error.line)
                notes = [f"The code stops at line {error.line}; nothing was made of it."]
                return _report([told], model="code", title=said[0], ran=False, notes=notes)
        cause = cause.__cause__
    return None


def _report(
    findings: list[LintFinding], *, model: str, title: str, ran: bool, notes: list[str]
) -> LintReport:
    counted = Counter(finding.severity for finding in findings)
    return LintReport(
        model=model,
        title=title,
        findings=findings,
        counts={severity: counted[severity] for severity in linting.SEVERITIES},
        ran=ran,
        notes=notes,
    )


def _told(finding: linting.Finding, lines: dict[str, int]) -> LintFinding:
    path = finding.path.partition("[")[0]
    return LintFinding(
        rule=finding.rule,
        severity=finding.severity,
        path=finding.path,
        message=finding.message,
        why=finding.why,
        mend=finding.mend,
        line=lines.get(path),
    )


def _holder(found: program.Unregistered) -> PlainHolder:
    owner: nn.Module | None = found.owner
    return PlainHolder(
        owner=type(owner).__name__ if owner is not None else "",
        name=found.name,
        kind=found.kind,
        classes=[type(module).__name__ for module in found.modules],
        line=found.line,
    )
