"""From a photo to the tensor a network was trained on, as the checkpoint's metadata says.

A network is only as good as the agreement between what it saw in training and what it sees now,
so nothing here has a default: resize, crop and scaling come from the checkpoint.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

INTERPOLATIONS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """Resize the short side, crop the centre, scale each channel: ``(value - mean) / std``.

    Attributes:
        resize: length of the short side before cropping, in pixels.
        crop: side of the square that the network sees, in pixels; at most ``resize``.
        interpolation: a key of ``INTERPOLATIONS``; Pillow's filters, which widen when they
            shrink a picture (anti-aliasing).
        mean: one number a channel (red, green, blue), on the scale 0…255.
        std: one number a channel, on the scale 0…255.
    """

    resize: int
    crop: int
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.crop <= self.resize:
            raise ValueError(f"crop must be in 1…{self.resize} (resize), not {self.crop}")
        if self.interpolation not in INTERPOLATIONS:
            known = ", ".join(INTERPOLATIONS)
            raise ValueError(f"interpolation must be one of {known}, not {self.interpolation!r}")

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Self:
        """Read what ``to_metadata`` wrote into a checkpoint.

        Raises:
            KeyError: ``mean`` or ``std`` is missing.
            TypeError: another field is missing, or there is one that this version does not know.
            ValueError: a value is out of range.
        """
        lists_as_tuples = {name: tuple(metadata[name]) for name in ("mean", "std")}
        return cls(**{**metadata, **lists_as_tuples})

    def to_metadata(self) -> dict[str, Any]:
        """The fields as plain data, for a checkpoint's metadata."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def crop_picture(self, image: Image.Image) -> Image.Image:
        """The part of a photo that the network will see, at the size at which it sees it.

        The same pixels as resizing the whole photo and then cropping, without ever holding the
        resized photo: a picture of 1x5000 pixels would grow to 256x1,280,000 on the way.

        Args:
            image: any size from 1x1 up, mode RGB.

        Returns:
            ``crop`` by ``crop`` pixels, mode RGB.

        Raises:
            ValueError: the picture is not RGB.
        """
        if image.mode != "RGB":
            raise ValueError(f"the picture must be RGB, not {image.mode}")
        width, height = image.size
        short = min(width, height)
        # Rounded as torchvision's Resize and CenterCrop round, to see the same pixels.
        resized_width = self.resize * width // short
        resized_height = self.resize * height // short
        left = round((resized_width - self.crop) / 2)
        top = round((resized_height - self.crop) / 2)
        across, down = width / resized_width, height / resized_height
        box = (
            left * across,
            top * down,
            (left + self.crop) * across,
            (top + self.crop) * down,
        )
        return image.resize((self.crop, self.crop), INTERPOLATIONS[self.interpolation], box=box)

    def to_tensor(self, picture: Image.Image) -> Tensor:
        """A batch of one, ``(1, 3, H, W)`` float32, from an RGB picture of WxH pixels."""
        pixels = torch.from_numpy(np.array(picture, dtype=np.float32))  # (H, W, 3), 0…255
        scaled = (pixels - torch.tensor(self.mean)) / torch.tensor(self.std)
        return scaled.permute(2, 0, 1).unsqueeze(0).contiguous()
