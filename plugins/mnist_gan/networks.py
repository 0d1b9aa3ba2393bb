"""The loaded networks of a call, by name and with their types."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from demo_app import Context

from .actions import MODEL
from .models import Discriminator, Generator, Judge
from .prepared_networks import prepared_generator, prepared_judge


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Generator, discriminator and judge, in eval mode and frozen, and where they are."""

    generator: Generator
    discriminator: Discriminator
    judge: Judge
    device: torch.device

    @classmethod
    def of(cls, ctx: Context) -> Networks:
        """Those of this call's model."""
        parts = dict(ctx.model(MODEL).named_children())
        generator, discriminator = parts["generator"], parts["discriminator"]
        judge = parts["judge"]
        assert isinstance(generator, Generator)
        assert isinstance(discriminator, Discriminator)
        assert isinstance(judge, Judge)
        if ctx.device.type == "cpu":
            judge = prepared_judge(judge)
        return cls(generator=generator, discriminator=discriminator, judge=judge, device=ctx.device)

    def generate(self, latents: Tensor, digits: Tensor) -> Tensor:
        """As ``Generator.forward``, on the device."""
        # An accelerator is done with the generator as it is before the rest of a call.
        on_cpu = self.device.type == "cpu"
        network = prepared_generator(self.generator) if on_cpu else self.generator
        images: Tensor = network(latents.to(self.device), digits.to(self.device))
        return images
