"""The heads that a visitor trained or loaded: they stay in the visitor's own session."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from demo_app import Context, InvalidInput

from .shipped_heads import IMAGENET, SHIPPED_HEADS

if TYPE_CHECKING:
    from .trained_heads import TrainedHead

MAX_BYTES = 20_000_000
"""Of all heads in a session."""

_KEY = "heads"


def heads_of(ctx: Context) -> dict[str, TrainedHead]:
    """This visitor's own heads by name; a copy."""
    return dict(ctx.session.get(_KEY, {}))


def keep(ctx: Context, name: str, trained: TrainedHead) -> None:
    """Keep a head under a name; one of the same name is replaced, and the oldest make room.

    Raises:
        InvalidInput: the name cannot be taken, or the head alone is too large.
    """
    require_name(name)
    if _size(trained) > MAX_BYTES:
        raise InvalidInput(
            f"The head is larger than {MAX_BYTES // 1_000_000} MB, which is more than a session "
            "keeps."
        )
    # A new dictionary: a session that travels between processes notices it.
    heads = {other: head for other, head in heads_of(ctx).items() if other != name}
    heads[name] = trained
    while sum(map(_size, heads.values())) > MAX_BYTES:
        del heads[next(iter(heads))]
    ctx.session[_KEY] = heads


def require_name(name: str) -> None:
    """Refuse a name under which no head can be kept; before hours of work, not after.

    Raises:
        InvalidInput: it is that of a head that ships, or cannot be shown.
    """
    if name in (IMAGENET, *SHIPPED_HEADS):
        raise InvalidInput(f"name: {name} is a head that ships; choose another name.")
    if not name.strip() or not name.isprintable() or name != unicodedata.normalize("NFC", name):
        raise InvalidInput("name: should be a plain line of text.")


def _size(trained: TrainedHead) -> int:
    """Bytes of the weights and of what is written beside them."""
    text = json.dumps([trained.classes, dict(trained.training)])
    return len(text) + sum(tensor.nbytes for tensor in trained.tensors.values())
