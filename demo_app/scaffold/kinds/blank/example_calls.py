"""Example calls, which the checks run."""

from __future__ import annotations

from typing import Any


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    return {"predict": [{"x": -2.0}, {"x": 4.5}]}
