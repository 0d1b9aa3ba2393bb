"""Example calls, which the checks run and the page shows."""

from __future__ import annotations

import random
from typing import Any

from PIL import Image

from .models import CLASSES


def example_pictures() -> list[Image.Image]:
    """One of each shape, the same every time."""
    from .drawing import drawn

    return [drawn(name, random.Random(seed)) for seed, name in enumerate(CLASSES)]


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    return {"classify": [{"image": picture} for picture in example_pictures()]}
