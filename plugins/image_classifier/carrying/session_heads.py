"""The heads that a visitor trained or loaded: they stay in the visitor's own session."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from demo_app import Context, InvalidInput
from demo_app.errors import Unknown

from ..shipped_heads import IMAGENET, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS

if TYPE_CHECKING:
    from ..transfer.trained_heads import TrainedHead

MAX_BYTES = 120_000_000
"""Of all heads in a session, and of the networks that were fine-tuned with them: eight of the size
of EfficientNet-Lite0, or one ResNet-50."""

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


def forget(ctx: Context, name: str) -> None:
    """Drop one of this visitor's own heads.

    Raises:
        Unknown: there is none of that name; the text has those that there are.
    """
    heads = heads_of(ctx)
    if name not in heads:
        raise Unknown("head", name, heads)
    del heads[name]
    ctx.session[_KEY] = heads


def require_name(name: str) -> None:
    """Refuse a name under which no head can be kept; before hours of work, not after.

    Raises:
        InvalidInput: it is that of a head that ships, or cannot be shown.
    """
    if name in (IMAGENET, *SHIPPED_HEADS, *SHIPPED_NETWORKS):
        raise InvalidInput(f"name: {name} is a head that ships; choose another name.")
    if not name.strip() or not name.isprintable() or name != unicodedata.normalize("NFC", name):
        raise InvalidInput("name: should be a plain line of text.")


def _size(trained: TrainedHead) -> int:
    """Bytes of the weights, of the scores held out, and of what is written beside them."""
    text = json.dumps([trained.classes, dict(trained.training), dict(trained.thresholds)])
    scores = trained.held_out
    held_out = scores.probabilities.nbytes + scores.labels.nbytes if scores else 0
    network = trained.own.nbytes if trained.own else 0
    weights = sum(tensor.nbytes for tensor in trained.tensors.values())
    return len(text) + held_out + network + weights
