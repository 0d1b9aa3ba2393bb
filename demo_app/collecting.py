"""Memory given back: unreachable objects are collected, and the device's cache is emptied."""

from __future__ import annotations

import gc
import sys


def collect() -> None:
    """Collect what is unreachable, also what was spared at the start of an app.

    Objects that exist while an app starts are frozen, and the collector leaves them alone; those
    of a plugin that has been unloaded since would stay for ever. torch is not imported for it.
    """
    frozen = gc.get_freeze_count() > 0
    if frozen:
        gc.unfreeze()
    gc.collect()
    if frozen:
        gc.freeze()
    torch = sys.modules.get("torch")
    if torch is not None and torch.accelerator.is_available():
        torch.get_device_module(torch.accelerator.current_accelerator()).empty_cache()
