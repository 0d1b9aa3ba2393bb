"""Hugging Face Spaces: whether this is one, and what changes where strangers visit.

A public Space shows no tracebacks and no folders of its server, takes plugins from its repository
alone (not from ``DEMO_APP_PLUGIN_DIRS``), and downloads nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from demo_app.errors import ConfigurationError
from demo_app.redaction import redact

if TYPE_CHECKING:
    from demo_app.engine import Engine
    from demo_app.host import Host

_FOLDERS = re.compile(r"(?<![\w.:/~])~?/(?:[^\s/'\"`:;,<>()|]+/)+")


def is_public() -> bool:
    """Whether strangers visit: on Hugging Face Spaces, which sets ``SYSTEM``."""
    return os.environ.get("SYSTEM") == "spaces"


def has_zero_gpu() -> bool:
    """Whether a GPU is lent for the time of one call: on ZeroGPU, which sets this variable."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def for_visitors(text: str) -> str:
    """A text of the host's as a visitor may read it: without secrets, and on a public Space with
    paths that have lost their folders.

    The owner reads the whole text in the Space's log.
    """
    text = redact(text)
    return _FOLDERS.sub("", text) if is_public() else text


def engine() -> Callable[[Host], Engine]:
    """What makes the engine here: that of ZeroGPU, or ``LocalEngine``. Call it before any import.

    Raises:
        ConfigurationError: this is ZeroGPU, and the package ``spaces`` is not installed.
    """
    from demo_app.engine import LocalEngine

    if not has_zero_gpu():
        return LocalEngine
    try:
        from demo_app.zerogpu import ZeroGPUEngine
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"SPACES_ZERO_GPU is set, but its package is not there ({error}): pip install spaces"
        ) from error
    return ZeroGPUEngine
