"""Small photos of two colours with noise, which a head can tell apart, and folders of them."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from demo_app import File

COLOURS = {"reds": (200, 40, 40), "blues": (40, 60, 200), "greens": (40, 170, 60)}


def picture(colour: str, number: int, side: int = 40) -> Image.Image:
    """A square of one colour, another shade and noise for each number."""
    draws = np.random.default_rng([number, *COLOURS[colour]])
    pixels = (
        np.array(COLOURS[colour]) + draws.normal(0, 30, 3) + draws.normal(0, 12, (side, side, 3))
    )
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def photo_files(colour: str, count: int = 5, first: int = 0) -> list[File]:
    """Photos of one colour as they are uploaded."""
    numbers = range(first, first + count)
    return [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in numbers]


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def write_folders(folder: Path, split: str, names: dict[str, str], count: int) -> None:
    """``folder/split/class/number.png`` for each class, by the colour of its photos."""
    for place, (name, colour) in enumerate(names.items()):
        inside = folder / split / name
        inside.mkdir(parents=True)
        for number in range(count):
            first = 100 if split == "val" else 0
            image = picture(colour, first + number + 10 * place)
            (inside / f"{number}.png").write_bytes(encoded(image))
