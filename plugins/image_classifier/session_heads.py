"""The heads that a visitor trained or loaded: they stay in the visitor's own session."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from demo_app import Context, InvalidInput

from .shipped_heads import IMAGENET, SHIPPED_HEADS

if TYPE_CHECKING:
    from .trained_heads import TrainedHead

MAX_HEADS = 20
_KEY = "heads"


def heads_of(ctx: Context) -> dict[str, TrainedHead]:
    """This visitor's own heads by name; a copy."""
    return dict(ctx.session.get(_KEY, {}))


def keep(ctx: Context, name: str, trained: TrainedHead) -> None:
    """Keep a head under a name; one of the same name is replaced.

    Raises:
        InvalidInput: the visitor has too many.
    """
    require_room(ctx, name)
    # A new dictionary: a session that travels between processes notices it.
    ctx.session[_KEY] = {**heads_of(ctx), name: trained}


def require_room(ctx: Context, name: str) -> None:
    """Refuse a name under which no head can be kept; before hours of work, not after.

    Raises:
        InvalidInput: it is that of a head that ships, cannot be shown, or is one too many.
    """
    if name in (IMAGENET, *SHIPPED_HEADS):
        raise InvalidInput(f"name: {name} is a head that ships; choose another name.")
    if not name.strip() or not name.isprintable() or name != unicodedata.normalize("NFC", name):
        raise InvalidInput("name: should be a plain line of text.")
    if name not in heads_of(ctx) and len(heads_of(ctx)) >= MAX_HEADS:
        raise InvalidInput(
            f"name: there are {MAX_HEADS} heads in this session already; take one of their names."
        )
