"""Samples as files to take home."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image

from demo_app import File
from demo_app.images import encode_png

from .models import SIDE
from .results import Samples

SCALE = 4
COLUMNS = 10


def sheet_file(samples: Samples, recipe: Mapping[str, Any]) -> File:
    """All of them in one PNG, ten in a row, each pixel four by four.

    Args:
        samples: in the order of their numbers.
        recipe: the arguments of the action ``save``, of which the seed names the file.
    """
    columns = min(COLUMNS, len(samples.samples))
    rows = -(-len(samples.samples) // columns)
    sheet = Image.new("L", (columns * SIDE, rows * SIDE))
    for place, sample in enumerate(samples.samples):
        sheet.paste(sample.image, (place % columns * SIDE, place // columns * SIDE))
    large = sheet.resize((sheet.width * SCALE, sheet.height * SCALE), Image.Resampling.NEAREST)
    return File(name=f"digits-seed-{recipe['seed']}.png", data=encode_png(large))


def zip_file(samples: Samples, recipe: Mapping[str, Any]) -> File:
    """One PNG of 28 x 28 for each, named by digit and number, and how they were made.

    Args:
        samples: in the order of their numbers.
        recipe: the arguments of the action ``save``, which makes the same digits again.
    """
    told = {"action": "save", **recipe, "digits": [sample.digit for sample in samples.samples]}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for sample in samples.samples:
            # An entry without a date, so that the same digits make the same file.
            name = zipfile.ZipInfo(f"{sample.number:03d}-digit-{sample.digit}.png")
            archive.writestr(name, encode_png(sample.image))
        archive.writestr(zipfile.ZipInfo("recipe.json"), json.dumps(told, indent=2))
    return File(name=f"digits-seed-{recipe['seed']}.zip", data=buffer.getvalue())
