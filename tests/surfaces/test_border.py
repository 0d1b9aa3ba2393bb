"""The border of the server: what it must not read, serve, tell or accept."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_app import discovery
from demo_app.surfaces.page.launch import MAX_UPLOAD

NAMED = "image_classifier__classify"
HEAD = "imagenet"
MARK = {"_type": "gradio.FileData"}
ROOT = discovery.built_in_root()
EXAMPLE = str(ROOT / "plugins" / "image_classifier" / "examples" / "cat.jpg")


def foreign_references() -> dict[str, dict[str, Any]]:
    return {
        "a path with the mark": {"path": EXAMPLE, "meta": MARK},
        "a path without the mark": {"path": EXAMPLE},
        "a path with another mark": {"path": EXAMPLE, "meta": {"_type": "x"}},
        "a path up from the uploads": {"path": f"uploads/../../..{EXAMPLE}", "meta": MARK},
        "a system file": {"path": "/etc/passwd", "meta": MARK},
        "a path with NUL": {"path": "\0", "meta": MARK},
        "a number for a path": {"path": 7, "meta": MARK},
    }


def page_event(served: Any, name: str) -> int:
    """The number of the page's own event whose handler has that name."""
    return next(i for i, fn in served.fns.items() if getattr(fn.fn, "__name__", "") == name)


@pytest.mark.parametrize("kind", foreign_references())
def test_an_endpoint_reads_no_file_that_was_not_uploaded(
    client: Any, refused: type[Exception], kind: str
) -> None:
    with pytest.raises(refused, match=r"uploaded first|should be a picture"):
        client.call(NAMED, foreign_references()[kind], 5, HEAD)


@pytest.mark.parametrize("kind", foreign_references())
def test_the_generic_endpoint_reads_no_file_that_was_not_uploaded(
    client: Any, refused: type[Exception], kind: str
) -> None:
    with pytest.raises(refused, match=r"uploaded first|should be a picture"):
        client.call("call", "image_classifier", "classify", {"image": foreign_references()[kind]})


@pytest.mark.parametrize("kind", foreign_references())
def test_the_tab_reads_no_file_that_was_not_uploaded(
    client: Any, served: Any, refused: type[Exception], kind: str
) -> None:
    with pytest.raises(refused, match="uploaded first"):
        client.raise_event(page_event(served, "bring"), foreign_references()[kind], None)


def test_no_url_is_followed(
    client: Any, served: Any, refused: type[Exception], listener: tuple[str, list[str]]
) -> None:
    address, asked = listener
    for reference in (
        {"path": f"{address}/a.png", "meta": MARK},
        {"path": f"{address}/b.png", "url": f"{address}/b.png", "meta": MARK},
        {"path": f"{address}/c.png"},
    ):
        with pytest.raises(refused):
            client.call(NAMED, reference, 5, HEAD)
        with pytest.raises(refused):
            client.raise_event(page_event(served, "bring"), reference, None)
    assert asked == []


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "checkpoints" / "image_classifier" / "efficientnet_lite0.safetensors",
        ROOT / "demo_app" / "host.py",
        Path("/etc/passwd"),
    ],
    ids=["checkpoint", "source", "system file"],
)
def test_no_file_of_the_server_is_served(client: Any, path: Path) -> None:
    assert client.http.get(f"/gradio_api/file={path}").status_code in (403, 404)


def test_too_large_an_upload_is_refused(client: Any) -> None:
    assert MAX_UPLOAD == "20mb"
    files = {"files": ("big.png", bytes(21_000_000))}
    assert client.http.post("/gradio_api/upload", files=files).status_code == 413


def test_nobody_can_watch_the_other_visitors(client: Any) -> None:
    assert client.http.get("/monitoring").status_code in (403, 404)


def test_messages_hold_no_path_of_the_server(
    client: Any, refused: type[Exception], espresso: bytes
) -> None:
    with pytest.raises(refused) as caught:
        client.call(NAMED, client.upload(b"nonsense", "x.png"), 5, HEAD)
    assert not re.search(r"/\w+/", str(caught.value))


def test_the_api_lists_exactly_the_actions_and_call(client: Any, host: Any) -> None:
    listed = client.http.get("/gradio_api/info").json()
    actions = {f"/{name}__{action}" for name in host for action in host[name].actions}
    assert set(listed["named_endpoints"]) == actions | {"/call"}
    assert listed["unnamed_endpoints"] == {}


def test_the_api_states_types_bounds_and_help(client: Any) -> None:
    info = client.http.get("/gradio_api/info").json()["named_endpoints"][f"/{NAMED}"]
    image, top_k, head = info["parameters"]
    assert image["parameter_name"] == "image"
    assert not image["parameter_has_default"]
    assert image["type"]["title"] == "ImageData"
    assert (top_k["type"]["minimum"], top_k["type"]["maximum"]) == (1, 1000)
    assert top_k["parameter_default"] == 5
    assert head["parameter_default"] == HEAD
    assert "likeliest" in top_k["python_type"]["description"]
    assert info["description"].startswith("Name what is in a photo")


def test_a_call_by_name_fills_in_defaults(client: Any, espresso: bytes) -> None:
    start = client.http.post(
        f"/gradio_api/call/v2/{NAMED}", json={"image": client.upload(espresso)}
    )
    events = client.http.get(f"/gradio_api/call/{NAMED}/{start.json()['event_id']}").text
    assert events.count("class_name") == 5


def test_another_site_cannot_use_a_visitors_browser(served: Any) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    response = httpx.get(f"{served.local_url}config", headers=headers, trust_env=False)
    assert "access-control-allow-origin" not in response.headers or response.status_code == 403
