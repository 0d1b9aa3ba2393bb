"""Example calls: what to give the actions that need something."""

from __future__ import annotations

from typing import Any

LINE = "To be, or not to be: that is the question."


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    return {
        "generate": [
            {"prompt": "ROMEO:\n", "model": model, "max_new_characters": 20, "alternatives": 3}
            for model in ("lstm", "transformer")
        ],
        "score": [{"text": LINE, "model": model} for model in ("lstm", "transformer")],
        "inspect": [{"prompt": "ROMEO:\n", "model": model} for model in ("lstm", "transformer")],
        "originality": [{"text": LINE}],
    }
