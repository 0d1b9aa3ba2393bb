"""An app in a process of its own, from its start to the first page that it serves."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 120.0

STOCK_APP = """
import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    gr.Textbox()
page.launch(ssr_mode=False, share=False, enable_monitoring=False)
"""
"""The smallest page that Gradio can serve, launched as demo_app launches its own."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running app.

    Attributes:
        url: where it answers.
        seconds: from the start of the process to the last byte of the first page.
        page: that page.
        process: the process, which the caller may look at but not end.
    """

    url: str
    seconds: float
    page: str
    process: subprocess.Popen[bytes]

    @property
    def config(self) -> str:
        """The page's config, as JSON.

        Raises:
            ValueError: the page holds none.
        """
        found = re.search(r"window\.gradio_config = (\{.*?\});</script>", self.page, re.DOTALL)
        if found is None:
            raise ValueError("the page holds no gradio_config")
        return found.group(1)

    def imported_torch(self) -> bool | None:
        """Whether torch's library is mapped into the process; None where /proc does not tell."""
        maps = Path(f"/proc/{self.process.pid}/maps")
        return "libtorch" in maps.read_text() if maps.is_file() else None


@contextmanager
def served(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start an app with this Python, wait for its first page, and end it afterwards.

    Args:
        command: what follows ``python``; it runs in the root of the repository.
        environment: further variables. Analytics are off, and only built-in plugins are found
            unless they say otherwise.

    Raises:
        RuntimeError: it ended, or served no page in two minutes; the text has its last output.
    """
    port = _free_port()
    variables = usual_environment() | {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    variables |= environment or {}
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
        try:
            page = _first_page(process, port)
            seconds = time.perf_counter() - started
            if page is None:
                output.seek(0)
                raise RuntimeError(f"no page from {command}: {output.read()[-2000:].decode()}")
            url = f"http://127.0.0.1:{port}"
            yield Server(url=url, seconds=seconds, page=page, process=process)
        finally:
            process.kill()
            process.wait()


def usual_environment() -> dict[str, str]:
    """The environment as most have it: only built-in plugins are found, and bytecode is kept."""
    unusual = ("DEMO_APP_PLUGIN_DIRS", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unusual}


def _first_page(process: subprocess.Popen[bytes], port: int) -> str | None:
    give_up = time.perf_counter() + GIVE_UP_SECONDS
    while time.perf_counter() < give_up and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP_SECONDS)
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            body = response.read()
            if response.status == http.HTTPStatus.OK:
                return body.decode()
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(POLL_SECONDS)
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
