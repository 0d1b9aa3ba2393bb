"""Example calls, which the checks run and the page shows."""

from __future__ import annotations

from typing import Any

from .train import COLUMNS

FLOWERS = ((5.0, 3.4, 1.5, 0.2), (5.9, 2.8, 4.3, 1.3), (6.6, 3.0, 5.6, 2.0))
"""A typical flower of each kind: setosa, versicolor, virginica."""


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    return {"predict": [dict(zip(COLUMNS, flower, strict=True)) for flower in FLOWERS]}
