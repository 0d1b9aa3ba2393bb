"""Example calls, which the checks run and the page shows."""

from __future__ import annotations

from typing import Any

PROMPTS = ("I wandered ", "Beware the ", "What the hand, ")


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    return {"write": [{"prompt": prompt, "length": 20} for prompt in PROMPTS]}
