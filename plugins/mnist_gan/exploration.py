"""A plane through the latents, along directions that mean something."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from demo_app import Context
from demo_app.prepared import once_for_each_model

from .latents import draw
from .models import DIGITS, LATENT, Generator
from .networks import Networks
from .opinions import opinions
from .pictures import to_picture
from .prepared_networks import prepared_generator
from .results import Place

LOOKS = ("slant", "weight", "width")
"""What is measured on pictures, and fitted."""
SENSITIVE = ("first", "second", "third")
"""Directions to which the generator's first layer is most sensitive."""
FITTED_ON = 2_000


def look_at(
    ctx: Context,
    *,
    seed: int,
    number: int,
    digit: int,
    truncation: float | None,
    offsets: Mapping[str, float],
) -> Place:
    """The picture at a place of the plane; see the action ``explore``.

    Args:
        ctx: of the call.
        seed: of the sample at the plane's origin.
        number: which sample of the seed.
        digit: what it should show.
        truncation: of the sample's latent.
        offsets: how far to go along each of two directions, by name.
    """
    networks = Networks.of(ctx)
    known = directions(networks.generator)
    latents, _ = draw(seed, [number], truncation=truncation)
    basis = independent(torch.stack([known[name] for name in offsets]))
    latents = latents + torch.tensor(list(offsets.values())) @ basis
    images = networks.generate(latents, torch.tensor([digit]))
    return Place(
        image=to_picture(images[0]),
        opinion=opinions(ctx, images)[0],
        length=latents.norm().item(),
    )


@once_for_each_model
def directions(generator: Generator) -> dict[str, Tensor]:
    """Directions in the latents by name, each ``(LATENT,)`` of length 1, on the CPU.

    Those of ``LOOKS`` are the gradients of linear fits to what samples of every digit look like;
    those of ``SENSITIVE`` the first right singular vectors of the first layer's weights (Shen &
    Zhou 2021, "Closed-form factorization of latent semantics in GANs", arXiv:2007.06600).
    """
    device = generator.linear.weight.device
    latents, _ = draw(0, range(FITTED_ON))
    digits = torch.arange(FITTED_ON) % DIGITS
    draw_all = prepared_generator(generator) if device.type == "cpu" else generator
    images = draw_all(latents.to(device), digits.to(device))
    looks = measured_looks(images.cpu())
    for digit in range(DIGITS):
        # Sevens lean more than zeros: only what differs within a digit counts.
        of_digit = digits == digit
        looks[of_digit] -= looks[of_digit].mean(0)
    slopes = torch.linalg.lstsq(latents, looks).solution.T
    first_layer = generator.linear.weight[:, :LATENT].float().cpu()
    sensitive = torch.linalg.svd(first_layer, full_matrices=False).Vh[: len(SENSITIVE)]
    # A singular vector has no sign of its own: let the largest member be positive.
    sensitive = sensitive * sensitive.gather(1, sensitive.abs().argmax(1, keepdim=True)).sign()
    found = torch.cat([slopes / slopes.norm(dim=1, keepdim=True), sensitive])
    return dict(zip((*LOOKS, *SENSITIVE), found, strict=True))


def measured_looks(images: Tensor) -> Tensor:
    """Slant, weight and width of pictures.

    Args:
        images: ``(n, 1, 28, 28)`` in −1…1.

    Returns:
        ``(n, 3)``: the shear (1 is 45 degrees to the right), the mean thickness of strokes in
        pixels, and the standard deviation of the ink across, in pixels, after undoing the shear.
    """
    ink = (images[:, 0] + 1) / 2
    mass = ink.sum((1, 2)).clamp(min=1e-6)
    x, y = torch.meshgrid(*(torch.arange(ink.shape[-1]).float(),) * 2, indexing="xy")

    def mean(values: Tensor) -> Tensor:
        return (ink * values).sum((1, 2)) / mass

    across = x - mean(x)[:, None, None]
    down = y - mean(y)[:, None, None]
    shear = mean(across * down) / mean(down.square()).clamp(min=1e-6)
    straightened = across - shear[:, None, None] * down
    outline = ink.diff(dim=1).abs().sum((1, 2)) + ink.diff(dim=2).abs().sum((1, 2))
    # A stroke has two sides, and rows and columns see both of them where it runs aslant.
    thickness = 2.5 * mass / outline.clamp(min=1e-6)
    # y grows downwards: what leans to the right has less x where y is more.
    return torch.stack([-shear, thickness, mean(straightened.square()).sqrt()], 1)


def independent(pair: Tensor) -> Tensor:
    """Two directions, each turned so that a step along it changes nothing along the other.

    Args:
        pair: ``(2, LATENT)``, not parallel.

    Returns:
        ``(2, LATENT)``, each of length 1.
    """
    turned = torch.linalg.pinv(pair).T
    unit: Tensor = turned / turned.norm(dim=1, keepdim=True)
    return unit
