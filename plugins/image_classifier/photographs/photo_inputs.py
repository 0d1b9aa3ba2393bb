"""Photos as inputs of a network, batch by batch, for a training that sees them many times."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from .augmentation import augmented, ten_crops
from .photos import Photo, crop_for, picture_of
from .preprocessing import Preprocessing

MAX_BYTES = 256_000_000
"""Of decoded pictures that one training keeps; what is beyond is decoded each time."""
SPARE = 1.5
"""Of the side that the network wants: what a picture is reduced to before random parts are cut."""


class PhotoInputs:
    """The photos of one training; decoded pictures stay as long as it lasts.

    Args:
        photos: that can be read.
        preprocessing: how they become the network's inputs.
    """

    def __init__(self, photos: Sequence[Photo], preprocessing: Preprocessing) -> None:
        self.photos = photos
        self.preprocessing = preprocessing
        self._kept: dict[tuple[str, int], Image.Image] = {}
        self._left = MAX_BYTES

    def labels(self, places: Sequence[int]) -> Tensor:
        """Indices of the classes of some photos, ``(n,)`` of int64."""
        return torch.tensor([self.photos[place].label for place in places], dtype=torch.int64)

    def middle(self, places: Sequence[int]) -> Tensor:
        """The middle of some photos, as everywhere else: ``(n, 3, H, W)``."""
        return self._tensor([self._crop(place) for place in places])

    def random(self, places: Sequence[int], generator: torch.Generator) -> Tensor:
        """A random view of each, drawn from the generator: ``(n, 3, H, W)``."""
        pictures = [self._picture(place) for place in places]
        return self._tensor([augmented(p, self.preprocessing, generator) for p in pictures])

    def ten(self, place: int) -> Tensor:
        """AlexNet's ten crops of one photo: ``(10, 3, H, W)``."""
        picture = picture_of(self.photos[place].read(), self.preprocessing.resize)
        return self._tensor(ten_crops(picture, self.preprocessing))

    def _tensor(self, pictures: list[Image.Image]) -> Tensor:
        return torch.cat([self.preprocessing.to_tensor(picture) for picture in pictures])

    def _crop(self, place: int) -> Image.Image:
        kept = self._kept.get(("crop", place))
        return kept or self._keep(
            ("crop", place), crop_for(self.photos[place].read(), self.preprocessing)
        )

    def _picture(self, place: int) -> Image.Image:
        kept = self._kept.get(("picture", place))
        if kept is not None:
            return kept
        side = round(SPARE * self.preprocessing.resize)
        picture = picture_of(self.photos[place].read(), side)
        scale = side / min(picture.size)
        if scale < 1:
            size = (round(picture.width * scale), round(picture.height * scale))
            picture = picture.resize(size, Image.Resampling.BICUBIC)
        return self._keep(("picture", place), picture)

    def _keep(self, key: tuple[str, int], picture: Image.Image) -> Image.Image:
        self._left -= 3 * picture.width * picture.height
        if self._left >= 0:
            self._kept[key] = picture
        return picture
