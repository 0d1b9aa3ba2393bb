"""A public Space: which environment is one, and what the host and its page then keep to itself."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import pytest

from demo_app import Host, discovery
from demo_app.errors import DemoUnavailable
from demo_app.hf_space import for_visitors, has_zero_gpu, is_public
from demo_app.surfaces.page.shell import build_page
from demo_app.surfaces.page.status import status_table
from demo_app.surfaces.visitors import errors_as
from tests.sources import GREETER

ROOT = Path(__file__).parents[1]
SERVE_AND_CALL = """
import ipaddress, json, sys

asked = []

def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        if not ipaddress.ip_address(arguments[1][0]).is_loopback:
            asked.append(arguments[1][0])
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost"):
        asked.append(str(arguments[0]))

sys.addaudithook(note)

from demo_app import Host
from demo_app.surfaces.page.launch import launch
import gradio.http_server, httpx
from PIL import Image

# The hot reload of Spaces is Hugging Face's own, and listens on a port of the container.
gradio.http_server.watchfn_spaces = lambda reloader: None
with Host() as host:
    page = launch(host, quiet=True)
    with httpx.Client(base_url=page.local_url, trust_env=False) as http:
        status = http.get("/").status_code
    top = host["image_classifier"].call("classify", image=Image.new("RGB", (64, 64)), top_k=1)
    page.close()
print(json.dumps({"asked": asked, "status": status, "classes": len(top.predictions)}))
"""
RAISES_A_PATH = "open('/opt/secret-folder/weights.bin')"


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that Hugging Face sets in the container of a Space."""
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "somebody/demo_app")


@pytest.fixture
def broken(write: Callable[..., Path], plugins: Path, make_host: Callable[..., Host]) -> Host:
    """A host with a good plugin, one of the same name, and one that fails over a file."""
    write("good", GREETER)
    write("good.py", GREETER)
    write("failing", RAISES_A_PATH)
    return make_host(plugins)


def texts(page: gr.Blocks) -> str:
    return "\n".join(
        str(block.value) for block in page.blocks.values() if isinstance(block, gr.HTML)
    )


def test_a_machine_of_ones_own_is_no_public_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYSTEM", raising=False)
    assert not is_public()


@pytest.mark.usefixtures("space")
def test_the_variable_that_hugging_face_sets_makes_it_public() -> None:
    assert is_public()


@pytest.mark.parametrize(
    ("value", "there"), [("true", True), ("1", True), ("False", False), ("", False)]
)
def test_zero_gpu_is_what_its_variable_says(
    monkeypatch: pytest.MonkeyPatch, value: str, there: bool
) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", value)
    assert has_zero_gpu() is there


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("No such file: '/home/user/app/plugins/x.bin'", "No such file: 'x.bin'"),
        ("/a/b/one came first, so ~/c/two is refused", "one came first, so two is refused"),
        ("See https://example.org/a/b/c", "See https://example.org/a/b/c"),
        ("Use cuda/cpu and/or 1/2", "Use cuda/cpu and/or 1/2"),
    ],
)
def test_paths_in_texts_lose_their_folders(told: str, shown: str) -> None:
    assert for_visitors(told) == shown


def test_elsewhere_the_whole_path_is_told() -> None:
    assert for_visitors("'/home/user/x.bin'") == "'/home/user/x.bin'"


@pytest.mark.usefixtures("space")
def test_the_page_shows_neither_folders_nor_tracebacks(broken: Host, plugins: Path) -> None:
    shown = texts(build_page(broken)) + status_table(broken)
    assert "weights.bin" in shown
    assert "secret-folder" not in shown
    assert str(plugins) not in shown
    assert "Traceback" not in shown


def test_elsewhere_the_page_shows_them_to_its_owner(broken: Host, plugins: Path) -> None:
    shown = texts(build_page(broken)) + status_table(broken)
    assert "secret-folder" in shown
    assert str(plugins) in shown
    assert "Traceback" in shown


@pytest.mark.usefixtures("space")
def test_callers_of_the_api_are_told_no_folders(broken: Host) -> None:
    with pytest.raises(gr.Error) as refused, errors_as(str):
        broken["failing"]
    assert isinstance(refused.value.__cause__, DemoUnavailable)
    assert "weights.bin" in refused.value.message
    assert "secret-folder" not in refused.value.message


@pytest.mark.usefixtures("space")
def test_plugins_come_from_the_repository_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DEMO_APP_PLUGIN_DIRS", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert discovery.default_directories() == [discovery.built_in_root() / "plugins"]
    assert caplog.messages == ["DEMO_APP_PLUGIN_DIRS is ignored on a public Space"]


def test_nothing_is_downloaded_to_serve_the_page_and_answer_a_call(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DEMO_APP", "GRADIO"))}
    space = {"SYSTEM": "spaces", "SPACE_ID": "somebody/demo_app", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", SERVE_AND_CALL],
        env={**kept, **space, "GRADIO_TEMP_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    last = ran.stdout.splitlines()[-1]
    assert json.loads(last) == {"asked": [], "status": 200, "classes": 1}
