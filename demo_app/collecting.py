"""Memory given back: unreachable objects are collected, and the device's cache is emptied."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_spared = False


@contextmanager
def resting() -> Iterator[None]:
    """Do without the garbage collector while things are made that stay; sooner by a tenth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def spare() -> None:
    """Let the collector leave alone what there is now: an app that has started, which stays."""
    global _spared
    gc.freeze()
    _spared = True


def collect() -> None:
    """Collect what is unreachable, also of what was spared at the start of an app.

    Objects of a plugin that has been unloaded since would stay for ever. torch is not imported for
    it.
    """
    if _spared:
        gc.unfreeze()
    gc.collect()
    if _spared:
        gc.freeze()
    torch = sys.modules.get("torch")
    if torch is not None and torch.accelerator.is_available():
        torch.get_device_module(torch.accelerator.current_accelerator()).empty_cache()
