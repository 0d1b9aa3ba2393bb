"""What the visitor looks at, as arguments of the actions, and the texts of its boxes read."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from demo_app import Demo

MAX_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model by name, or code.

    Attributes:
        arguments: ``model`` or ``code``, as the actions take them; empty before anything is open.
        shape: of its input, where the visitor gave one or the code runs with one.
    """

    arguments: dict[str, str] = field(default_factory=dict)
    shape: list[int] | None = None

    @property
    def is_code(self) -> bool:
        """Whether the visitor typed it."""
        return "code" in self.arguments

    @property
    def with_shape(self) -> dict[str, Any]:
        """The arguments of actions that run the model."""
        return self.arguments | ({} if self.shape is None else {"input_shape": self.shape})


def read_shape(text: str | None) -> list[int] | None:
    """The numbers of a shape, however they are divided: ``1, 3, 224, 224`` or ``[1,3,224,224]``.

    Raises:
        gr.Error: there is something else in it.
    """
    inside = (text or "").strip().strip("[]()").strip()
    if not inside:
        return None
    parts = [part for part in re.split(r"[\s,×x*]+", inside) if part]
    if not all(part.isascii() and part.isdigit() and len(part) <= MAX_DIGITS for part in parts):
        raise gr.Error("The input shape is whole numbers with commas between: 1, 3, 224, 224.")
    return [int(part) for part in parts]


def of_code(demo: Demo, code: str, shape: list[int] | None) -> tuple[Subject, str]:
    """The subject that code makes, and what it printed; a shape it runs with, if none is given.

    Raises:
        gr.Error: the code cannot be run.
    """
    ran = demo.call("run_code", code=code)
    if shape is None and ran.input_fits:
        shape = ran.input_shape
    return Subject(arguments={"code": code}, shape=shape), ran.printed


def plain_text(error: gr.Error) -> str:
    """What an error says, as text: the page's demo escaped it for HTML."""
    return html.unescape(str(error.message))
