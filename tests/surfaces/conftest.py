"""A served app and a plain HTTP client, for tests that look at what goes over the wire."""

import io
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from demo_app import File, Host
from demo_app.surfaces.page.blocks import PageBlocks
from demo_app.surfaces.page.launch import launch

EXAMPLES = Path(__file__).parents[2] / "plugins" / "image_classifier" / "examples"
FILE_MARK = {"_type": "gradio.FileData"}


@pytest.fixture(scope="session")
def served(uploads: Path, host: Host) -> Iterator[PageBlocks]:
    """The app as it ships, on a port of its own."""
    page = launch(host, quiet=True)
    yield page
    page.close()


@pytest.fixture(scope="session")
def served_shapes(uploads: Path, shapes_dir: Path) -> Iterator[PageBlocks]:
    """A page with the demos that have every shape an action can have."""
    with Host([shapes_dir], discover=False) as host:
        page = launch(host, quiet=True)
        yield page
        page.close()


@dataclass
class Browserless:
    """A client of one session that speaks plain HTTP, as curl does."""

    http: httpx.Client
    session: str = field(default_factory=lambda: uuid.uuid4().hex[:10])

    def another(self) -> "Browserless":
        """Another visitor over the same connections.

        Gradio hands the events of one session to whoever reads first, so calls at the same time
        need a session each.
        """
        return replace(self, session=uuid.uuid4().hex[:10])

    def upload(self, content: bytes, name: str = "photo.jpg") -> dict[str, Any]:
        """Upload a file; returns the reference that names it in a call."""
        response = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        response.raise_for_status()
        return {"path": response.json()[0], "orig_name": name, "meta": FILE_MARK}

    def fetch(self, value: Any) -> Any:
        """A result with every reference to a file replaced by the file itself."""
        if isinstance(value, dict) and value.get("meta") == FILE_MARK:
            response = self.http.get(value["url"])
            response.raise_for_status()
            return File(name=value["orig_name"], data=response.content)
        if isinstance(value, dict):
            return {name: self.fetch(member) for name, member in value.items()}
        return [self.fetch(member) for member in value] if isinstance(value, list) else value

    def call(self, endpoint: str, *data: Any) -> list[Any]:
        """Every value that a named endpoint yields; raises ``Refused`` with its message."""
        start = self.http.post(
            f"/gradio_api/call/{endpoint}", json={"data": data, "session_hash": self.session}
        )
        start.raise_for_status()
        events = self.http.get(f"/gradio_api/call/{endpoint}/{start.json()['event_id']}")
        return list(_values(events.text))

    def raise_event(self, fn_index: int, *data: Any) -> list[Any]:
        """Trigger any event of the page by its number, private ones too, as an attacker would."""
        body = {"data": data, "fn_index": fn_index, "session_hash": self.session}
        self.http.post("/gradio_api/queue/join", json=body).raise_for_status()
        outputs = []
        with self.http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self.session}
        ) as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise Refused(message["output"].get("error"))
                    outputs.append(message["output"]["data"])
                if message.get("msg") == "close_stream":
                    break
        return outputs


class Refused(Exception):
    """The app answered with an error; the text is what its visitor would read."""


def _values(events: str) -> Iterator[Any]:
    """The values in a stream of events; after a generator the last one is sent twice."""
    streamed = False
    for block in events.strip().split("\n\n"):
        kind, _, data = block.partition("\n")
        content = json.loads(data.removeprefix("data: ")) if data else None
        if kind == "event: error":
            raise Refused((content or {}).get("error"))
        if kind == "event: generating" or (kind == "event: complete" and not streamed):
            streamed = True
            yield content[0] if content else None


@pytest.fixture
def client(served: PageBlocks) -> Iterator[Browserless]:
    """A visitor of the served app."""
    with httpx.Client(base_url=served.local_url, timeout=60, trust_env=False) as http:
        yield Browserless(http)


@pytest.fixture
def shapes_client(served_shapes: PageBlocks) -> Iterator[Browserless]:
    """A visitor of the page with every shape."""
    with httpx.Client(base_url=served_shapes.local_url, timeout=60, trust_env=False) as http:
        yield Browserless(http)


@pytest.fixture(scope="session")
def refused() -> type[Exception]:
    """What a refused call raises in these tests."""
    return Refused


@pytest.fixture(scope="session")
def espresso() -> bytes:
    """A photo of an espresso that the classifier is sure of."""
    return (EXAMPLES / "espresso.jpg").read_bytes()


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """The address of a web server that notes who asks it, and its notes."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            picture = io.BytesIO()
            Image.new("RGB", (8, 8)).save(picture, "PNG")
            self.wfile.write(picture.getvalue())

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing on the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()
