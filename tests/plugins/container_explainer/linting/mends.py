"""Takes the linter at its word: looks a finding up, and runs the line that it says mends it."""

import copy
from collections import OrderedDict
from typing import Any

from torch import Tensor, nn


def of_rule(findings: list[Any], rule: str) -> list[Any]:
    return [finding for finding in findings if finding.rule == rule]


def only(findings: list[Any], rule: str) -> Any:
    """The one finding of that rule."""
    (found,) = of_rule(findings, rule)
    return found


def rules(findings: list[Any]) -> set[str]:
    return {finding.rule for finding in findings}


def mended(model: nn.Module, finding: Any, **variables: Any) -> Any:
    """The model after the line of a finding was run in its ``__init__``."""
    names = {"nn": nn, "copy": copy, "OrderedDict": OrderedDict, "self": model, **variables}
    exec(finding.mend, names)
    return names["self"]


def run_in_forward(finding: Any, x: Tensor) -> Tensor:
    """What the line of a finding makes of ``x``, where it belongs into ``forward``."""
    names: dict[str, Any] = {"nn": nn, "x": x}
    exec(finding.mend.removeprefix("# In forward: "), names)
    result: Tensor = names["x"]
    return result
