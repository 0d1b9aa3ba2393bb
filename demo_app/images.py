"""Pictures from outside: opened safely, turned upright, handed on as plain RGB.

Every surface opens pictures here, so that an action meets the same pixels from all of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from PIL import EpsImagePlugin, ExifTags, Image, ImageOps, UnidentifiedImageError

from demo_app.errors import InvalidInput

MAX_PIXELS = 50_000_000
"""The largest picture that is decoded: 50 megapixels, 150 MB as RGB."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What is opened; Pillow knows many more."""

_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")

# Set for the whole process, because a plugin's own components open pictures too. Pillow refuses
# twice this size before it decodes anything, and only warns in between: `as_rgb` refuses there.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Likewise: Pillow would hand an uploaded EPS file to Ghostscript, which is a program to be run.
EpsImagePlugin.gs_binary = False


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn what Pillow raises on bad files into a sentence for the visitor.

    Raises:
        InvalidInput: the file is no picture, is damaged, or is too large.
    """
    try:
        yield
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        raise InvalidInput(message) from error


def explain(error: BaseException | None) -> str | None:
    """The visitor's words for an error of Pillow's; None if it is none of Pillow's."""
    if isinstance(error, InvalidInput):
        return str(error)
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"The picture is too large: the limit is {MAX_PIXELS // 1_000_000} megapixels."
    if isinstance(error, UnidentifiedImageError):
        return "The file is not a picture that can be read. JPEG, PNG, WebP, GIF and BMP work."
    if isinstance(error, OSError | SyntaxError | EOFError | ValueError):
        return "The picture is damaged or incomplete. Try saving or downloading it again."
    return None


def open_image(source: bytes | Path) -> Image.Image:
    """Read a picture: upright, its first frame, RGB, transparency laid on white.

    Args:
        source: the file's content, or a path that the host itself chose.

    Raises:
        InvalidInput: no picture, damaged, or more than ``MAX_PIXELS``.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with readable_errors(), Image.open(file, formats=FORMATS) as image:
        return as_rgb(image)


def as_rgb(image: Image.Image) -> Image.Image:
    """The picture as actions receive it: (height, width, 3) in 8 bits, upright, a new object.

    16-bit greys are scaled, not clipped; transparent pixels show white. What else the file held
    (where it was taken, the colour profile of other pixels) stays behind.

    Raises:
        InvalidInput: the pixels cannot be decoded, or are too many.
    """
    with readable_errors():
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        if image.tell():
            image.seek(0)
        image.load()
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        # Pillow copies what is upright already, and so does the conversion below.
        upright = ImageOps.exif_transpose(image) if turned else image
        if upright.mode.startswith(("I", "F")):
            upright = _scale_to_8_bits(upright)
        if upright.has_transparency_data:
            rgba = upright.convert("RGBA")
            upright = Image.new("RGBA", rgba.size, "white")
            upright.alpha_composite(rgba)
        rgb = upright.convert("RGB")
        rgb.info = {}
        return rgb


def _scale_to_8_bits(image: Image.Image) -> Image.Image:
    """16-bit and 32-bit greys to 8 bits; Pillow's own conversion would clip them at 255."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    low, high = cast(tuple[float, float], image.getextrema())
    scale = 255.0 / ((high - low) or 1.0)
    return image.point(lambda value: value * scale - low * scale).convert("L")


def encode_png(image: Image.Image) -> bytes:
    """The picture as a PNG file; colours that PNG lacks (CMYK, HSV …) become RGB."""
    buffer = io.BytesIO()
    if image.mode not in _PNG_MODES:
        image = as_rgb(image)
    image.save(buffer, "PNG")
    return buffer.getvalue()
