"""Which accelerator the models run on."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from demo_app.errors import ConfigurationError

if TYPE_CHECKING:
    import torch

VARIABLE = "DEMO_APP_DEVICE"


def requested() -> str | None:
    """The device that ``DEMO_APP_DEVICE`` names, checked in form only (no torch import).

    Raises:
        ConfigurationError: it is no device name.
    """
    name = os.environ.get(VARIABLE, "").strip().lower()
    if name and not re.fullmatch(r"cpu|(cuda|mps|xpu)(:\d{1,3})?", name):
        raise ConfigurationError(
            f"{VARIABLE}={name[:40]!r} is no device. Use cpu, cuda, cuda:1, mps or xpu, "
            "or unset it to take the accelerator that is there."
        )
    return name or None


def choose() -> torch.device:
    """The requested device, or the accelerator that is there, or the CPU.

    Raises:
        ConfigurationError: ``DEMO_APP_DEVICE`` names a device that this machine lacks.
    """
    import torch

    name = requested()
    there = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name is None:
        return there or torch.device("cpu")
    device = torch.device(name)
    count = torch.accelerator.device_count() if there and there.type == device.type else 0
    if device.type != "cpu" and (device.index or 0) >= count:
        has = f"{there.type} ({torch.accelerator.device_count()})" if there else "no accelerator"
        raise ConfigurationError(
            f"{VARIABLE}={name} is not available: this machine has {has}. "
            f"Use cpu, or unset {VARIABLE}."
        )
    return device


def describe(device: torch.device) -> str:
    """A device as people call it: the name of the card, or the CPU."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return {"cpu": "the CPU", "mps": "the GPU of this Mac"}.get(device.type, str(device))
