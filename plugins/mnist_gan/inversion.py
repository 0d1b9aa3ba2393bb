"""The search for the latent whose picture is nearest to a drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from demo_app import Context

from .latents import draw
from .models import DIGITS, LATENT
from .networks import Networks
from .opinions import opinions
from .pictures import residual, to_picture
from .results import Inversion

DRAWN = 64
"""Latents that are drawn for every digit to begin with."""
KEPT = 4
"""Of those, how many for every digit are followed at first."""
FIRST_PART = 0.1
"""The share of the steps after which only the ``FOLLOWED`` nearest go on."""
FOLLOWED = 4
RATE = 0.3
BETAS = 0.9, 0.95
"""Adam's usual second one, 0.999, remembers the first steps, which are steep, for too long."""
UNUSUAL = 0.005
"""Weight of a latent's length beyond what draws have, beside the mean square error."""
REPORT_EVERY = 4


@dataclass
class Best:
    """The nearest that was found so far."""

    latent: Tensor
    digit: int
    error: float


def search(ctx: Context, drawing: Tensor, *, digit: int | None, steps: int) -> Iterator[Inversion]:
    """Yield the nearest so far, every few steps; see the action ``invert``.

    Many starts at once, because the way down from one may end beside the goal: the nearest draws
    of every digit are followed with Adam, then the nearest few of those. A latent that is longer
    than draws are costs extra, so that what is found is a digit the generator would draw
    (Bora et al. 2017, arXiv:1703.03208).

    Args:
        ctx: of the call, with gradients on.
        drawing: ``(1, 1, 28, 28)`` in −1…1.
        digit: what the generator is asked for; any if None.
        steps: of the search.
    """
    networks = Networks.of(ctx)
    goal = drawing.to(networks.device)
    wanted = torch.arange(DIGITS) if digit is None else torch.tensor([digit])
    latents, digits = _starts(networks, goal, wanted)
    optimizer = _adam(latents, RATE)
    switch = round(steps * FIRST_PART)
    best: Best | None = None
    errors: list[float] = []
    for step in range(steps + 1):
        if step == switch and len(latents) > FOLLOWED:
            nearest = _errors(networks, latents, digits, goal).topk(FOLLOWED, largest=False)
            latents = latents.detach()[nearest.indices].requires_grad_()
            digits = digits[nearest.indices]
            optimizer = _adam(latents, RATE)
        optimizer.param_groups[0]["lr"] = RATE * max(0.1, 1 - step / (steps + 1))
        square = _errors(networks, latents, digits, goal)
        best = _better(best, latents, digits, square)
        ends = step == steps or ctx.stopped
        if ends or step % REPORT_EVERY == 0:
            errors.append(best.error)
            yield _report(ctx, networks, goal, best, step, steps, errors, ends)
        if ends:
            return
        length = latents.square().mean(1)
        loss = square.sum() + UNUSUAL * (length - 1).clamp(min=0).square().sum()
        (gradient,) = torch.autograd.grad(loss, latents)
        latents.grad = gradient
        optimizer.step()


def _starts(networks: Networks, goal: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The draws that are nearest to the goal, of every wanted digit."""
    drawn, _ = draw(0, range(DRAWN))
    latents = drawn.repeat(len(wanted), 1).to(networks.device)
    digits = wanted.repeat_interleave(DRAWN).to(networks.device)
    with torch.no_grad():
        square = _errors(networks, latents, digits, goal).view(len(wanted), DRAWN)
    places = square.topk(KEPT, dim=1, largest=False).indices
    rows = torch.arange(len(wanted), device=places.device)[:, None] * DRAWN
    chosen = (rows + places).flatten()
    return latents[chosen].requires_grad_(), digits[chosen]


def _errors(networks: Networks, latents: Tensor, digits: Tensor, goal: Tensor) -> Tensor:
    """Mean square differences ``(n,)`` over pixels of 0…1."""
    images = networks.generate(latents, digits)
    return ((images - goal) / 2).square().mean((1, 2, 3))


def _better(best: Best | None, latents: Tensor, digits: Tensor, square: Tensor) -> Best:
    error, place = square.detach().min(0)
    root = error.sqrt().item()
    if best is not None and best.error <= root:
        return best
    index = int(place)
    return Best(latents.detach()[index].clone(), int(digits[index]), root)


@torch.no_grad()
def _report(
    ctx: Context,
    networks: Networks,
    goal: Tensor,
    best: Best,
    step: int,
    steps: int,
    errors: list[float],
    done: bool,
) -> Inversion:
    images = networks.generate(best.latent[None], torch.tensor([best.digit]))
    spread = ((goal - goal.mean()) / 2).square().mean().item()
    return Inversion(
        step=step,
        steps=steps,
        drawing=to_picture(goal[0]),
        image=to_picture(images[0]),
        residual=residual(goal[0], images[0]),
        error=best.error,
        explained=1 - best.error**2 / spread,
        digit=best.digit,
        length=best.latent.norm().item(),
        latent=tuple(best.latent.tolist()),
        errors=tuple(errors),
        opinion=opinions(ctx, images)[0],
        done=done,
    )


def _adam(latents: Tensor, rate: float) -> torch.optim.Adam:
    assert latents.shape[1] == LATENT
    return torch.optim.Adam([latents], rate, BETAS)
