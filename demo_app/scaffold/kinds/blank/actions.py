"""What can be asked of the demo."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from demo_app import Context, action


@action
def predict(
    ctx: Context,
    *,
    x: Annotated[float, Field(ge=-10, le=10, description="Where on the line.")] = 1.0,
) -> float:
    """Predict y from x."""
    import torch

    return float(ctx.model()(torch.tensor([[x]], device=ctx.device)).item())
