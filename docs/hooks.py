"""Writes the tables of docs/hooks.md from the hook specifications: python docs/hooks.py."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo_app import hookspecs
from demo_app.loading import HOOKS

PAGE = Path(__file__).with_suffix(".md")
BEGIN = "<!-- Written by docs/hooks.py from demo_app/hookspecs.py; change it there. -->\n"
END = "<!-- end -->\n"


def page(text: str) -> str:
    """The page with what stands between its marks written anew.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} has lost the marks between which the hooks stand")
    return before + BEGIN + hooks() + END + after


def hooks() -> str:
    """A table of the hooks, and what each says of itself."""
    rows = "".join(_row(getattr(hookspecs, name)) for name in HOOKS)
    return f"| hook | returns | what it is for |\n| --- | --- | --- |\n{rows}"


def _row(spec: Callable[..., Any]) -> str:
    parameters = ", ".join(inspect.signature(spec).parameters)
    says = " ".join((inspect.getdoc(spec) or "").split()).replace("``", "`")
    returns = re.sub(r"\btorch\.", "", spec.__annotations__["return"])
    gives = "nothing" if returns == "None" else f"`{returns}`"
    return f"| `{spec.__name__}({parameters})` | {gives} | {says} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
