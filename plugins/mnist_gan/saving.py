"""Samples as files to take home."""

from __future__ import annotations

import io
import json
import zipfile

from PIL import Image

from demo_app import File

from .models import SIDE
from .results import Samples

SCALE = 4
COLUMNS = 10


def sheet_file(samples: Samples, *, seed: int, truncation: float | None) -> File:
    """All of them in one PNG, ten in a row, each pixel four by four."""
    columns = min(COLUMNS, len(samples.samples))
    rows = -(-len(samples.samples) // columns)
    sheet = Image.new("L", (columns * SIDE, rows * SIDE))
    for place, sample in enumerate(samples.samples):
        sheet.paste(sample.image, (place % columns * SIDE, place // columns * SIDE))
    large = sheet.resize((sheet.width * SCALE, sheet.height * SCALE), Image.Resampling.NEAREST)
    return File(name=f"digits-seed-{seed}.png", data=_png(large))


def zip_file(samples: Samples, *, seed: int, truncation: float | None) -> File:
    """One PNG of 28 x 28 for each, named by digit and number, and how they were made."""
    recipe = {
        "made by": "demo-app call mnist_gan sample",
        "seed": seed,
        "truncation": truncation,
        "digits": [sample.digit for sample in samples.samples],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for sample in samples.samples:
            # An entry without a date, so that the same digits make the same file.
            name = zipfile.ZipInfo(f"{sample.number:03d}-digit-{sample.digit}.png")
            archive.writestr(name, _png(sample.image))
        archive.writestr(zipfile.ZipInfo("recipe.json"), json.dumps(recipe, indent=2))
    return File(name=f"digits-seed-{seed}.zip", data=buffer.getvalue())


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
