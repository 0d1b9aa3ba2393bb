"""Files that go to the browser's downloads without staying on the server."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import gradio as gr

from demo_app import File
from demo_app.components import payload, scripted


def saved(elem_id: str) -> gr.HTML:
    """A component without looks: the file that becomes its value is downloaded."""
    return scripted(elem_id, Path(__file__).with_name("saved.js"))


def sent(file: File) -> str:
    """A file, for the script."""
    data = base64.b64encode(file.data).decode()
    # The same file twice is two values: what does not change, no script is told of.
    return payload({"name": file.name, "data": data, "made": time.time_ns()})
