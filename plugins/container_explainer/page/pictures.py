"""Pictures inside a page's own values, and the sheets of maps taken apart."""

from __future__ import annotations

import base64
import math

from PIL import Image

from demo_app.images import encode_png

GAP = 2
"""Pixels between two maps of a sheet; see ``stepping.tiled``."""
MOST_MAPS = 64
ONE_ROW = 8


def data_url(image: Image.Image) -> str:
    """The picture as a PNG in a URL: no file to clean up."""
    return f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"


def maps_of(sheet: Image.Image, count: int, width: int, height: int) -> list[Image.Image]:
    """The maps of a sheet, each in its own size again, so that the page can enlarge it.

    Args:
        sheet: as ``stepping.tiled`` lays it out.
        count: of all maps; a sheet has 64 of them at most.
        width: of a map, in numbers.
        height: the same.
    """
    count = min(count, MOST_MAPS)
    columns = count if count <= ONE_ROW else math.ceil(count**0.5)
    rows = math.ceil(count / columns)
    across, down = (sheet.width + GAP) // columns, (sheet.height + GAP) // rows
    cut = []
    for place in range(count):
        left, top = place % columns * across, place // columns * down
        one = sheet.crop((left, top, left + across - GAP, top + down - GAP))
        cut.append(one.resize((width, height), Image.Resampling.NEAREST))
    return cut
