"""The loaded networks in the forms in which a processor computes the same numbers soonest."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, fold, linear, one_hot
from torch.nn.utils import fuse_conv_bn_eval

from demo_app.prepared import once_for_each_model

from .models import DIGITS, SIDE, ConditionalBatchNorm2d, Generator, Judge

CHUNK = 32
"""Pictures that are computed at once: what lies between two layers stays in the cache."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedGenerator:
    """A generator in eval mode, its channels last and its normalisations one product and one sum.

    Attributes:
        linear: ``(7 * 7 * channels, latent + DIGITS)``.
        norm1: scale and shift of each digit, two of ``(DIGITS, channels)``.
        up1: ``(channels, channels / 2, 4, 4)``, channels last.
        norm2: as ``norm1``, for ``channels / 2``.
        up2: ``(4 * 4, channels / 2)``, what a place of the last maps adds to the 4 x 4 pixels
            around it.
        bias: ``(1,)``.
    """

    linear: Tensor
    norm1: tuple[Tensor, Tensor]
    up1: Tensor
    norm2: tuple[Tensor, Tensor]
    up2: Tensor
    bias: Tensor

    def __call__(self, latents: Tensor, digits: Tensor) -> Tensor:
        """As ``Generator.forward``; the gradient reaches the latents."""
        shares = digits if digits.ndim == 2 else one_hot(digits, DIGITS).to(latents.dtype)
        parts = zip(latents.split(CHUNK), shares.split(CHUNK), strict=True)
        return torch.cat([self._chunk(z, y) for z, y in parts])

    def _chunk(self, latents: Tensor, shares: Tensor) -> Tensor:
        x = linear(torch.cat([latents, shares], 1), self.linear)
        x = x.view(len(x), 7, 7, -1).permute(0, 3, 1, 2)  # (n, channels, 7, 7)
        x = _normalised(x, shares, self.norm1)
        x = conv_transpose2d(x, self.up1, stride=2, padding=1)  # (n, channels / 2, 14, 14)
        x = _normalised(x, shares, self.norm2).flatten(2).transpose(1, 2)  # (n, 14 * 14, …)
        # With a single map to come, a product and a sum are soonest.
        x = linear(x, self.up2).transpose(1, 2)
        x = fold(x, SIDE, 4, stride=2, padding=1)  # (n, 1, 28, 28)
        return torch.tanh(x + self.bias)


@once_for_each_model
def prepared_generator(generator: Generator) -> PreparedGenerator:
    """The fast form of a loaded generator."""
    weight = generator.linear.weight.unflatten(0, (generator.channels, 7 * 7))
    bias = generator.up2.bias
    assert bias is not None
    return PreparedGenerator(
        linear=weight.transpose(0, 1).flatten(0, 1).contiguous(),
        norm1=_scale_and_shift(generator.norm1),
        up1=generator.up1.weight.contiguous(memory_format=torch.channels_last),
        norm2=_scale_and_shift(generator.norm2),
        up2=generator.up2.weight.flatten(1).T.contiguous(),
        bias=bias.clone(),
    )


@once_for_each_model
def prepared_judge(judge: Judge) -> Judge:
    """A copy of a loaded judge, its channels last, its normalisations within the convolutions."""
    layers: list[nn.Module] = []
    for layer in copy.deepcopy(judge.convolutions):
        if isinstance(layer, nn.BatchNorm2d):
            convolution = layers.pop()
            assert isinstance(convolution, nn.Conv2d)
            layers.append(fuse_conv_bn_eval(convolution, layer))
        else:
            layers.append(layer)
    prepared = copy.deepcopy(judge)
    prepared.convolutions = nn.Sequential(*layers)
    return prepared.to(memory_format=torch.channels_last)


def _scale_and_shift(norm: ConditionalBatchNorm2d) -> tuple[Tensor, Tensor]:
    """What the normalisation multiplies by and adds, for each class: ``(classes, channels)``."""
    mean, variance = norm.norm.running_mean, norm.norm.running_var
    assert mean is not None
    assert variance is not None
    scale = norm.scale.weight * (variance + norm.norm.eps).rsqrt()
    return scale, norm.shift.weight - mean * scale


def _normalised(x: Tensor, shares: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
    """Maps ``(n, channels, height, width)`` scaled and shifted by shares of digits, rectified."""
    scale, shift = ((shares @ each)[:, :, None, None] for each in norm)
    return torch.relu_(torch.addcmul(shift, x, scale))
