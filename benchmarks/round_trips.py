"""Round trips over HTTP: to an action, and to the same function in a stock Gradio app."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from dropped_in import drop_in
from measure import in_turns
from server import Server, served

STOCK, REPEAT = "stock Gradio: repeat a text", "the same repeat, as an action"
CLASSIFY = "classify an uploaded photo"

STOCK_APP = """
import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    text = gr.Textbox(label="Text")
    times = gr.Slider(1, 9, value=2, step=1, label="Times")
    button = gr.Button("Repeat")
    result = gr.Textbox(label="Result")
    button.click(
        lambda text, times: text * times, [text, times], result, api_name="repeat"
    )
page.launch(ssr_mode=False, share=False, enable_monitoring=False)
"""
"""The action of ``dropped_in`` as one would write it without demo_app."""


def measure_round_trips(rounds: int, photo: Path, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of a request to each endpoint, on connections that stay open.

    Args:
        rounds: how many requests to each.
        photo: what ``classify`` is asked about; uploaded once.
        folder: an empty one for the apps to be written into.
    """
    stock, plugins = folder / "stock.py", folder / "plugins"
    stock.write_text(STOCK_APP)
    plugins.mkdir()
    drop_in(plugins, 1)
    environment = {"DEMO_APP_PLUGIN_DIRS": str(plugins), "OMP_NUM_THREADS": "1"}
    with ExitStack() as stack:
        theirs = stack.enter_context(client(stack.enter_context(served([str(stock)]))))
        ours = stack.enter_context(client(stack.enter_context(served(["app.py"], environment))))
        upload = ours.post("/gradio_api/upload", files={"files": photo.read_bytes()})
        reference = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
        classify = partial(ask, ours, "image_classifier__classify", reference, 5, "imagenet")
        return in_turns(
            {
                STOCK: partial(milliseconds, partial(ask, theirs, "repeat", "ab", 2)),
                REPEAT: partial(milliseconds, partial(ask, ours, "dropped_in_0__repeat", "ab", 2)),
                CLASSIFY: partial(milliseconds, classify),
            },
            rounds,
        )


def client(server: Server) -> httpx.Client:
    """A client that keeps its connection."""
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False)


def ask(client: httpx.Client, endpoint: str, *values: Any) -> Any:
    """The answer of an endpoint, to a client with a session, as Gradio's own clients have one.

    Raises:
        httpx.HTTPStatusError: it answered with an error.
    """
    request = {"data": values, "session_hash": "benchmark"}
    answer = client.post(f"/gradio_api/run/{endpoint}", json=request)
    return answer.raise_for_status().json()["data"][0]


def milliseconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
