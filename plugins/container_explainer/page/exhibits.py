"""The gallery as cards, for its script."""

from __future__ import annotations

from collections.abc import Iterable

from demo_app.components import payload

from ..results import ExhibitInfo


def shown(exhibits: Iterable[ExhibitInfo]) -> str:
    """Every network with its sentence and its source."""
    return payload(
        {
            "cards": [
                {
                    "model": exhibit.model,
                    "title": exhibit.title,
                    "shows": exhibit.shows,
                    "source": exhibit.source,
                    "typed": bool(exhibit.code),
                }
                for exhibit in exhibits
            ]
        }
    )
