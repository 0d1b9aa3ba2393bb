"""An MCP client lists the app's tools and calls them: a program, for an environment of its own.

Gradio's extra ``mcp`` needs an older pydantic than the newest, which the other tests use::

    python3 -m venv .venv-mcp && .venv-mcp/bin/pip install '.[mcp]'
    .venv-mcp/bin/python tests/mcp_round_trip.py
"""

import asyncio
import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from demo_app import Host, discovery
from demo_app.surfaces.page.launch import launch

PHOTO = discovery.built_in_root() / "plugins/image_classifier/examples/espresso.jpg"
MARK = {"_type": "gradio.FileData"}
REFUSED = "A file is uploaded first"


class Listener(HTTPServer):
    """A web server that notes whether it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Note)
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Note(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""


async def visit(url: str, expected: set[str]) -> None:
    listener = Listener()
    data = base64.b64encode(PHOTO.read_bytes()).decode()
    async with (
        streamable_http_client(url) as (read, write, _),
        ClientSession(read, write) as client,
    ):
        await client.initialize()

        async def call(tool: str, **arguments: Any) -> tuple[bool, str]:
            answer = await client.call_tool(tool, arguments)
            return bool(answer.isError), " ".join(getattr(c, "text", "") for c in answer.content)

        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == expected, set(tools) ^ expected
        top_k = tools["image_classifier__classify"].inputSchema["properties"]["top_k"]
        assert (top_k["minimum"], top_k["maximum"]) == (1, 1000)

        sent = f"data:image/jpeg;base64,{data}"
        failed, text = await call("image_classifier__classify", image=sent, top_k=1)
        assert not failed
        assert "espresso" in text, text
        failed, text = await call("image_classifier__classify", image=sent, top_k=0)
        assert failed, text

        elsewhere = f"http://127.0.0.1:{listener.server_port}/photo.png"
        failed, text = await call("image_classifier__classify", image=elsewhere)
        assert failed
        assert REFUSED in text, text
        for path in (str(PHOTO), elsewhere):
            photo = {"path": path, "meta": MARK}
            words = {"plugin": "image_classifier", "action": "classify"}
            failed, text = await call("call", **words, arguments={"image": photo})
            assert failed
            assert REFUSED in text, text
    assert not listener.asked
    listener.shutdown()
    listener.server_close()


def main() -> None:
    with Host() as host:
        page = launch(host, quiet=True, mcp_server=True)
        assert page.mcp_server, page.mcp_error
        endpoints = page.get_api_info()["named_endpoints"]
        expected = {name.strip("/") for name in endpoints}
        asyncio.run(visit(f"{page.local_url}gradio_api/mcp/", expected))
        page.close()
    print(json.dumps({"tools": sorted(expected)}))


if __name__ == "__main__":
    main()
