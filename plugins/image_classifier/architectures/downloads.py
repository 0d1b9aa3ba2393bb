"""Published weights, downloaded when the user of a local app asks for them, and checked.

They are kept where torchvision keeps its own (``TORCH_HOME``), under the same names, so what one
of the two has downloaded the other need not. A file is used if its SHA-256 begins as its name says,
whether it was just downloaded or lay there, and it is read with ``weights_only=True``: no code in
it is ever run.
"""

from __future__ import annotations

import hashlib
import http.client
import pickle
import re
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import torch
from torch import Tensor

from demo_app import Context, DemoError
from demo_app.hf_space import is_public
from demo_app.tensor_files import replaced

BLOCK_BYTES = 1 << 20
TIMEOUT = 30
"""Seconds without a single byte after which a server is given up."""
INSTEAD = (
    "Choose efficientnet_lite0, whose weights ship with the app, or a definition without weights."
)


def published_state(ctx: Context, url: str) -> dict[str, Tensor]:
    """The tensors of a published file by name, on the CPU; downloaded if they are not there yet.

    Args:
        ctx: ``ctx.progress`` is told how far the download is, and ``ctx.stopped`` ends it.
        url: of the file; its name ends in a dash, the first digits of its SHA-256, and ``.pth``.

    Raises:
        DemoError: this is a public Space, the network does not allow it, the file is not the one
            that its name says, or the visitor pressed stop.
    """
    if is_public():
        raise DemoError(f"This is a public Space, which downloads no weights. {INSTEAD}")
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    digits = expected_hash(path.name)
    if not path.is_file() or not sha256(path).startswith(digits):
        download(ctx, url, path, digits)
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise DemoError(f"{path.name} holds no weights that can be read safely.") from error
    return state


def download(ctx: Context, url: str, path: Path, digits: str) -> None:
    """Save a file under ``path``, whole and with the right hash, or not at all.

    Args:
        ctx: as in ``published_state``.
        url: of the file.
        path: where it goes; a file that is there is replaced.
        digits: hexadecimal, with which the SHA-256 of its content begins.

    Raises:
        DemoError: as ``published_state``.
    """
    digest, received = hashlib.sha256(), 0
    request = urllib.request.Request(url, headers={"User-Agent": "demo_app"})
    try:
        with (
            replaced(path) as temporary,
            temporary.open("wb") as file,
            urllib.request.urlopen(request, timeout=TIMEOUT) as response,
        ):
            length = int(response.headers.get("Content-Length") or 0)
            while block := response.read(BLOCK_BYTES):
                if ctx.stopped:
                    raise DemoError(f"The download of {path.name} was stopped.")
                file.write(block)
                digest.update(block)
                received += len(block)
                ctx.progress(*_progress(path.name, received, length))
            if not digest.hexdigest().startswith(digits):
                raise DemoError(
                    f"What was received as {path.name} is not that file: its SHA-256 does not "
                    f"begin with {digits}. It was thrown away. {INSTEAD}"
                )
    except (OSError, http.client.HTTPException) as error:
        raise DemoError(
            f"{path.name} could not be downloaded from {urlparse(url).netloc} ({_reason(error)}). "
            f"{INSTEAD}"
        ) from error


def expected_hash(name: str) -> str:
    """The digits with which a published file's SHA-256 begins: its name says them.

    Raises:
        DemoError: it does not, and so it cannot be checked.
    """
    match = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    if match is None:
        raise DemoError(f"{name} does not say its hash, so it is not downloaded. {INSTEAD}")
    return match.group(1)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _progress(name: str, received: int, length: int) -> tuple[float | None, str]:
    so_far = f"Downloading {name}: {received / 1e6:.0f}"
    if not length:
        return None, f"{so_far} MB"
    return min(received / length, 1.0), f"{so_far} of {length / 1e6:.0f} MB"


def _reason(error: Exception) -> object:
    """What went wrong, without the paths that an ``OSError`` names."""
    while isinstance(reason := getattr(error, "reason", None), Exception):
        error = reason
    return reason or getattr(error, "strerror", None) or type(error).__name__
