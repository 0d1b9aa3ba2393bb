"""Weights from outside: only when asked, whole, with the right hash, and without running code."""

import hashlib
import http.client
import io
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import DemoError
from demo_app.testing import context

STATE = {"weight": torch.arange(600_000, dtype=torch.float32)}


@pytest.fixture(scope="session")
def downloads(module: Callable[[str], ModuleType]) -> Any:
    return module("architectures.downloads")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which downloaded weights are kept, empty so far."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A file of weights that is downloaded from, named for its hash."""
    return save(STATE, tmp_path)


def save(content: Any, folder: Path) -> Path:
    """A file as ``torch.save`` writes it, whose name says its hash."""
    torch.save(content, folder / "net")
    digits = hashlib.sha256((folder / "net").read_bytes()).hexdigest()[:8]
    return (folder / "net").rename(folder / f"net-{digits}.pth")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def fail_with(error: Exception) -> Callable[..., Any]:
    def urlopen(*_: object, **__: object) -> None:
        raise error

    return urlopen


def test_what_is_published_is_what_is_had(downloads: Any, served: Path) -> None:
    state = downloads.published_state(context(), served.as_uri())

    assert torch.equal(state["weight"], STATE["weight"])


def test_progress_is_told_from_the_first_to_the_last_byte(downloads: Any, served: Path) -> None:
    heard: list[tuple[float | None, str]] = []

    downloads.published_state(
        context(progress=lambda fraction, text: heard.append((fraction, text))), served.as_uri()
    )

    fractions = [fraction for fraction, _ in heard if fraction is not None]
    assert len(fractions) == 3
    assert fractions == sorted(fractions)
    assert heard[-1] == (1.0, f"Downloading {served.name}: 2 of 2 MB")


def test_it_is_downloaded_once(downloads: Any, served: Path, kept: Path) -> None:
    downloads.published_state(context(), served.as_uri())
    served.unlink()

    state = downloads.published_state(context(), served.as_uri())

    assert torch.equal(state["weight"], STATE["weight"])
    assert files(kept) == [served.name]


def test_it_is_kept_where_torchvision_looks_for_it(downloads: Any, served: Path) -> None:
    downloads.published_state(context(), served.as_uri())
    served.unlink()

    state = torch.hub.load_state_dict_from_url(served.as_uri(), weights_only=True)

    assert torch.equal(state["weight"], STATE["weight"])


def test_a_damaged_file_is_downloaded_anew(downloads: Any, served: Path, kept: Path) -> None:
    kept.mkdir(parents=True)
    (kept / served.name).write_bytes(served.read_bytes()[:-1])

    state = downloads.published_state(context(), served.as_uri())

    assert torch.equal(state["weight"], STATE["weight"])


def test_another_content_than_the_name_says_is_refused_and_not_kept(
    downloads: Any, served: Path, kept: Path
) -> None:
    served.write_bytes(served.read_bytes()[:-1])

    with pytest.raises(DemoError, match=r"its SHA-256 does not begin with .*thrown away"):
        downloads.published_state(context(), served.as_uri())

    assert files(kept) == []


def test_a_name_without_a_hash_is_refused(downloads: Any, served: Path, kept: Path) -> None:
    plain = served.rename(served.with_name("net.pth"))

    with pytest.raises(DemoError, match=r"net\.pth does not say its hash"):
        downloads.published_state(context(), plain.as_uri())

    assert files(kept) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (urllib.error.URLError(socket.gaierror(-2, "Name not known")), "Name not known"),
        (urllib.error.URLError("no proxy"), "no proxy"),
        (TimeoutError(), "TimeoutError"),
        (ConnectionResetError(104, "Connection reset"), "Connection reset"),
        (http.client.IncompleteRead(b""), "IncompleteRead"),
    ],
)
def test_a_network_that_does_not_allow_it_is_a_sentence(
    downloads: Any,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", fail_with(error))

    with pytest.raises(DemoError) as raised:
        downloads.published_state(context(), "https://example.org/models/net-01234567.pth")

    assert str(raised.value) == (
        f"net-01234567.pth could not be downloaded from example.org ({reason}). Choose "
        "efficientnet_lite0, whose weights ship with the app, or a definition without weights."
    )
    assert files(kept) == []


def test_a_missing_file_is_named_without_the_servers_paths(downloads: Any, served: Path) -> None:
    served.unlink()

    with pytest.raises(DemoError, match="could not be downloaded") as raised:
        downloads.published_state(context(), served.as_uri())

    assert str(served.parent) not in str(raised.value)


def test_a_connection_that_breaks_off_leaves_nothing(
    downloads: Any, served: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenOff(io.BytesIO):
        headers = {"Content-Length": "5000000"}  # noqa: RUF012

        def read(self, size: int | None = -1) -> bytes:
            block = super().read(size)
            if not block:
                raise ConnectionResetError(104, "Connection reset")
            return block

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: BrokenOff(served.read_bytes()))

    with pytest.raises(DemoError, match="Connection reset"):
        downloads.published_state(context(), served.as_uri())

    assert files(kept) == []


def test_stop_ends_it_and_leaves_nothing(downloads: Any, served: Path, kept: Path) -> None:
    stopped = threading.Event()
    told: list[str] = []

    def stop(fraction: float | None, text: str) -> None:
        told.append(text)
        stopped.set()

    with pytest.raises(DemoError, match="was stopped"):
        downloads.published_state(context(stopped=stopped, progress=stop), served.as_uri())

    assert len(told) == 1
    assert files(kept) == []


def test_a_public_space_downloads_nothing(
    downloads: Any, served: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEM", "spaces")

    with pytest.raises(DemoError, match=r"public Space, which downloads no weights\. Choose"):
        downloads.published_state(context(), served.as_uri())

    assert files(kept) == []


class Malicious:
    """Runs code when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


def test_code_in_a_file_is_not_run_though_its_hash_be_right(downloads: Any, tmp_path: Path) -> None:
    target = tmp_path / "touched"
    path = save({"weight": Malicious(target)}, tmp_path)

    with pytest.raises(DemoError, match="no weights that can be read safely"):
        downloads.published_state(context(), path.as_uri())

    assert not target.exists()
