"""Other views of the same photo: random ones to learn from, AlexNet's ten to be tested on.

Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
section 4.1: crops and mirror images in training, and in testing the average of what the network
says of ten crops. The changes of colour are those of Howard, "Some Improvements on Deep
Convolutional Neural Network Based Image Classification", 2013, arXiv:1312.5402, the random crops
those of Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, section 6.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from .preprocessing import Preprocessing

VIEWS = 4
"""Random views of each photo whose features are computed once."""
LEAST_SHARE = 0.35
"""Of the photo's area in a crop. The 8 % of ImageNet's recipes often leave the object out, which a
handful of photos cannot make up for."""
RATIOS = (3 / 4, 4 / 3)
"""Width to height of a crop."""
COLOUR = 0.2
"""How far brightness, contrast and saturation may be from 1."""
HUE = 0.02
"""How far the hue may turn; 1 would be once around."""


def augmented(
    picture: Image.Image, preprocessing: Preprocessing, generator: torch.Generator
) -> Image.Image:
    """A random view: a part of the photo, perhaps mirrored, in slightly other colours.

    Args:
        picture: mode RGB, any size.
        preprocessing: says the side of what the network sees, and how pictures are resized.
        generator: all that is random is drawn from it; the global random state is not touched.

    Returns:
        ``crop`` by ``crop`` pixels.
    """
    share, ratio, across, down, mirror, *colours = torch.rand(9, generator=generator).tolist()
    width, height = _part(*picture.size, share, ratio)
    left = round(across * (picture.width - width))
    top = round(down * (picture.height - height))
    view: Image.Image = functional.resized_crop(
        picture,
        top,
        left,
        height,
        width,
        [preprocessing.crop, preprocessing.crop],
        InterpolationMode(preprocessing.interpolation),
    )
    if mirror < 0.5:
        view = ImageOps.mirror(view)
    brightness, contrast, saturation, hue = (2 * value - 1 for value in colours)
    view = functional.adjust_brightness(view, 1 + COLOUR * brightness)
    view = functional.adjust_contrast(view, 1 + COLOUR * contrast)
    view = functional.adjust_saturation(view, 1 + COLOUR * saturation)
    return functional.adjust_hue(view, HUE * hue)  # type: ignore[no-any-return]


def augmented_views(
    picture: Image.Image, preprocessing: Preprocessing, sha256: str
) -> list[Image.Image]:
    """The random views of a photo that are computed once.

    They follow from its content alone, whatever the order of the photos and the seed of the
    training, so that training again with another seed costs nothing.

    Args:
        picture: mode RGB, any size.
        preprocessing: as for ``augmented``.
        sha256: hash of the photo's content.
    """
    return [augmented(picture, preprocessing, _draws(sha256, view)) for view in range(VIEWS)]


def ten_crops(
    picture: Image.Image, preprocessing: Preprocessing, sha256: str = ""
) -> list[Image.Image]:
    """The four corners and the middle of the photo's central square, and their mirror images.

    Where ``resize`` equals ``crop`` the five are the same. The hash does not matter: nothing is
    random here.
    """
    square = replace(preprocessing, crop=preprocessing.resize).crop_picture(picture)
    last, side = preprocessing.resize - preprocessing.crop, preprocessing.crop
    places = [(0, 0), (last, 0), (0, last), (last, last), (last // 2, last // 2)]
    crops = [square.crop((left, top, left + side, top + side)) for left, top in places]
    return [*crops, *map(ImageOps.mirror, crops)]


def _part(width: int, height: int, share: float, ratio: float) -> tuple[int, int]:
    """The size of a crop, within the photo, by two draws from 0…1."""
    area = width * height * (LEAST_SHARE + share * (1 - LEAST_SHARE))
    wanted = RATIOS[0] * (RATIOS[1] / RATIOS[0]) ** ratio
    tall = min(height, max(1, round((area / wanted) ** 0.5)))
    return min(width, max(1, round(tall * wanted))), tall


def _draws(sha256: str, view: int) -> torch.Generator:
    digest = hashlib.sha256(f"{sha256} {view}".encode()).digest()
    # The generator takes no more than 32 bits of its seed.
    return torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))
