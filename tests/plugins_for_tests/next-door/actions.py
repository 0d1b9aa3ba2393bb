"""Also named actions.py, as in the demo beside it."""

from typing import Annotated

from pydantic import Field

from demo_app import Context, action


@action
def sum_up(
    ctx: Context, *, values: Annotated[list[float], Field(min_length=2, max_length=2)]
) -> float:
    """Add two numbers with the demo's only model."""
    import torch

    return ctx.model()(torch.tensor(values, device=ctx.device)).item()


@action
def relay(ctx: Context, *, name: str) -> str:
    """Ask the demo beside this one."""
    return ctx.demos["shapes"].call("greet", name=name)
