"""What can be asked of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from demo_app import Context, action


@action(seed=True)
def write(
    ctx: Context,
    *,
    prompt: Annotated[str, Field(max_length=500, description="How it begins.")] = "I wandered ",
    length: Annotated[int, Field(ge=1, le=2000, description="How many letters to write.")] = 300,
    temperature: Annotated[
        float, Field(ge=0.1, le=3, description="Below 1 safer, above 1 bolder.")
    ] = 0.7,
) -> Iterator[str]:
    """Write a text on; each value is the whole text so far."""
    import torch

    from .models import LETTERS, encode

    net = ctx.model()
    known = encode(prompt) or encode("\n")
    logits, state = net(torch.tensor([known], device=ctx.device))
    text = prompt
    for _ in range(length):
        chances = (logits[0, -1] / temperature).softmax(0).cpu()
        drawn = torch.multinomial(chances, 1, generator=ctx.rng)
        text += LETTERS[int(drawn)]
        yield text
        if ctx.stopped:
            return
        logits, state = net(drawn[None].to(ctx.device), state)
